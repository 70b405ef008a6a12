//! A corridor, its features, and trainers on it.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::sync::Arc;

use burn::tensor::Device;
use milepost_algorithms::{FeatureAgent, MethodConfig, Trainer, TrainerParts};
use milepost_core::{Encoder, Probe};
use milepost_policies::{Network, NetworkConfig};
use milepost_testkit::environment::Corridor;

pub(crate) const CELLS: u32 = 6;

/// One-hot position.
pub(crate) struct OneHot;

impl Encoder<u32> for OneHot {
    fn len(&self) -> usize {
        CELLS as usize
    }
    fn encode(&self, observation: &u32, _: u64, out: &mut [f32]) {
        out.fill(0.0);
        out[*observation as usize] = 1.0;
    }
}

/// How far along the corridor, in `[0, 1]`.
pub(crate) struct Along;

impl Probe<Corridor> for Along {
    fn name(&self) -> &'static str {
        "progress"
    }
    fn read(&mut self, environment: &Corridor) -> f64 {
        (environment.state_key_position()) / f64::from(CELLS)
    }
}

trait Position {
    fn state_key_position(&self) -> f64;
}

impl Position for Corridor {
    fn state_key_position(&self) -> f64 {
        (milepost_core::Environment::state_key(self) >> 1) as f64
    }
}

pub(crate) fn network(run_seed: u64, device: &Device) -> Network {
    let config: NetworkConfig =
        serde_json::from_value(serde_json::json!({ "kind": "mlp", "hidden": [16] })).expect("valid network");
    config.init(CELLS as usize, 2, run_seed, &device.clone().autodiff()).expect("builds")
}

pub(crate) fn trainer(method: MethodConfig, run_seed: u64) -> Trainer<FeatureAgent<Corridor, Network>> {
    let device = Device::flex();
    Trainer::new(TrainerParts {
        environment: Corridor::default(),
        encoder: Arc::new(OneHot),
        probes: vec![Box::new(Along)],
        network: network(run_seed, &device),
        method,
        device,
        run_seed,
    })
    .expect("the parts fit")
}

/// Every named method, scaled down to the corridor.
pub(crate) fn methods() -> Vec<(&'static str, MethodConfig)> {
    use milepost_algorithms::config::{LearnerConfig, ObjectiveConfig, SamplerConfig};
    use milepost_algorithms::objectives::{KlBounds, KlTerm, profiles};
    use milepost_credit::KlEstimator;
    let small = |method: MethodConfig, sampler, minibatch| MethodConfig {
        sampler,
        learner: LearnerConfig { minibatch, learning_rate: 0.02, ..method.learner.clone() },
        ..method
    };
    let kl = KlTerm::new(0.01, KlEstimator::K3, KlBounds::Verl);
    let surrogate =
        |policy| MethodConfig { objective: ObjectiveConfig::from_policy(policy), ..MethodConfig::grpo() };
    let segments = || SamplerConfig::Segments { environments: 8, steps: 16 };
    let groups = || SamplerConfig::Groups { tasks: 8, group_size: 8 };
    vec![
        ("ppo", small(MethodConfig::ppo(), segments(), 32)),
        ("reinforce", small(MethodConfig::reinforce(), segments(), 128)),
        ("grpo", small(MethodConfig::grpo(), groups(), 64)),
        ("rloo", small(MethodConfig::rloo(), groups(), 64)),
        ("dpo", small(MethodConfig::dpo(), groups(), 8)),
        ("gspo", small(surrogate(profiles::plain::gspo()), groups(), 64)),
        ("cispo", small(surrogate(profiles::plain::cispo(5.0)), groups(), 64)),
        ("dapo with a divergence", small(surrogate(profiles::plain::dapo().with_kl(kl)), groups(), 64)),
    ]
}

/// Every credit rule that the others do not use, under the plain policy gradient.
pub(crate) fn credit_rules() -> Vec<(&'static str, MethodConfig)> {
    use milepost_algorithms::config::{
        AloneConfig, CreditConfig, LearnerConfig, ResidualConfig, SamplerConfig,
    };
    let learner = LearnerConfig { minibatch: 64, learning_rate: 0.02, ..MethodConfig::grpo().learner };
    let grouped = |credit, base: MethodConfig| MethodConfig {
        sampler: SamplerConfig::Groups { tasks: 8, group_size: 8 },
        learner: learner.clone(),
        credit,
        ..base
    };
    let plain = || {
        let mut method = MethodConfig::rloo();
        method.normalize.pool = milepost_algorithms::config::Pool::None;
        method.normalize.centre = milepost_algorithms::config::CentreConfig::None;
        method
    };
    let critic = || {
        let mut method = plain();
        method.objective.value_coefficient = 1.0;
        method
    };
    let gamma = 1.0;
    vec![
        (
            "turn leave-one-out",
            grouped(CreditConfig::TurnLeaveOneOut { gamma, alone: AloneConfig::Raw }, plain()),
        ),
        ("gigpo", grouped(CreditConfig::GiGpo { gamma, omega: 1.0, shrinkage: 1.0 }, MethodConfig::grpo())),
        (
            "hgpo",
            grouped(CreditConfig::Hgpo { gamma, omega: 1.0, depth: 2, alpha: 1.0 }, MethodConfig::grpo()),
        ),
        ("prefix tree", grouped(CreditConfig::PrefixTree, plain())),
        ("opo", grouped(CreditConfig::Opo, plain())),
        ("n-step", grouped(CreditConfig::NStep { gamma: 0.99, n: 4 }, critic())),
        (
            "redistribution",
            grouped(CreditConfig::Redistribution { residual: ResidualConfig::Last }, critic()),
        ),
        ("min-form", grouped(CreditConfig::MinForm, plain())),
    ]
}
