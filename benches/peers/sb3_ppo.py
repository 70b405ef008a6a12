"""stable-baselines3's PPO on one level, until 95 % of the last 100 episodes succeed.

    pip install stable-baselines3==2.9.2 minigrid==3.2.0 gymnasium==1.4.0
    python sb3_ppo.py LEVEL SEED MAX_STEPS

Settings as in Milepost's example `ppo_doorkey`: image flattened and divided by 10, MLP 64-64, 8 environments,
128 steps, 4 epochs, minibatch 256, learning rate 1e-3, entropy 0.01, gamma 0.99, lambda 0.95, clip 0.2; one thread.
"""

import collections
import json
import sys
import time

import gymnasium
import minigrid  # noqa: F401  (registers the levels)
import numpy
import stable_baselines3
import torch
from minigrid.wrappers import ImgObsWrapper
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.vec_env import DummyVecEnv


class Flat(gymnasium.ObservationWrapper):
    """The image as 147 floats, divided by 10."""

    def __init__(self, environment):
        super().__init__(environment)
        self.observation_space = gymnasium.spaces.Box(0.0, 2.0, (147,), numpy.float32)

    def observation(self, observation):
        return observation.reshape(-1).astype(numpy.float32) / 10


class Successes(BaseCallback):
    """Stops when 95 % of the last 100 episodes were paid in their last step."""

    def __init__(self):
        super().__init__()
        self.last = collections.deque(maxlen=100)
        self.solved_at = None

    def _on_step(self) -> bool:
        for done, reward in zip(self.locals["dones"], self.locals["rewards"]):
            if done:
                self.last.append(reward > 0)
        if len(self.last) == 100 and numpy.mean(self.last) >= 0.95:
            self.solved_at = self.num_timesteps
        return self.solved_at is None


def main() -> None:
    level, seed, limit = sys.argv[1], int(sys.argv[2]), int(float(sys.argv[3]))
    torch.set_num_threads(1)

    def make():
        return Flat(ImgObsWrapper(gymnasium.make(level, disable_env_checker=True)))

    environments = DummyVecEnv([make] * 8)
    environments.seed(seed)
    model = stable_baselines3.PPO(
        "MlpPolicy", environments, seed=seed, device="cpu", n_steps=128, n_epochs=4, batch_size=256,
        learning_rate=1e-3, ent_coef=0.01, gamma=0.99, gae_lambda=0.95, clip_range=0.2,
    )
    successes = Successes()
    start = time.perf_counter()
    model.learn(limit, callback=successes)
    seconds = time.perf_counter() - start
    print(json.dumps({
        "bench": f"sb3-ppo/{level}",
        "seed": seed,
        "env_steps": model.num_timesteps,
        "wall_s": round(seconds, 3),
        "steps_per_wall_s": round(model.num_timesteps / seconds),
        "to95": successes.solved_at,
        "last100_success": round(float(numpy.mean(successes.last)), 3) if successes.last else None,
        "stable_baselines3": stable_baselines3.__version__,
        "torch": torch.__version__,
    }))


if __name__ == "__main__":
    main()
