use serde::{Deserialize, Serialize};

use crate::CreditEstimator;
use crate::estimators::{
    BiLevelGae, Contribution, Control, DoublyRobust, Gae, GiGpo, GroupRelative, Hgpo, ImplicitPrm,
    InformationGain, MinForm, MonteCarlo, MtGrpo, NStep, NoisyJudge, Opo, OptimalTokenBaseline, Outcome,
    PairedBranches, PrefixTree, ReMax, Redistribution, ReinforcePlusPlus, ReinforcePlusPlusBaseline,
    ReplaceStep, ReturnHindsight, Shaping, ShapleySteps, TdLambda, TurnGae, TurnLoo, VTrace, Vine, Weighted,
};

/// One place for the list of methods: the enum that an experiment file reads, and what it builds.
macro_rules! methods {
    ($($method:ident,)*) => {
        /// A method with its parameters: `{ method = "gae", gamma = 1.0, lambda = 0.95, critic = { kind = "exact", ... } }`.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(tag = "method", rename_all = "kebab-case")]
        pub enum EstimatorConfig {
            $(
                #[doc = concat!("See [`", stringify!($method), "`].")]
                $method($method),
            )*
        }

        impl EstimatorConfig {
            /// The estimator, not yet fitted.
            #[must_use]
            pub fn build(&self) -> Box<dyn CreditEstimator> {
                match self {
                    $(Self::$method(estimator) => Box::new(estimator.clone()),)*
                }
            }
        }

        $(
            impl From<$method> for EstimatorConfig {
                fn from(estimator: $method) -> Self {
                    Self::$method(estimator)
                }
            }
        )*
    };
}

methods! {
    Control, Outcome, MonteCarlo, GroupRelative, TurnLoo, Opo, OptimalTokenBaseline, ReMax, ReinforcePlusPlus,
    ReinforcePlusPlusBaseline, GiGpo, Hgpo, MtGrpo, PrefixTree, Gae, NStep, TdLambda, VTrace, DoublyRobust, TurnGae,
    BiLevelGae, Redistribution, ReturnHindsight, Contribution, Vine, PairedBranches, ReplaceStep, ShapleySteps,
    NoisyJudge, InformationGain, ImplicitPrm, Shaping, MinForm, Weighted,
}
