use serde::{Deserialize, Serialize};

use super::{
    ArithChain, ArithChainConfig, CountdownMini, CountdownMiniConfig, TraceLab, TraceLabConfig, TurnTask,
};
use crate::error::TaskError;

/// A token task by name and parameters, as an experiment file writes it: `{ kind = "arith-chain", modulus = 7 }`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum TokenTaskConfig {
    /// See [`ArithChain`].
    ArithChain(ArithChainConfig),
    /// See [`CountdownMini`].
    CountdownMini(CountdownMiniConfig),
    /// See [`TraceLab`].
    TraceLab(TraceLabConfig),
}

/// Something to do with a token task whatever its type.
pub trait TokenTaskVisitor {
    /// What comes of it.
    type Output;

    /// Does it.
    fn visit<T: TurnTask>(self, task: T) -> Self::Output;
}

impl TokenTaskConfig {
    /// Every task with its default parameters.
    #[must_use]
    pub fn all() -> Vec<Self> {
        vec![
            Self::ArithChain(ArithChainConfig::default()),
            Self::CountdownMini(CountdownMiniConfig::default()),
            Self::TraceLab(TraceLabConfig::default()),
        ]
    }

    /// Builds the task and hands it to `visitor`.
    pub fn visit<V: TokenTaskVisitor>(&self, visitor: V) -> Result<V::Output, TaskError> {
        Ok(match self {
            Self::ArithChain(config) => visitor.visit(ArithChain::new(config.clone())?),
            Self::CountdownMini(config) => visitor.visit(CountdownMini::new(config.clone())?),
            Self::TraceLab(config) => visitor.visit(TraceLab::new(config.clone())?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Name;

    impl TokenTaskVisitor for Name {
        type Output = String;

        fn visit<T: TurnTask>(self, task: T) -> String {
            task.name().to_owned()
        }
    }

    #[test]
    fn tasks_are_read_by_name_and_written_back() {
        for config in TokenTaskConfig::all() {
            let text = toml::to_string(&config).expect("written");
            assert_eq!(toml::from_str::<TokenTaskConfig>(&text), Ok(config.clone()));
            let name = config.visit(Name).expect("the defaults are valid");
            assert!(text.contains(&format!("kind = \"{name}\"")), "{text}");
        }
        toml::from_str::<TokenTaskConfig>("kind = \"arith-chain\"\nmodulo = 7")
            .expect_err("unknown parameter");
        let bad: TokenTaskConfig = toml::from_str("kind = \"arith-chain\"\nmodulus = 99").expect("known");
        assert_eq!(bad.visit(Name).expect_err("out of range").parameter, "modulus");
    }
}
