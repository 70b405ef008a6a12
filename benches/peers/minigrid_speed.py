"""Steps per second of MiniGrid with its observation, under a random policy; resets are part of the figure.

    pip install minigrid==3.2.0 gymnasium==1.4.0
    python minigrid_speed.py [SECONDS_PER_CASE]
"""

import json
import random
import sys
import time

import gymnasium
import minigrid
from minigrid.wrappers import ImgObsWrapper

LEVELS = ["MiniGrid-Empty-8x8-v0", "MiniGrid-DoorKey-8x8-v0", "MiniGrid-MultiRoom-N6-v0"]


def steps_per_second(level: str, seconds: float) -> float:
    environment = ImgObsWrapper(gymnasium.make(level, disable_env_checker=True))
    draw = random.Random(0)
    actions = [draw.randrange(int(environment.action_space.n)) for _ in range(4096)]
    environment.reset(seed=0)
    steps = 0
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        for _ in range(32):
            _, _, terminated, truncated, _ = environment.step(actions[steps % len(actions)])
            steps += 1
            if terminated or truncated:
                environment.reset()
    return steps / (time.perf_counter() - start)


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 4.0
    for level in LEVELS:
        rate = steps_per_second(level, seconds)
        print(json.dumps({"level": level, "steps_per_second": round(rate, 1), "minigrid": minigrid.__version__}))


if __name__ == "__main__":
    main()
