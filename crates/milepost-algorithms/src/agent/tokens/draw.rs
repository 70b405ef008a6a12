//! From a sampler's configuration to the trajectories that it draws.

use milepost_core::{Probe, Provenance, TaskSeed, TokenEnvironment, TokenPolicy, Trajectory};
use milepost_policies::PolicyError;
use milepost_sampling::hints::EnvironmentReturn;
use milepost_sampling::judge::{Each, Failing, Noisy, Panel};
use milepost_sampling::refine::{DecisionRow, Draft, Redo, RefineRollout};
use milepost_sampling::{
    BestOfN, GroupSampler, HintRescue, MovedTokens, RatedGroups, Refine, Rollback, SamplerSettings,
    SamplingError, StepTree, Supersample, TokenRollout, TokenSampler,
};

use super::aids::{OnTrial, Protocol, SamplerAids, TurnJudge};
use super::review::{Review, Reviewed};
use crate::TrainError;
use crate::agent::MovedToken;
use crate::config::{JudgeConfig, SamplerConfig};

/// What a sampler drew, and what it says about it.
pub(super) struct Drawn {
    pub rollout: TokenRollout,
    /// Decisions of the policy that are trained.
    pub decisions: Vec<DecisionRow>,
    pub counters: Vec<(&'static str, u64)>,
    pub metrics: Vec<(&'static str, f64)>,
    pub moved: Vec<MovedToken>,
}

/// What is sampled.
pub(super) struct Source<'a, E> {
    pub world: &'a E,
    pub tasks: &'a [(u64, TaskSeed)],
    pub aids: &'a SamplerAids<E>,
    pub settings: &'a SamplerSettings,
}

/// Draws what the configured sampler draws.
pub(super) fn draw<E: TokenEnvironment, P: TokenPolicy<Error = PolicyError>>(
    config: &SamplerConfig,
    source: &Source<'_, E>,
    policy: &P,
    probes: &mut [Box<dyn Probe<E>>],
) -> Result<Drawn, TrainError> {
    let Source { world, tasks, aids, settings } = *source;
    if let SamplerConfig::HintRescue { inner, completions, attempts } = config {
        let (completions, attempts, worth) = (*completions, *attempts, EnvironmentReturn);
        let inner = Configured::new(inner, source)?;
        let mut rescue = HintRescue { inner, hints: aids.hint(config)?, worth, completions, attempts };
        let rescued = rescue.rescue(world, tasks, policy, probes, settings)?;
        let Configured { mut counters, metrics, mut moved, .. } = rescue.inner;
        let counts = rescued.counts;
        counters.extend([
            ("hint_rescue.failed_groups", counts.failed_groups),
            ("hint_rescue.hints", counts.hints),
            ("hint_rescue.rescued_groups", counts.rescued_groups),
            ("hint_rescue.injected", counts.injected),
            ("hint_rescue.too_long", counts.too_long),
        ]);
        // Of a trajectory that was replaced, only the rescue knows; of the others, only the inner sampler.
        let injected = injected(&rescued.rollout);
        moved.retain(|token| !injected[token.trajectory]);
        let hinted = shifts(&rescued.rollout, &rescued.moved).into_iter();
        moved.extend(hinted.filter(|token| injected[token.trajectory]));
        return Ok(Drawn { rollout: rescued.rollout, decisions: Vec::new(), counters, metrics, moved });
    }
    let mut sampler = Configured::new(config, source)?;
    let rollout = sampler.sample(world, tasks, policy, probes, settings)?;
    let Configured { decisions, counters, metrics, moved, .. } = sampler;
    Ok(Drawn { rollout, decisions, counters, metrics, moved })
}

/// How far the tokens were moved that were drawn in another context.
fn shifts(rollout: &TokenRollout, moved: &[MovedTokens]) -> Vec<MovedToken> {
    let trajectories: Vec<_> = rollout.batch.trajectories().collect();
    let pairs = moved.iter().flat_map(|m| m.tokens.iter().zip(&m.drawn_logp).map(|pair| (m.place, pair)));
    pairs
        .map(|(trajectory, (token, drawn))| {
            let stands = f64::from(trajectories[trajectory].behaviour_logp[*token]);
            MovedToken { trajectory, token: *token, log_ratio: stands - f64::from(*drawn) }
        })
        .collect()
}

/// Whether each trajectory was drawn under a hint.
fn injected(rollout: &TokenRollout) -> Vec<bool> {
    let hinted = |t: &Trajectory<()>| t.spans.iter().any(|span| span.provenance == Provenance::Injected);
    rollout.batch.trajectories().map(hinted).collect()
}

type OracleRater<E> = Each<Panel<Failing<Noisy<OnTrial<E>>>>>;
type CallStart<E> = fn(&E, &[u32]) -> Option<usize>;

/// A sampler of this configuration, and what it counted.
struct Configured<E: TokenEnvironment> {
    sampler: Kind<E>,
    decisions: Vec<DecisionRow>,
    counters: Vec<(&'static str, u64)>,
    metrics: Vec<(&'static str, f64)>,
    moved: Vec<MovedToken>,
}

enum Kind<E: TokenEnvironment> {
    Groups(GroupSampler),
    Tree(StepTree<OracleRater<E>, Protocol<E>>),
    Rated(RatedGroups<OracleRater<E>, Protocol<E>>),
    Best(BestOfN<OracleRater<E>, Protocol<E>>),
    Rollback(Rollback<CallStart<E>>),
    Super(Supersample),
    Refine { group_size: u32, rounds: u32, redo: Redo, review: Review<E>, train_meta: bool },
}

impl<E: TokenEnvironment> Configured<E> {
    fn new(config: &SamplerConfig, source: &Source<'_, E>) -> Result<Self, TrainError> {
        let Source { world, aids, settings, .. } = *source;
        let group_size = config.group_size() as u32;
        let plain = Kind::Groups(GroupSampler { group_size });
        let sampler = match config {
            SamplerConfig::Groups { .. }
            | SamplerConfig::StepTree { candidates: 1, .. }
            | SamplerConfig::BestOfN { candidates: 1, .. } => plain,
            SamplerConfig::StepTree { candidates, temperature, early_bonus, judge, .. } => {
                Kind::Tree(StepTree {
                    trees: group_size,
                    candidates: *candidates,
                    temperature: *temperature,
                    early_bonus: *early_bonus,
                    rater: rater(aids.judge(config)?, judge, settings)?,
                    protocol: Protocol(aids.answers),
                })
            }
            SamplerConfig::RatedGroups { early_bonus, judge, .. } => Kind::Rated(RatedGroups {
                group_size,
                early_bonus: *early_bonus,
                rater: rater(aids.judge(config)?, judge, settings)?,
                protocol: Protocol(aids.answers),
            }),
            SamplerConfig::BestOfN { candidates, judge, .. } => Kind::Best(BestOfN {
                group_size,
                candidates: *candidates,
                rater: rater(aids.judge(config)?, judge, settings)?,
                protocol: Protocol(aids.answers),
            }),
            SamplerConfig::Rollback { retries, probability, cap, threshold, again, .. } => {
                Kind::Rollback(Rollback {
                    group_size,
                    retries: *retries,
                    probability: *probability,
                    cap: *cap,
                    threshold: *threshold,
                    again: super::encoded(again, world)?,
                    format: aids.call(config)?.start,
                })
            }
            SamplerConfig::Supersample { factor, .. } => {
                Kind::Super(Supersample { group_size, factor: *factor })
            }
            SamplerConfig::Refine { rounds, redo, train_meta, .. } => Kind::Refine {
                group_size,
                rounds: *rounds,
                redo: *redo,
                review: Review::new(config, aids, world)?,
                train_meta: *train_meta,
            },
            SamplerConfig::Segments { .. } | SamplerConfig::HintRescue { .. } => {
                let reason = format!("`{}` draws no groups of whole episodes", config.kind());
                return Err(TrainError::Config { reason });
            }
        };
        Ok(Self {
            sampler,
            decisions: Vec::new(),
            counters: Vec::new(),
            metrics: Vec::new(),
            moved: Vec::new(),
        })
    }
}

impl<E: TokenEnvironment> TokenSampler<E> for Configured<E> {
    fn sample<P: TokenPolicy>(
        &mut self,
        world: &E,
        tasks: &[(u64, TaskSeed)],
        policy: &P,
        probes: &mut [Box<dyn Probe<E>>],
        settings: &SamplerSettings,
    ) -> Result<TokenRollout, SamplingError<P::Error>> {
        match &mut self.sampler {
            Kind::Groups(sampler) => sampler.sample(world, tasks, policy, probes, settings),
            Kind::Super(sampler) => sampler.sample(world, tasks, policy, probes, settings),
            Kind::Best(sampler) => {
                let rollout = sampler.sample(world, tasks, policy, probes, settings);
                self.counters.extend(judged(&sampler.rater));
                rollout
            }
            Kind::Rated(sampler) => {
                let rollout = sampler.sample(world, tasks, policy, probes, settings);
                self.counters.extend(judged(&sampler.rater));
                rollout
            }
            Kind::Tree(sampler) => {
                let tree = sampler.grow(world, tasks, policy, probes, settings)?;
                let stuck = tree.sets.iter().filter(|set| set.winner.is_none()).count() as u64;
                let equal = tree.sets.iter().filter(|set| set.candidates.iter().all(|c| c.advantage == 0.0));
                self.counters = vec![
                    ("step_tree.steps", tree.sets.len() as u64),
                    ("step_tree.steps_of_equal_value", equal.count() as u64),
                    ("step_tree.steps_all_malformed", stuck),
                ];
                self.counters.extend(judged(&sampler.rater));
                Ok(tree.into_rollout()?)
            }
            Kind::Rollback(sampler) => {
                let purified = sampler.purify(world, tasks, policy, probes, settings)?;
                let sum = |of: fn(&milepost_sampling::rollback::RepairReport) -> u32| -> u64 {
                    purified.reports.iter().map(|report| u64::from(of(report))).sum()
                };
                self.counters = vec![
                    ("rollback.failures", sum(|r| r.failures)),
                    ("rollback.attempts", sum(|r| r.attempts)),
                    ("rollback.shallow", sum(|r| r.shallow)),
                    ("rollback.deep", sum(|r| r.deep)),
                    ("rollback.exhausted", sum(|r| r.exhausted)),
                    ("rollback.without_call", sum(|r| r.without_call)),
                ];
                self.moved = shifts(&purified.rollout, &purified.moved);
                Ok(purified.rollout)
            }
            Kind::Refine { group_size, rounds, redo, review, train_meta } => {
                let (mut seen, judge) = (Reviewed::default(), review.judge);
                let watch = |draft: &Draft<'_, E>, kept| seen.count(draft, kept, judge.as_ref());
                let (group_size, rounds, redo) = (*group_size, *rounds, *redo);
                let mut sampler = Refine { group_size, rounds, reviewer: review.reviewer(), redo };
                let refined = sampler.refine_watched(world, tasks, policy, probes, settings, watch)?;
                let RefineRollout { rollout, decisions, counts } = refined;
                self.counters = seen.counters(counts);
                let chances = review.chances(&decisions, rollout.episodes.len());
                self.metrics = seen.metrics(&rollout, chances.as_deref());
                self.decisions = if *train_meta { decisions } else { Vec::new() };
                Ok(rollout)
            }
        }
    }
}

/// The world's judge, as noisy as configured.
fn rater<E: TokenEnvironment>(
    judge: TurnJudge<E>,
    config: &JudgeConfig,
    settings: &SamplerSettings,
) -> Result<OracleRater<E>, TrainError> {
    let refused =
        |error: milepost_sampling::judge::JudgeError| TrainError::Config { reason: error.to_string() };
    let JudgeConfig { noise, abstains, tokens } = *config;
    let part = |part: u32| {
        // A verdict is charged once, however many parts it has.
        let trial = OnTrial { judge, part, tokens: if part == 0 { tokens } else { 0 } };
        let noisy = Noisy::new(trial, noise, judge.values.to_vec(), settings.run_seed)?.for_part(part);
        Ok(Failing::new(noisy, abstains, settings.run_seed)?.for_part(part))
    };
    let parts = (0..judge.parts).map(part).collect::<Result<_, _>>().map_err(refused)?;
    Ok(Each(Panel::new(parts)))
}

/// How many parts of turns the judge was asked about, and on how many it gave no value.
fn judged<E>(rater: &OracleRater<E>) -> [(&'static str, u64); 2] {
    let (asked, missing) = rater.0.counts();
    [("judge.parts", asked), ("judge.parts_missing", missing)]
}
