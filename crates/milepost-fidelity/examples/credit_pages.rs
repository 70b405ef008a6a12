//! Measures every credit rule of the documentation on R1 and on instances where it is known to fail.
//!
//! Without an argument the whole table goes to standard output. With the folder of the documentation's source, the
//! tables between marks like `<!-- measured -->` and `<!-- end -->` are written anew: the overview in `credit.md`,
//! the whole table in `credit/measured.md`, each rule's rows in its page, and in `credit-bench.md` the published
//! numbers of R1 and the expected orderings.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::num::NonZero;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use milepost_credit::{
    Channel, CreditError, Groups, Normalize, Pooling, Rows, Scale, Singleton, gpg_advantages,
    normalize_then_sum, pass_at_k_advantages, scale_by_batch,
};
use milepost_eval::Bootstrap;
use milepost_fidelity::config::{EstimatorConfig, InstanceConfig};
use milepost_fidelity::estimators::{
    Alone, Belief, BiLevelGae, Contribution, Control, Critic, CriticKind, DoublyRobust, EpisodeTerm, Gae,
    Gain, GiGpo, GroupRelative, Hgpo, HindsightModel, ImplicitPrm, InformationGain, Key, MinForm, MonteCarlo,
    MtGrpo, NStep, NoisyJudge, Normalization, Opo, OptimalTokenBaseline, Outcome, OutcomeKey, PairedBranches,
    PotentialFunction, Predictor, PredictorKind, PrefixTree, PrmModel, ReMax, Redistribution,
    ReinforcePlusPlus, ReinforcePlusPlusBaseline, ReplaceStep, Residual, ReturnBaseline, ReturnHindsight,
    Reuse, Sees, Shaping, ShapleySteps, Start, Statistic, Tail, TdLambda, TerminalValue, TurnGae, TurnLoo,
    VTrace, Weighted, Weighting,
};
use milepost_fidelity::orderings::{Effort, ROWS, Verdict, check};
use milepost_fidelity::protocol::{ArmSummary, Instance, Metric, Sampling, run, summarize};
use milepost_fidelity::reference::{
    Chain, PUBLISHED_BATCHES, ReferenceValue, exact_gae, published, published_gigpo, replacement, vine,
};
use milepost_fidelity::{
    Batch, CaIdCard, Context, Contrast, Credit, CreditEstimator, Downstream, Estimate, Evidence,
    FidelityError, Interface, Intervention, Meter, Needs, PreState, Restore, Sharing, Unit,
};
use milepost_microworlds::TaskConfig;
use milepost_microworlds::worlds::{
    BifurcationConfig, Combination, Decisive, DelayedSumConfig, MemoryAliasConfig, OverlappingTreeConfig,
    RecoveryConfig, ShortcutConfig, TurnsConfig, VariableHorizonConfig,
};

const SEEDS: u64 = 20;
const BATCHES: u64 = 1000;

const COLUMNS: [Metric; 8] = [
    Metric::Rmse,
    Metric::ScaledRmse,
    Metric::SignAccuracy,
    Metric::Hit,
    Metric::Leakage,
    Metric::BatchCosine,
    Metric::NormalisedVariance,
    Metric::ExtraSteps,
];

/// Names of the instances; what they are is in [`instance`].
const R1: &str = "R1";
const LONG: &str = "R1, H = 32";
const DISTRACTOR: &str = "distractor";
const SURE: &str = "sure outcome";
const SETTLED: &str = "settled";
const RARE: &str = "rare";
const AND: &str = "AND";
const XOR: &str = "XOR";
const RECOVERY: &str = "recovery";
const RAGGED: &str = "ragged";
const SUM: &str = "delayed sum";
const MEMORY: &str = "memory alias";
const SHORTCUT: &str = "shortcut";
const TREE: &str = "tree";
const TURNS: &str = "turns";

/// An instance with what it is, in words.
fn instance(name: &str) -> (&'static str, InstanceConfig) {
    let chain = |change: fn(&mut BifurcationConfig)| {
        let mut config = BifurcationConfig::default();
        change(&mut config);
        InstanceConfig::from(TaskConfig::Bifurcation(config))
    };
    let seen = |task: TaskConfig| InstanceConfig { sharing: Sharing::Observation, ..task.into() };
    match name {
        R1 => ("bifurcation chain, H = 8, decisive step 2, success 0.8 or 0.2, uniform", chain(|_| {})),
        LONG => ("R1 with 32 steps", chain(|c| c.horizon = 32)),
        DISTRACTOR => {
            ("R1 with a reward of ±1 on every step but the last, whatever is done", chain(|c| c.noise = 1.0))
        }
        SURE => ("R1 with success 1 or 0", chain(|c| (c.success_high, c.success_low) = (1.0, 0.0))),
        SETTLED => (
            "R1 with success 1 or 0 and a policy that decides well with 0.99",
            chain(|c| (c.success_high, c.success_low, c.good_probability) = (1.0, 0.0, 0.99)),
        ),
        RARE => (
            "R1 with 4 actions and a policy that decides well with 0.1",
            chain(|c| (c.actions, c.good_probability) = (4, 0.1)),
        ),
        AND => (
            "R1 with decisions at steps 2 and 5, both needed",
            chain(|c| (c.decisive, c.combination) = (Decisive::At(vec![2, 5]), Combination::And)),
        ),
        XOR => (
            "R1 with decisions at steps 2 and 5, exactly one must be good",
            chain(|c| (c.decisive, c.combination) = (Decisive::At(vec![2, 5]), Combination::Xor)),
        ),
        RECOVERY => (
            "two steps: a bad first one can be made up for",
            TaskConfig::Recovery(RecoveryConfig::default()).into(),
        ),
        RAGGED => (
            "variable horizon: stop when you like, lengths 1 to 5",
            TaskConfig::VariableHorizon(VariableHorizonConfig::default()).into(),
        ),
        SUM => (
            "delayed sum of 12 steps: what is owed at the end is not visible",
            seen(TaskConfig::DelayedSum(DelayedSumConfig { horizon: 12, ..DelayedSumConfig::default() })),
        ),
        MEMORY => (
            "the cue is visible at step 0 only, the last step decides whether it was remembered",
            seen(TaskConfig::MemoryAlias(MemoryAliasConfig::default())),
        ),
        SHORTCUT => {
            ("five states in a row, random jumps", TaskConfig::Shortcut(ShortcutConfig::default()).into())
        }
        TREE => (
            "tree of depth 4 and branching 6 without overlap: a state tells its whole past",
            TaskConfig::OverlappingTree(OverlappingTreeConfig {
                overlap: 0,
                ..OverlappingTreeConfig::default()
            })
            .into(),
        ),
        _ => (
            "three turns of four tokens over 4 symbols, one token decides",
            InstanceConfig {
                turn_length: Some(TurnsConfig::default().tokens),
                ..TaskConfig::Turns(TurnsConfig { turns: 3, vocabulary: 4, ..TurnsConfig::default() }).into()
            },
        ),
    }
}

/// A rule that gives one number per episode and is no method of the benchmark's configuration: how an arm of your
/// own is added.
#[derive(Clone)]
struct EpisodeRule {
    name: &'static str,
    rule: fn(&Batch) -> Result<Vec<f64>, CreditError>,
}

impl CreditEstimator for EpisodeRule {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn card(&self) -> CaIdCard {
        CaIdCard {
            unit: Unit::Trajectory,
            contrast: Contrast::None,
            pre_state: PreState::Observed,
            intervention: Intervention::None,
            downstream: Downstream::Recorded,
            support: "the other episodes of the batch".into(),
            interface: Interface::Advantage,
            evidence: Evidence::ObservationalCausal,
        }
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn estimate(&mut self, context: &Context<'_>, _: &mut Meter) -> Result<Estimate, FidelityError> {
        let (batch, mut credit) = (context.batch, vec![0.0; context.batch.steps()]);
        Rows::ragged(&batch.lengths()).broadcast(&(self.rule)(batch)?, None, &mut credit)?;
        Ok(Credit::Advantage(credit).into())
    }
}

fn gpg(batch: &Batch) -> Result<Vec<f64>, CreditError> {
    let (scores, mut out) = (batch.returns(), vec![0.0; batch.lengths().len()]);
    gpg_advantages(&Groups::from_sizes(&[out.len()]), &scores, Singleton::Drop, &mut out)?;
    Ok(out)
}

fn pass_at_k(batch: &Batch) -> Result<Vec<f64>, CreditError> {
    let (scores, mut out) = (batch.returns(), vec![0.0; batch.lengths().len()]);
    let scale = Scale::Std { ddof: 1, epsilon: 1e-6 };
    pass_at_k_advantages(&Groups::from_sizes(&[out.len()]), scale, &scores, &mut out)?;
    Ok(out)
}

/// Two channels: the reward of the last step, and the sum of all others.
fn two_channels(batch: &Batch) -> Result<Vec<f64>, CreditError> {
    let last: Vec<f64> = batch.ranges().map(|range| batch.rewards[range.end - 1]).collect();
    let before: Vec<f64> = batch.returns().iter().zip(&last).map(|(all, last)| all - last).collect();
    let channel = |scores| Channel { scores, valid: None, weight: 1.0 };
    let (groups, mut out) = (Groups::from_sizes(&[last.len()]), vec![0.0; last.len()]);
    let pooling = Pooling { valid: None, singleton: Singleton::Drop };
    normalize_then_sum(&Normalize::grpo(), &groups, &[channel(&last), channel(&before)], pooling, &mut out)?;
    Ok(out)
}

fn batch_scaled(batch: &Batch) -> Result<Vec<f64>, CreditError> {
    let (scores, mut out) = (batch.returns(), vec![0.0; batch.lengths().len()]);
    Normalize::dr_grpo().apply(&scores, &mut out)?;
    scale_by_batch(&scores, None, 1, 1e-4, &mut out)?;
    Ok(out)
}

/// A row of a page: an arm and the instances it is run on.
struct Arm {
    build: Box<dyn Fn() -> Box<dyn CreditEstimator> + Send + Sync>,
    instances: Vec<&'static str>,
}

fn arm(estimator: impl Into<EstimatorConfig>, instances: &[&'static str]) -> Arm {
    let config = estimator.into();
    Arm { build: Box::new(move || config.build()), instances: instances.to_vec() }
}

fn own(
    name: &'static str,
    rule: fn(&Batch) -> Result<Vec<f64>, CreditError>,
    instances: &[&'static str],
) -> Arm {
    let estimator = EpisodeRule { name, rule };
    Arm { build: Box::new(move || Box::new(estimator.clone())), instances: instances.to_vec() }
}

/// A page: file, title, question, formula in short, rows. The first row that is measured on R1 stands in the
/// overview.
struct Page(&'static str, &'static str, &'static str, &'static str, Vec<Arm>);

fn noisy(sigma: f64) -> Critic {
    CriticKind::Noisy { sigma }.into()
}

fn fitted(episodes: usize) -> Critic {
    CriticKind::MonteCarlo { key: Key::TimeAndState, episodes }.into()
}

fn gae(lambda: f64, critic: Critic) -> Gae {
    Gae { gamma: 1.0, lambda, critic }
}

fn monte_carlo(baseline: ReturnBaseline) -> MonteCarlo {
    MonteCarlo { gamma: 1.0, baseline }
}

fn n_step(n: usize, critic: Critic) -> NStep {
    NStep { n, gamma: 1.0, critic }
}

fn gigpo(key: Key, shrinkage: f64) -> GiGpo {
    let normalization = Normalization::grpo();
    let episode = EpisodeTerm::Off;
    GiGpo { key, episode, step: normalization, omega: 1.0, gamma: 1.0, shrinkage }
}

fn hgpo(key: Key) -> Hgpo {
    let step = Normalization::grpo();
    let episode = EpisodeTerm::On { normalization: step };
    Hgpo { key, episode, step, omega: 1.0, gamma: 1.0, depth: 2, alpha: 1.0 }
}

fn turn_gae(tokens_per_turn: usize) -> TurnGae {
    TurnGae { tokens_per_turn, gamma: 1.0, lambda: 1.0, critic: Critic::exact() }
}

fn bi_level(tokens_per_turn: usize) -> BiLevelGae {
    let critic = Critic::exact();
    BiLevelGae { tokens_per_turn, turn_gamma: 1.0, turn_lambda: 1.0, gamma: 1.0, lambda: 1.0, critic }
}

fn frozen() -> ReplaceStep {
    ReplaceStep { samples: 1, shared_noise: true, ..by_default(Tail::Frozen) }
}

fn by_default(tail: Tail) -> ReplaceStep {
    ReplaceStep { samples: 4, alternative: Contrast::Default { action: 1 }, tail, shared_noise: false }
}

fn paired() -> PairedBranches {
    PairedBranches { continuations: 4, reuse: Reuse::Start, restore: Restore::Full }
}

fn rudder(predictor: Predictor, residual: Residual) -> Redistribution {
    Redistribution { predictor, start: Start::Prediction, residual }
}

fn table(episodes: usize) -> Predictor {
    PredictorKind::Tabular { key: Key::TimeAndState, episodes }.into()
}

fn linear(episodes: usize) -> Predictor {
    PredictorKind::Linear { key: Key::TimeAndState, episodes, ridge: 1e-3 }.into()
}

fn judge(change: impl FnOnce(&mut NoisyJudge)) -> NoisyJudge {
    let mut judge = NoisyJudge::default();
    change(&mut judge);
    judge
}

fn shaping(potential: PotentialFunction, terminal: TerminalValue, bonus: f64) -> Shaping {
    Shaping { potential, terminal, bonus }
}

const fn weighted(statistic: Statistic, weighting: Weighting) -> Weighted {
    Weighted { statistic, weighting }
}

fn pages() -> Vec<Page> {
    use OutcomeKey::{Observation, Reward, State};
    use PotentialFunction::{Progress, Value};
    use Weighting::Proportional;
    let pp = ReinforcePlusPlus { gamma: 1.0, epsilon: 1e-8 };
    let turn_reward = |tokens_per_turn, turn| MtGrpo {
        tokens_per_turn,
        turn,
        lambda: 1.0,
        normalization: Normalization::grpo(),
    };
    let v_trace =
        |clip_rho| VTrace { gamma: 1.0, lambda: 0.95, clip_rho, clip_pg_rho: 1.0, critic: Critic::exact() };
    let robust = |critic| DoublyRobust { gamma: 1.0, lambda: 0.5, critic };
    let otb = OptimalTokenBaseline { epsilon: 1e-8 };
    let hindsight = |model| ReturnHindsight::new(model);
    let cocoa = |key| Contribution::new(key, HindsightModel::Exact);
    let counted = |episodes| HindsightModel::Counted { episodes };
    let gain = InformationGain::new;
    let learned = PrmModel::Learned { episodes: 500, passes: 200, rate: 0.5 };
    let shapley = || ShapleySteps { default_action: 1, permutations: None };
    let min_form = |critic| MinForm { gamma: 1.0, critic };
    let top = Weighting::Top { fraction: 0.25 };
    let amplify = Weighting::Amplify { fraction: 0.25, alpha: 0.5 };
    vec![
        Page(
            "controls",
            "Controls",
            "What must a score say of known credit?",
            "`A`, `0`, noise, shuffled `A`, `−A`",
            Control::ALL.into_iter().map(|control| arm(control, &[R1])).collect(),
        ),
        Page(
            "returns",
            "Outcome and returns",
            "What did the episode earn, or earn from here on?",
            "`Σ_{k≥t} γ^{k−t} r_k − b`",
            vec![
                arm(Outcome {}, &[R1, LONG, DISTRACTOR]),
                arm(monte_carlo(ReturnBaseline::None), &[R1, DISTRACTOR]),
                arm(monte_carlo(ReturnBaseline::LeaveOneOut), &[R1, RAGGED]),
                arm(monte_carlo(ReturnBaseline::BatchMean), &[R1, RAGGED]),
            ],
        ),
        Page(
            "group-normalisation",
            "Group normalisation",
            "Better than the other answers?",
            "`(R_i − mean)/(std + ε)`, `R_i − mean_{j≠i}`",
            vec![
                arm(GroupRelative::rloo(), &[R1, LONG, SETTLED]),
                arm(GroupRelative::dr_grpo(), &[R1]),
                arm(GroupRelative::grpo(), &[R1, DISTRACTOR, RARE]),
            ],
        ),
        Page(
            "opo",
            "OPO",
            "Better than the length-weighted mean?",
            "`R_i − Σ L_j R_j/Σ L_j`",
            vec![arm(Opo {}, &[R1, RAGGED])],
        ),
        Page(
            "gpg",
            "GPG",
            "Centred, at which scale?",
            "`α (R_i − mean)`",
            vec![own("gpg", gpg, &[R1, DISTRACTOR])],
        ),
        Page(
            "pass-at-k",
            "Pass at k",
            "By how much is the best one best?",
            "`(R_max − R_second)/(std + ε)`",
            vec![own("pass-at-k", pass_at_k, &[R1, RARE])],
        ),
        Page(
            "remax",
            "ReMax",
            "Better than the greedy answer?",
            "`G_t − R(greedy)`",
            vec![arm(ReMax {}, &[R1, RECOVERY])],
        ),
        Page(
            "optimal-token-baseline",
            "Optimal token baseline",
            "Which baseline varies least at each position?",
            "`G_t − Σ G W/Σ W`",
            vec![arm(otb, &[R1, RAGGED])],
        ),
        Page(
            "reinforce-pp",
            "REINFORCE++ and whitening",
            "Better than the rest of the batch?",
            "`(x − mean)/√(var + ε)`",
            vec![arm(pp, &[R1, RAGGED]), arm(ReinforcePlusPlusBaseline { epsilon: 1e-8 }, &[R1, RAGGED])],
        ),
        Page(
            "channels",
            "Several rewards",
            "How do channels share one scale?",
            "`Σ_c w_c Â_c` or `Â(Σ_c w_c r_c)`",
            vec![
                own("gdpo", two_channels, &[R1, DISTRACTOR]),
                own("batch-scaled", batch_scaled, &[R1, DISTRACTOR]),
            ],
        ),
        Page(
            "n-step",
            "n-step and λ-returns",
            "What follows, if a critic ends the sum?",
            "`Σ_{k<n} γ^k r + γ^n V`",
            vec![
                arm(n_step(2, Critic::exact()), &[R1]),
                arm(n_step(2, Critic::none()), &[R1]),
                arm(TdLambda { gamma: 1.0, lambda: 0.9, critic: Critic::exact() }, &[R1]),
                arm(TdLambda { gamma: 1.0, lambda: 0.9, critic: noisy(0.3) }, &[R1]),
            ],
        ),
        Page(
            "gae",
            "GAE",
            "Better than the critic expected?",
            "`Σ_l (γλ)^l δ_{t+l}`",
            vec![
                arm(exact_gae(0.95), &[R1, LONG]),
                arm(exact_gae(0.0), &[R1]),
                arm(exact_gae(1.0), &[R1]),
                arm(gae(0.95, fitted(50)), &[R1]),
                arm(gae(0.95, fitted(500)), &[R1]),
                arm(gae(0.0, noisy(0.3)), &[R1]),
                arm(gae(0.95, noisy(0.3)), &[R1]),
                arm(gae(0.95, noisy(1.0)), &[R1]),
            ],
        ),
        Page(
            "turn-gae",
            "GAE over turns",
            "Which turn did better than expected?",
            "`Â_u` over turns, then tokens",
            vec![
                arm(bi_level(2), &[R1]),
                arm(turn_gae(2), &[R1]),
                arm(bi_level(4), &[TURNS]),
                arm(turn_gae(4), &[TURNS]),
            ],
        ),
        Page(
            "doubly-robust",
            "Doubly robust mixture",
            "Critic or return?",
            "`λ TD + (1 − λ)(G − V)`",
            vec![arm(robust(Critic::exact()), &[R1]), arm(robust(noisy(0.3)), &[R1])],
        ),
        Page(
            "v-trace",
            "V-trace",
            "The same, from an older policy?",
            "`ρ̄ δ` with clipped ratios",
            vec![arm(v_trace(1.0), &[R1]), arm(v_trace(0.5), &[R1])],
        ),
        Page(
            "gigpo",
            "GiGPO",
            "Better than others in the same state?",
            "`A^E + ω A^S`",
            vec![
                arm(published_gigpo(true), &[R1, LONG]),
                arm(published_gigpo(false), &[R1]),
                arm(gigpo(Key::TimeAndObservation, 0.0), &[MEMORY]),
                arm(gigpo(Key::TimeAndState, 0.0), &[MEMORY, RARE]),
                arm(gigpo(Key::TimeAndState, 4.0), &[RARE]),
            ],
        ),
        Page(
            "hgpo",
            "HGPO",
            "Better than others with the same history?",
            "`A^E + ω Σ_k w_k A^{(k)}/Σ_k w_k`",
            vec![arm(hgpo(Key::TimeAndState), &[R1]), arm(hgpo(Key::Observation), &[MEMORY])],
        ),
        Page(
            "mt-grpo",
            "MT-GRPO",
            "Did the rewarded turn do well?",
            "`A^O + λ A^T` up to the turn",
            vec![arm(turn_reward(2, 1), &[R1, DISTRACTOR])],
        ),
        Page(
            "turn-loo",
            "Leave-one-out per turn",
            "Better than peers still alive?",
            "`X_{i,u} − mean_{alive} X_{j,u}`",
            vec![
                arm(TurnLoo { alone: Alone::Raw }, &[R1, RAGGED]),
                arm(TurnLoo { alone: Alone::Zero }, &[R1, RAGGED]),
            ],
        ),
        Page(
            "prefix-tree",
            "Prefix trees",
            "What did shared prefixes go on to earn?",
            "`V̂(prefix_{t+1}) − V̂(prefix_t)`",
            vec![arm(PrefixTree {}, &[R1, RECOVERY, LONG])],
        ),
        Page(
            "branches",
            "Branches",
            "What do continuations from here earn?",
            "`r + V̂_K(s') − V̂_K(s)`",
            vec![
                arm(vine(4), &[R1, LONG, DISTRACTOR]),
                arm(vine(1), &[R1]),
                arm(vine(16), &[R1]),
                arm(paired(), &[R1, MEMORY]),
            ],
        ),
        Page(
            "replacement",
            "Leave one step out",
            "What if this step had been another?",
            "`R(τ) − R(τ^{t←a'})`",
            vec![
                arm(replacement(1, true), &[R1, DISTRACTOR]),
                arm(replacement(4, false), &[R1]),
                arm(frozen(), &[R1, AND, XOR]),
                arm(by_default(Tail::Frozen), &[AND, XOR]),
                arm(by_default(Tail::Resample), &[AND, XOR]),
            ],
        ),
        Page(
            "shapley",
            "Shapley and Owen values",
            "What is a step's share over all coalitions?",
            "`Σ_S w_S (v(S∪i) − v(S))`",
            vec![arm(shapley(), &[R1, AND, XOR])],
        ),
        Page(
            "hindsight",
            "Hindsight credit",
            "How much likelier was the action, given the return?",
            "`(1 − π/h) Z`",
            vec![
                arm(hindsight(HindsightModel::Exact), &[R1, SURE, RAGGED]),
                arm(hindsight(counted(50)), &[R1]),
                arm(hindsight(counted(500)), &[R1]),
            ],
        ),
        Page(
            "cocoa",
            "Contribution coefficients",
            "What does an action add to each later outcome?",
            "`Σ_k w(s,a,u_k) r_k`",
            vec![
                arm(cocoa(Reward), &[R1, TREE, SUM]),
                arm(cocoa(State), &[R1, TREE, SUM]),
                arm(cocoa(Observation), &[R1, SUM]),
                arm(Contribution::new(Reward, counted(50)), &[R1]),
            ],
        ),
        Page(
            "redistribution",
            "Return redistribution",
            "When did the predicted return change?",
            "`ĝ_t − ĝ_{t−1}`",
            vec![
                arm(rudder(Predictor::exact(), Residual::None), &[R1]),
                arm(rudder(Predictor::exact(), Residual::Last), &[R1]),
                arm(rudder(table(50), Residual::Last), &[R1, DISTRACTOR]),
                arm(rudder(table(500), Residual::Last), &[R1]),
                arm(rudder(linear(500), Residual::Last), &[R1]),
            ],
        ),
        Page(
            "information-gain",
            "Information gain",
            "When did success become likelier?",
            "`log V_{t+1} − log V_t`",
            vec![
                arm(gain(Gain::Difference, Belief::Exact), &[R1]),
                arm(gain(Gain::LogRatio, Belief::Exact), &[R1]),
                arm(gain(Gain::Difference, Belief::Corrupted { sigma: 0.3 }), &[R1]),
                arm(gain(Gain::LogRatio, Belief::Corrupted { sigma: 0.3 }), &[R1]),
                arm(gain(Gain::Difference, Belief::Learned { episodes: 50 }), &[R1]),
            ],
        ),
        Page(
            "implicit-prm",
            "Implicit process reward",
            "What does the outcome model say of the step?",
            "`β log π_φ/π_ref`",
            vec![
                arm(ImplicitPrm::new(1.0, PrmModel::Exact), &[R1, SHORTCUT]),
                arm(ImplicitPrm::new(0.1, PrmModel::Exact), &[R1]),
                arm(ImplicitPrm::new(10.0, PrmModel::Exact), &[R1]),
                arm(ImplicitPrm::new(1.0, learned), &[R1]),
            ],
        ),
        Page(
            "judge",
            "Judges",
            "What does someone who looks at it say?",
            "`A + b + N(0, σ²)`",
            vec![
                arm(NoisyJudge::with_noise(0.3), &[R1, LONG]),
                arm(NoisyJudge::with_noise(0.1), &[R1]),
                arm(judge(|j| j.flip = 0.2), &[R1]),
                arm(judge(|j| j.sees = Sees::Observation), &[MEMORY]),
            ],
        ),
        Page(
            "shaping",
            "Potential shaping",
            "Did the state become better?",
            "`r + γΦ(s') − Φ(s)`",
            vec![
                arm(shaping(Value, TerminalValue::Zero, 0.0), &[R1]),
                arm(shaping(Progress, TerminalValue::Zero, 0.0), &[R1]),
                arm(shaping(Value, TerminalValue::Kept, 0.0), &[R1]),
                arm(shaping(Value, TerminalValue::Zero, 1.0), &[R1]),
            ],
        ),
        Page(
            "min-form",
            "Min-form",
            "What is the weakest step from here on?",
            "`min_{k≥t} s_k`",
            vec![arm(min_form(Critic::exact()), &[R1, DISTRACTOR]), arm(min_form(noisy(0.3)), &[R1])],
        ),
        Page(
            "reweighting",
            "Reweighting by uncertainty",
            "How sure was the policy?",
            "`A · h_t/mean(h)`",
            vec![
                arm(weighted(Statistic::Entropy, Proportional), &[R1, SETTLED]),
                arm(weighted(Statistic::Surprisal, Proportional), &[R1, SETTLED]),
                arm(weighted(Statistic::Saliency, Proportional), &[SETTLED]),
                arm(weighted(Statistic::Entropy, top), &[SETTLED]),
                arm(weighted(Statistic::Surprisal, amplify), &[R1]),
            ],
        ),
    ]
}

/// One measured row.
struct Row {
    page: usize,
    instance: &'static str,
    summary: ArmSummary,
}

/// Runs all rows, on as many threads as there are cores; their order does not depend on that.
fn measure(pages: &[Page]) -> Result<Vec<Row>, FidelityError> {
    let rows: Vec<(usize, &Arm, &'static str)> = pages
        .iter()
        .enumerate()
        .flat_map(|(page, Page(.., arms))| arms.iter().map(move |arm| (page, arm)))
        .flat_map(|(page, arm)| arm.instances.iter().map(move |name| (page, arm, *name)))
        .collect();
    let mut instances: BTreeMap<&str, Instance> = BTreeMap::new();
    for (.., name) in &rows {
        if !instances.contains_key(name) {
            instances.insert(name, instance(name).1.build()?);
        }
    }
    let stop = AtomicBool::new(false);
    let bootstrap = Bootstrap { replicates: 2000, ..Bootstrap::default() };
    let measure = |(page, arm, name): (usize, &Arm, &'static str)| -> Result<Row, FidelityError> {
        let records = (0..SEEDS)
            .map(|seed| {
                let sampling = Sampling { group: 8, batches: BATCHES, seed };
                run(&instances[name], (arm.build)().as_mut(), sampling, &stop)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let summary = summarize(&records.iter().collect::<Vec<_>>(), &bootstrap)?;
        Ok(Row { page, instance: name, summary })
    };
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(row) = rows.get(index) else { break };
                    let result = measure(*row);
                    done.lock().expect("no thread panics with the lock").insert(index, result);
                }
            });
        }
    });
    done.into_inner().expect("no thread panics with the lock").into_values().collect()
}

/// Three significant digits, as few characters as they take.
fn number(x: f64) -> String {
    let magnitude = x.abs();
    if magnitude < 5e-4 {
        return if magnitude < 1e-9 { "0".into() } else { format!("{x:.0e}") };
    }
    if magnitude >= 1e5 {
        return format!("{x:.0e}");
    }
    let decimals = (2 - magnitude.log10().floor() as i32).clamp(0, 3) as usize;
    format!("{x:.decimals$}")
}

/// The mean over seeds and half the width of its 95 % interval.
fn cell(summary: &ArmSummary, metric: Metric) -> String {
    let Some(found) = summary.get(metric) else { return "-".into() };
    let Some(mean) = found.mean else { return "undefined".into() };
    let half = found.interval.map_or(0.0, |interval| interval.width() / 2.0);
    let spread = if half < 5e-4 { String::new() } else { format!(" ± {}", number(half)) };
    let undefined =
        if found.undefined > 0 { format!(" ({} undefined)", found.undefined) } else { String::new() };
    format!("{}{spread}{undefined}", number(mean))
}

fn table_of<'a>(rows: impl Iterator<Item = &'a Row>) -> String {
    let mut out = String::from("| rule | instance |");
    let labels: Vec<&str> = COLUMNS.iter().map(|metric| metric.label()).collect();
    let _ = writeln!(out, " {} |\n|---|---|{}", labels.join(" | "), "---|".repeat(COLUMNS.len()));
    for Row { instance, summary, .. } in rows {
        let cells: Vec<String> = COLUMNS.iter().map(|metric| cell(summary, *metric)).collect();
        let _ = writeln!(out, "| `{}` | {instance} | {} |", summary.arm, cells.join(" | "));
    }
    out
}

fn overview(pages: &[Page], rows: &[Row]) -> String {
    let mut out = String::from(
        "| page | question | in short | measured arm | RMSE | batch cosine |\n|---|---|---|---|---|---|\n",
    );
    for (index, Page(file, title, question, formula, _)) in pages.iter().enumerate() {
        let Some(row) = rows.iter().find(|row| row.page == index && row.instance == R1) else { continue };
        let (rmse, cosine) = (cell(&row.summary, Metric::Rmse), cell(&row.summary, Metric::BatchCosine));
        let link = format!("[{title}](credit/{}.md)", if *file == "controls" { "measured" } else { file });
        let _ = writeln!(
            out,
            "| {link} | {question} | {} | `{}` | {rmse} | {cosine} |",
            formula.replace('|', "\\|"),
            brief(&row.summary.arm)
        );
    }
    out
}

fn instances(rows: &[Row]) -> String {
    let mut out = String::from("| instance | what |\n|---|---|\n");
    let mut seen = Vec::new();
    for name in rows.iter().map(|row| row.instance) {
        if !seen.contains(&name) {
            seen.push(name);
            let _ = writeln!(out, "| {name} | {} |", instance(name).0);
        }
    }
    out
}

/// Headings of the published table, in the order of [`milepost_fidelity::reference`].
const PUBLISHED: [(&str, Chain, Metric); 7] = [
    ("RMSE", Chain::Eight, Metric::Rmse),
    ("sign", Chain::Eight, Metric::SignAccuracy),
    ("hit", Chain::Eight, Metric::Hit),
    ("leakage", Chain::Eight, Metric::Leakage),
    ("batch cosine", Chain::Eight, Metric::BatchCosine),
    ("nvar", Chain::Eight, Metric::NormalisedVariance),
    ("nvar, H = 32", Chain::ThirtyTwo, Metric::NormalisedVariance),
];

/// Published numbers of R1 and its variants, each with what is measured here.
fn reference() -> Result<String, FidelityError> {
    let chains = [Chain::Eight, Chain::ThirtyTwo, Chain::Distractor, Chain::Saturated];
    let instances = chains.map(|chain| chain.instance().build());
    let sampling = Sampling { group: 8, batches: PUBLISHED_BATCHES, seed: 0 };
    let headings = PUBLISHED.map(|(heading, ..)| heading).join(" | ");
    let mut out = format!("| arm | {headings} |\n|---|{}\n", "---|".repeat(PUBLISHED.len()));
    let mut others = String::from(
        "| arm | instance | metric | published | closed form | here |\n|---|---|---|---|---|---|\n",
    );
    for arm in published() {
        let mut found = Vec::new();
        for value in &arm.values {
            let at = chains.iter().position(|chain| *chain == value.chain).unwrap_or(0);
            let instance = instances[at].as_ref().map_err(Clone::clone)?;
            let record = run(instance, arm.arm.build().as_mut(), sampling, &AtomicBool::new(false))?;
            found.push((value, value.metric.of(&record).map_or_else(|| "undefined".into(), number)));
        }
        let name = arm.arm.build().name();
        let pair = |(_, chain, metric): (&str, Chain, Metric)| {
            let cell = found.iter().find(|(value, _)| (value.chain, value.metric) == (chain, metric));
            cell.map_or_else(String::new, |(value, here)| format!("{} / {here}", value.published))
        };
        let cells = PUBLISHED.map(pair);
        if cells.iter().any(|cell| !cell.is_empty()) {
            let _ = writeln!(out, "| `{name}` | {} |", cells.join(" | "));
        }
        let rest = |value: &ReferenceValue| {
            PUBLISHED.iter().all(|(_, chain, metric)| (*chain, *metric) != (value.chain, value.metric))
        };
        for (value, here) in found.iter().filter(|(value, _)| rest(value)) {
            let instance = match value.chain {
                Chain::Eight => R1,
                Chain::ThirtyTwo => LONG,
                Chain::Distractor => DISTRACTOR,
                Chain::Saturated => SETTLED,
            };
            let exact = value.exact.map_or_else(|| "-".into(), number);
            let metric = value.metric.label();
            let _ = writeln!(
                others,
                "| `{name}` | {instance} | {metric} | {} | {exact} | {here} |",
                value.published
            );
        }
    }
    Ok(format!("{out}\n{others}"))
}

/// The expected orderings: a table of verdicts, then the numbers behind each.
fn orderings() -> Result<String, FidelityError> {
    let mut out = String::from("| row | claim | verdict |\n|---|---|---|\n");
    let mut details = String::new();
    for row in ROWS {
        let found = check(row, Effort::STANDARD, &AtomicBool::new(false))?;
        let verdict = match found.verdict {
            Verdict::Holds => "holds",
            Verdict::DoesNotHold => "does not hold",
            Verdict::Agrees => "direction agrees",
            Verdict::Disagrees => "direction disagrees",
        };
        let _ = writeln!(out, "| {row} | {} | {verdict} |", found.claim);
        let _ = writeln!(details, "\n### Row {row}: {verdict}\n");
        let _ =
            writeln!(details, "{}. Source: {}. Expected: {}.\n", found.claim, found.source, found.expected);
        let _ = writeln!(details, "| measured | value | 95 % interval | expected |\n|---|---|---|---|");
        for measured in &found.measured {
            let interval = measured
                .interval
                .map_or_else(String::new, |i| format!("{} to {}", number(i.low), number(i.high)));
            let expected = measured.expected.map_or_else(String::new, number);
            let what = brief(&measured.what).replace('|', "\\|");
            let _ = writeln!(details, "| {what} | {} | {interval} | {expected} |", number(measured.value));
        }
    }
    Ok(out + &details)
}

/// Shorter names for arms that stand in a sentence.
fn brief(text: &str) -> String {
    let name = |estimator: GiGpo| EstimatorConfig::from(estimator).build().name();
    let shrunk = GiGpo { shrinkage: 4.0, ..published_gigpo(false) };
    let names = [
        (name(published_gigpo(true)), "gigpo"),
        (name(published_gigpo(false)), "gigpo's step part"),
        (name(shrunk), "gigpo's step part with shrinkage 4"),
    ];
    names.iter().fold(text.to_owned(), |text, (long, short)| text.replace(long, short))
}

/// Replaces what stands between the marks of a page.
fn fill(path: &Path, mark: &str, table: &str) -> Result<(), Box<dyn std::error::Error>> {
    let (begin, end) = (format!("<!-- {mark} -->\n"), "<!-- end -->");
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let parts = text.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    let (before, after) = parts.ok_or_else(|| format!("{} has no {mark} table to fill", path.display()))?;
    std::fs::write(path, format!("{before}{begin}\n{table}\n{end}{after}"))?;
    Ok(())
}

#[allow(clippy::print_stdout, reason = "an example speaks")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pages = pages();
    let rows = measure(&pages)?;
    let whole = format!("{}\n{}", instances(&rows), table_of(rows.iter()));
    let Some(folder) = std::env::args().nth(1) else {
        print!("{whole}");
        return Ok(());
    };
    let source = Path::new(&folder);
    fill(&source.join("credit.md"), "measured", &overview(&pages, &rows))?;
    fill(&source.join("credit/measured.md"), "measured", &whole)?;
    fill(&source.join("credit-bench.md"), "reference", &reference()?)?;
    fill(&source.join("credit-bench.md"), "orderings", &orderings()?)?;
    for (index, Page(file, ..)) in pages.iter().enumerate().filter(|(_, page)| page.0 != "controls") {
        let own = rows.iter().filter(|row| row.page == index);
        fill(&source.join(format!("credit/{file}.md")), "measured", &table_of(own))?;
    }
    Ok(())
}
