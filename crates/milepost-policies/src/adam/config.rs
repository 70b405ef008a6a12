use serde::{Deserialize, Serialize};

use crate::PolicyError;

/// Settings of [`Adam`](crate::Adam). The defaults are those of Stable-Baselines3's PPO.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamConfig {
    /// Step size α. Default 3·10⁻⁴.
    pub learning_rate: f64,
    /// Decay of the mean gradient. Default 0.9.
    pub beta1: f64,
    /// Decay of the mean squared gradient. Default 0.999.
    pub beta2: f64,
    /// Added to the root of the second moment. Default 10⁻⁵, as in Stable-Baselines3; PyTorch's own
    /// default is 10⁻⁸.
    pub epsilon: f64,
    /// The joint norm of all gradients is scaled down to this. Default 0.5. `inf` in a file, `None` here:
    /// no clipping.
    #[serde(with = "clip")]
    pub max_grad_norm: Option<f64>,
}

impl Default for AdamConfig {
    fn default() -> Self {
        Self { learning_rate: 3e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-5, max_grad_norm: Some(0.5) }
    }
}

impl AdamConfig {
    /// Whether every number is in its range.
    pub fn check(&self) -> Result<(), PolicyError> {
        let rules = [
            (
                "learning_rate",
                self.learning_rate,
                (0.0..f64::INFINITY).contains(&self.learning_rate),
                "finite and not negative",
            ),
            ("beta1", self.beta1, (0.0..1.0).contains(&self.beta1), "in [0, 1)"),
            ("beta2", self.beta2, (0.0..1.0).contains(&self.beta2), "in [0, 1)"),
            ("epsilon", self.epsilon, self.epsilon > 0.0 && self.epsilon.is_finite(), "positive"),
            (
                "max_grad_norm",
                self.max_grad_norm.unwrap_or(f64::INFINITY),
                self.max_grad_norm.is_none_or(|m| m > 0.0),
                "positive",
            ),
        ];
        match rules.iter().find(|(_, _, holds, _)| !holds) {
            None => Ok(()),
            Some((field, value, _, rule)) => {
                Err(PolicyError::Optimizer { field, reason: format!("is {value}, but must be {rule}") })
            }
        }
    }
}

/// `None` as `inf`: TOML has no null, and a missing key means the default.
mod clip {
    use serde::{Deserialize, Deserializer, Serializer};

    #[allow(
        clippy::ref_option,
        clippy::trivially_copy_pass_by_ref,
        reason = "serde calls it with a reference"
    )]
    pub(super) fn serialize<S: Serializer>(norm: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(norm.unwrap_or(f64::INFINITY))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
        // JSON writes an infinite number as null.
        let norm = Option::<f64>::deserialize(deserializer)?;
        Ok(norm.filter(|norm| *norm != f64::INFINITY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_survive_files_with_and_without_clipping() {
        for max_grad_norm in [None, Some(0.5)] {
            let config = AdamConfig { max_grad_norm, learning_rate: 1e-3, ..AdamConfig::default() };
            let text = toml::to_string(&config).expect("writes");
            assert_eq!(toml::from_str::<AdamConfig>(&text).expect("reads"), config);
            let json = serde_json::to_string(&config).expect("writes");
            assert_eq!(serde_json::from_str::<AdamConfig>(&json).expect("reads"), config);
        }
        assert_eq!(toml::from_str::<AdamConfig>("").expect("defaults"), AdamConfig::default());
        assert!(toml::from_str::<AdamConfig>("learning_rat = 0.1").is_err());
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        let config = AdamConfig { beta2: 1.0, ..AdamConfig::default() };
        assert_eq!(
            config.check().expect_err("no bias correction").to_string(),
            "optimizer.beta2 is 1, but must be in [0, 1)"
        );
        assert!(AdamConfig { learning_rate: f64::NAN, ..AdamConfig::default() }.check().is_err());
        assert!(AdamConfig { max_grad_norm: Some(0.0), ..AdamConfig::default() }.check().is_err());
        assert!(AdamConfig::default().check().is_ok());
    }
}
