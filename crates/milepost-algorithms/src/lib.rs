//! The training loop: samplers, objectives, learners; REINFORCE, PPO and GRPO as values of one loop.
