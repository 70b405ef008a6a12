//! Scorers that turn trajectories into named reward channels, and their combination.
