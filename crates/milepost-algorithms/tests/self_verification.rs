//! Rewards from the policy's own verdict on its turns.

use burn::tensor::Device;
use milepost_algorithms::config::{MethodConfig, ModelScorerConfig, SamplerConfig};
use milepost_algorithms::sampling::{ContextRule, toy::Lock};
use milepost_algorithms::{
    SamplerAids, TokenAgent, TokenParts, TokenSettings, TrainError, Trainer, VerificationAid,
};
use milepost_core::TaskSeed;
use milepost_policies::{CausalTransformer, TransformerConfig, ValueKind};
use milepost_rewards::{OutcomeSource, ScorerConfig};

const CHANNEL: &str = "self-verification";

/// The world as it stands is the question, the same for every trajectory; one reads X as yes, the other as no.
const YES_IS_X: VerificationAid<Lock> = VerificationAid {
    ask: |world, _| Some(world.clone()),
    says_yes: |_, turn| turn.first() == Some(&Lock::X),
};
const YES_IS_NOT_X: VerificationAid<Lock> = VerificationAid {
    ask: |world, _| Some(world.clone()),
    says_yes: |_, turn| turn.first() != Some(&Lock::X),
};
const SILENT: VerificationAid<Lock> = VerificationAid { ask: |_, _| None, says_yes: |_, _| true };

fn trainer(
    verification: Option<VerificationAid<Lock>>,
    temperature: f64,
) -> Result<Trainer<TokenAgent<Lock, CausalTransformer>>, TrainError> {
    let config = TransformerConfig {
        context: 40,
        width: 16,
        layers: 1,
        heads: 2,
        value: ValueKind::None,
        ..TransformerConfig::default()
    };
    let network = config.init(Lock::WORDS, 5, &Device::flex().autodiff()).expect("builds");
    let mut method = MethodConfig {
        sampler: SamplerConfig::Groups { tasks: 8, group_size: 4 },
        scorers: vec![ScorerConfig::Outcome {
            channel: "outcome".into(),
            source: OutcomeSource::Success,
            format_penalty: None,
        }],
        model_scorers: vec![ModelScorerConfig::SelfVerification { channel: CHANNEL.into(), temperature }],
        ..MethodConfig::grpo()
    };
    method.objective.value_coefficient = 0.0;
    let parts = TokenParts {
        environment: Lock::new(1).expect("short"),
        probes: Vec::new(),
        network,
        method,
        settings: TokenSettings::new(ContextRule::full(24), 1),
        device: Device::flex(),
        run_seed: 5,
    };
    Trainer::over_tokens_with(SamplerAids { verification, ..SamplerAids::NONE }, parts)
}

/// The rewards of one batch, and how many turns nothing could be asked about.
fn rewards(aid: VerificationAid<Lock>, temperature: f64) -> (Vec<f64>, u64) {
    let mut trainer = trainer(Some(aid), temperature).expect("the parts fit");
    let traces = trainer.trace(TaskSeed::literal(2), 16).expect("traces");
    let paid = |channel: &milepost_core::Channel| channel.values()[0];
    let rewards =
        traces.iter().map(|t| paid(t.trajectory.signals.get(CHANNEL).expect("is written"))).collect();
    let report = trainer.iterate().expect("trains");
    let unread = format!("{CHANNEL}.unread");
    (rewards, report.counters.iter().find(|(name, _)| *name == unread).map_or(0, |(_, count)| *count))
}

#[test]
fn a_trajectory_is_paid_where_its_policy_says_yes() {
    let ((right, _), (wrong, _)) = (rewards(YES_IS_X, 1.0), rewards(YES_IS_NOT_X, 1.0));
    assert_eq!(right.len(), 16);
    assert!(
        right.iter().zip(&wrong).all(|(a, b)| a + b == 1.0 && (*a == 0.0 || *a == 1.0)),
        "{right:?} {wrong:?}"
    );
    // Each is asked about by itself, so that one question has both answers.
    assert!(right.contains(&0.0) && right.contains(&1.0), "{right:?}");
}

#[test]
fn at_a_small_temperature_one_question_has_one_answer() {
    let (paid, _) = rewards(YES_IS_X, 1e-3);
    assert!(paid.iter().all(|reward| *reward == paid[0]), "{paid:?}");
}

#[test]
fn a_turn_that_nothing_can_be_asked_about_is_not_right_and_counted() {
    let (paid, unread) = rewards(SILENT, 1.0);
    assert!(paid.iter().all(|reward| *reward == 0.0));
    assert_eq!(unread, 32);
}

#[test]
fn a_world_without_such_a_question_is_refused_with_the_remedy() {
    let error = trainer(None, 1.0).err().expect("refused").to_string();
    assert!(error.contains("self-verification") && error.contains("countdown-mini"), "{error}");
}

#[test]
fn a_temperature_that_is_not_positive_is_named() {
    for temperature in [0.0, -1.0, f64::NAN] {
        let error = trainer(Some(YES_IS_X), temperature).err().expect("refused").to_string();
        assert!(error.contains("self-verification") && error.contains("temperature"), "{error}");
    }
}
