"""Steps per second of MiniGrid with its observation, under a random policy; resets are part of the figure.

Seconds are those of the processor, so that what else runs on the machine matters less.

    pip install minigrid==3.2.0 gymnasium==1.4.0
    python minigrid_speed.py [--seconds S]            MiniGrid alone
    python minigrid_speed.py --beside [--rounds N]    MiniGrid and Milepost in turn, with the ratio of their medians

Needs `cargo` for the second form. One JSON line for each level and way of stepping.
"""

import argparse
import json
import random
import resource
import statistics
import subprocess
import time
from pathlib import Path

import gymnasium
import minigrid
from minigrid.wrappers import ImgObsWrapper

LEVELS = [
    "MiniGrid-Empty-8x8-v0",
    "MiniGrid-DoorKey-8x8-v0",
    "MiniGrid-MultiRoom-N6-v0",
    "BabyAI-GoToLocal-v0",
    "BabyAI-BossLevel-v0",
]
ROOT = Path(__file__).resolve().parents[2]
BUILD = ["cargo", "build", "--quiet", "--release", "--package", "milepost-gridworld", "--example", "stepping"]
METADATA = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
WAYS = ["scalar", "one_by_one", "batch_drawn", "batch_pooled"]
SLOTS = 8


def one_by_one(level: str, seconds: float) -> float:
    environment = ImgObsWrapper(gymnasium.make(level, disable_env_checker=True))
    draw = random.Random(0)
    actions = [draw.randrange(int(environment.action_space.n)) for _ in range(4096)]
    environment.reset(seed=0)
    steps = 0
    start = time.process_time()
    while time.process_time() - start < seconds:
        for _ in range(32):
            _, _, terminated, truncated, _ = environment.step(actions[steps % len(actions)])
            steps += 1
            if terminated or truncated:
                environment.reset()
    return steps / (time.process_time() - start)


def side_by_side(level: str, seconds: float) -> float:
    """gymnasium's own vector of environments in one process."""
    make = lambda: ImgObsWrapper(gymnasium.make(level, disable_env_checker=True))
    environments = gymnasium.vector.SyncVectorEnv([make] * SLOTS)
    environments.action_space.seed(0)
    actions = [environments.action_space.sample() for _ in range(512)]
    environments.reset(seed=0)
    steps = 0
    start = time.process_time()
    while time.process_time() - start < seconds:
        for _ in range(4):
            environments.step(actions[steps % len(actions)])
            steps += 1
    return steps * SLOTS / (time.process_time() - start)


def milepost(way: str, level: str, seconds: float) -> float:
    """The example `stepping`, without its start."""

    def run(sweeps: int) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([program(), way, level, str(sweeps)], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    few = 500
    short = run(few)
    more = max(few, round(few * seconds / short))
    return more * 1024 / (run(few + more) - short)


def program() -> str:
    metadata = subprocess.run(METADATA, cwd=ROOT, check=True, capture_output=True).stdout
    return str(Path(json.loads(metadata)["target_directory"]) / "release" / "examples" / "stepping")


def line(level: str, **figures: object) -> None:
    print(json.dumps({"level": level, **figures, "minigrid": minigrid.__version__}), flush=True)


def compare(level: str, rounds: int, seconds: float) -> None:
    rates: dict[str, list[float]] = {}
    for _ in range(rounds):
        found = {"minigrid": one_by_one(level, seconds), f"gymnasium_sync_{SLOTS}": side_by_side(level, seconds)}
        found |= {way: milepost(way, level, seconds) for way in WAYS}
        for name, rate in found.items():
            rates.setdefault(name, []).append(rate)
    medians = {name: statistics.median(of) for name, of in rates.items()}
    best = max(medians["minigrid"], medians[f"gymnasium_sync_{SLOTS}"])
    for name, of in rates.items():
        ratio = round(medians[name] / best, 1)
        line(level, way=name, steps_per_second=round(medians[name]), of=[round(rate) for rate in of], ratio=ratio)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--beside", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--levels", nargs="+", default=LEVELS)
    given = parser.parse_args()
    if given.beside:
        subprocess.run(BUILD, cwd=ROOT, check=True)
    for level in given.levels:
        if given.beside:
            compare(level, given.rounds, given.seconds)
        else:
            line(level, steps_per_second=round(one_by_one(level, given.seconds), 1))


if __name__ == "__main__":
    main()
