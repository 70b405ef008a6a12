"""Steps per second of TextWorld and of milepost-textworld on the same game files, under a random policy.

Seconds are those of the processor, so that what else runs on the machine matters less. `commands` asks for the
admissible commands after every step, `policy` also for the winning policy and the intermediate reward. (TextWorld
follows its plans either way.) Resets are part of the figure, making and loading games is not.

    pip install textworld==1.7.0
    python textworld_speed.py [--rounds N] [--seconds S] [FILE.json ...]

Without files, games of tw-treasure_hunter are made (levels 10, 20 and 30, seed 1234). Needs `cargo`. One JSON line
for each game and way of stepping.
"""

import argparse
import json
import random
import resource
import statistics
import subprocess
import tempfile
import time
import warnings
from pathlib import Path

warnings.filterwarnings("ignore")
import textworld
from textworld import EnvInfos, GameOptions
from textworld.challenges import CHALLENGES
from textworld.envs.tw import TextWorldEnv

ROOT = Path(__file__).resolve().parents[2]
BUILD = ["cargo", "build", "--quiet", "--release", "--package", "milepost-textworld", "--example", "stepping"]
METADATA = ["cargo", "metadata", "--no-deps", "--format-version", "1"]
WAYS = {
    "commands": EnvInfos(admissible_commands=True),
    "policy": EnvInfos(admissible_commands=True, policy_commands=True, intermediate_reward=True),
}
LIMIT = 100


def treasure_hunter(level: int, folder: str) -> str:
    options = GameOptions()
    options.seeds = 1234
    path = f"{folder}/treasure-hunter-{level}.json"
    CHALLENGES["tw-treasure_hunter"][1]({"level": level}, options).save(path)
    return path


def theirs(path: str, way: str, seconds: float) -> float:
    environment = TextWorldEnv(WAYS[way])
    environment.load(path)
    draws = random.Random(0)
    state, steps, since = environment.reset(), 0, 0
    start = time.process_time()
    while time.process_time() - start < seconds:
        state, _, done = environment.step(draws.choice(state["admissible_commands"]))
        steps, since = steps + 1, since + 1
        if done or since == LIMIT:
            state, since = environment.reset(), 0
    return steps / (time.process_time() - start)


def seconds_of(command: list[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ours(program: Path, path: str, way: str, seconds: float) -> float:
    def run(steps: int) -> float:
        return seconds_of([str(program), way, path, str(steps)])

    loading, steps = run(1), 1000
    while (taken := run(steps) - loading) < seconds:
        steps = max(2 * steps, min(100 * steps, round(1.2 * steps * seconds / max(taken, 1e-3))))
    return steps / taken


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("files", nargs="*")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--seconds", type=float, default=1.0)
    arguments = arguments.parse_args()
    subprocess.run(BUILD, cwd=ROOT, check=True)
    metadata = json.loads(subprocess.run(METADATA, cwd=ROOT, check=True, capture_output=True).stdout)
    program = Path(metadata["target_directory"]) / "release" / "examples" / "stepping"
    with tempfile.TemporaryDirectory() as folder:
        files = arguments.files or [treasure_hunter(level, folder) for level in (10, 20, 30)]
        for path in files:
            for way in WAYS:
                rounds = [
                    (theirs(path, way, arguments.seconds), ours(program, path, way, arguments.seconds))
                    for _ in range(arguments.rounds)
                ]
                slow, fast = (statistics.median(side) for side in zip(*rounds))
                row = {"game": Path(path).stem, "way": way, "textworld": round(slow, 1), "milepost": round(fast)}
                print(json.dumps({**row, "ratio": round(fast / slow), "version": textworld.__version__}), flush=True)


if __name__ == "__main__":
    main()
