//! What is measured: a page for each rule, with its arms.

use milepost_credit::CreditError;
use milepost_fidelity::config::EstimatorConfig;
use milepost_fidelity::estimators::{
    Alone, Belief, BiLevelGae, Contribution, Control, Critic, CriticKind, DoublyRobust, EpisodeTerm, Gae,
    Gain, GiGpo, GroupRelative, Hgpo, HindsightModel, ImplicitPrm, InformationGain, Key, MinForm, MonteCarlo,
    MtGrpo, NStep, NoisyJudge, Normalization, Opo, OptimalTokenBaseline, Outcome, OutcomeKey, PairedBranches,
    PotentialFunction, Predictor, PredictorKind, PrefixTree, PrmModel, ReMax, Redistribution,
    ReinforcePlusPlus, ReinforcePlusPlusBaseline, ReplaceStep, Residual, ReturnBaseline, ReturnHindsight,
    Reuse, Sees, Shaping, ShapleySteps, Start, Statistic, Tail, TdLambda, TerminalValue, TurnGae, TurnLoo,
    VTrace, Weighted, Weighting,
};
use milepost_fidelity::reference::{exact_gae, published_gigpo, replacement, vine};
use milepost_fidelity::{Batch, Contrast, CreditEstimator, Restore};

use crate::own::{EpisodeRule, batch_scaled, gpg, pass_at_k, two_channels};
use crate::worlds::{
    AND, DISTRACTOR, LONG, MEMORY, R1, RAGGED, RARE, RECOVERY, SETTLED, SHORTCUT, SUM, SURE, TREE, TURNS, XOR,
};

/// A row of a page: an arm and the instances it is run on.
pub(crate) struct Arm {
    pub(crate) build: Box<dyn Fn() -> Box<dyn CreditEstimator> + Send + Sync>,
    pub(crate) instances: Vec<&'static str>,
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

/// A page of the documentation.
pub(crate) struct Page {
    /// Its file, without the ending.
    pub(crate) file: &'static str,
    /// Its title.
    pub(crate) title: &'static str,
    /// What it answers.
    pub(crate) question: &'static str,
    /// The rule in short.
    pub(crate) formula: &'static str,
    /// What is measured; the first row on R1 stands in the overview.
    pub(crate) arms: Vec<Arm>,
}

fn page(
    file: &'static str,
    title: &'static str,
    question: &'static str,
    formula: &'static str,
    arms: Vec<Arm>,
) -> Page {
    Page { file, title, question, formula, arms }
}

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

pub(crate) fn pages() -> Vec<Page> {
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
        page(
            "controls",
            "Controls",
            "What must a score say of known credit?",
            "`A`, `0`, noise, shuffled `A`, `−A`",
            Control::ALL.into_iter().map(|control| arm(control, &[R1])).collect(),
        ),
        page(
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
        page(
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
        page(
            "opo",
            "OPO",
            "Better than the length-weighted mean?",
            "`R_i − Σ L_j R_j/Σ L_j`",
            vec![arm(Opo {}, &[R1, RAGGED])],
        ),
        page(
            "gpg",
            "GPG",
            "Centred, at which scale?",
            "`α (R_i − mean)`",
            vec![own("gpg", gpg, &[R1, DISTRACTOR])],
        ),
        page(
            "pass-at-k",
            "Pass at k",
            "By how much is the best one best?",
            "`(R_max − R_second)/(std + ε)`",
            vec![own("pass-at-k", pass_at_k, &[R1, RARE])],
        ),
        page(
            "remax",
            "ReMax",
            "Better than the greedy answer?",
            "`G_t − R(greedy)`",
            vec![arm(ReMax {}, &[R1, RECOVERY])],
        ),
        page(
            "optimal-token-baseline",
            "Optimal token baseline",
            "Which baseline varies least at each position?",
            "`G_t − Σ G W/Σ W`",
            vec![arm(otb, &[R1, RAGGED])],
        ),
        page(
            "reinforce-pp",
            "REINFORCE++ and whitening",
            "Better than the rest of the batch?",
            "`(x − mean)/√(var + ε)`",
            vec![arm(pp, &[R1, RAGGED]), arm(ReinforcePlusPlusBaseline { epsilon: 1e-8 }, &[R1, RAGGED])],
        ),
        page(
            "channels",
            "Several rewards",
            "How do channels share one scale?",
            "`Σ_c w_c Â_c` or `Â(Σ_c w_c r_c)`",
            vec![
                own("gdpo", two_channels, &[R1, DISTRACTOR]),
                own("batch-scaled", batch_scaled, &[R1, DISTRACTOR]),
            ],
        ),
        page(
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
        page(
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
        page(
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
        page(
            "doubly-robust",
            "Doubly robust mixture",
            "Critic or return?",
            "`λ TD + (1 − λ)(G − V)`",
            vec![arm(robust(Critic::exact()), &[R1]), arm(robust(noisy(0.3)), &[R1])],
        ),
        page(
            "v-trace",
            "V-trace",
            "The same, from an older policy?",
            "`ρ̄ δ` with clipped ratios",
            vec![arm(v_trace(1.0), &[R1]), arm(v_trace(0.5), &[R1])],
        ),
        page(
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
        page(
            "hgpo",
            "HGPO",
            "Better than others with the same history?",
            "`A^E + ω Σ_k w_k A^{(k)}/Σ_k w_k`",
            vec![arm(hgpo(Key::TimeAndState), &[R1]), arm(hgpo(Key::Observation), &[MEMORY])],
        ),
        page(
            "mt-grpo",
            "MT-GRPO",
            "Did the rewarded turn do well?",
            "`A^O + λ A^T` up to the turn",
            vec![arm(turn_reward(2, 1), &[R1, DISTRACTOR])],
        ),
        page(
            "turn-loo",
            "Leave-one-out per turn",
            "Better than peers still alive?",
            "`X_{i,u} − mean_{alive} X_{j,u}`",
            vec![
                arm(TurnLoo { alone: Alone::Raw }, &[R1, RAGGED]),
                arm(TurnLoo { alone: Alone::Zero }, &[R1, RAGGED]),
            ],
        ),
        page(
            "prefix-tree",
            "Prefix trees",
            "What did shared prefixes go on to earn?",
            "`V̂(prefix_{t+1}) − V̂(prefix_t)`",
            vec![arm(PrefixTree {}, &[R1, RECOVERY, LONG])],
        ),
        page(
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
        page(
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
        page(
            "shapley",
            "Shapley and Owen values",
            "What is a step's share over all coalitions?",
            "`Σ_S w_S (v(S∪i) − v(S))`",
            vec![arm(shapley(), &[R1, AND, XOR])],
        ),
        page(
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
        page(
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
        page(
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
        page(
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
        page(
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
        page(
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
        page(
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
        page(
            "min-form",
            "Min-form",
            "What is the weakest step from here on?",
            "`min_{k≥t} s_k`",
            vec![arm(min_form(Critic::exact()), &[R1, DISTRACTOR]), arm(min_form(noisy(0.3)), &[R1])],
        ),
        page(
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
