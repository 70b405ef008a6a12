//! Policies on Burn: device choice, tabular softmax, actor-critic networks, optimizer, checkpoints.
