use crate::{PreferenceError, error};

/// `ε · R̄ · H/T`: the threshold of skipping or of "equal" for segments of `segment_steps` (`H`) of episodes that
/// last `episode_steps` (`T`) and return `mean_return` (`R̄`) on average. To be recomputed when the policy has
/// changed.
///
/// B-Pref (Lee et al. 2021) states this once; its released code multiplies by `ε` again from the second session on.
/// Here it is applied once.
pub fn adaptive_threshold(
    epsilon: f64,
    mean_return: f64,
    segment_steps: usize,
    episode_steps: usize,
) -> Result<f64, PreferenceError> {
    error::not_negative("epsilon", epsilon)?;
    error::finite("the mean return", &[mean_return])?;
    error::parameter("episode_steps", episode_steps as f64, episode_steps > 0, "at least 1")?;
    Ok(epsilon * mean_return * segment_steps as f64 / episode_steps as f64)
}
