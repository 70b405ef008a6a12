//! Who decides on finished drafts, and what is measured about the decisions.

use milepost_core::{SpanKind, TokenEnvironment, Trajectory};
use milepost_sampling::TokenRollout;
use milepost_sampling::refine::{
    DecisionRow, Discriminator, Draft, MetaTokens, RefineCounts, Reviewer, Trimmer,
};

use super::aids::{SamplerAids, TurnJudge};
use crate::TrainError;
use crate::config::{ReviewerConfig, SamplerConfig};

/// A reviewer as configured, and the judge by whom decisions are measured where the world lends one.
pub(super) struct Review<E> {
    who: Who<E>,
    pub judge: Option<TurnJudge<E>>,
}

enum Who<E> {
    Oracle { judge: TurnJudge<E>, noise: f64 },
    Random { share: f64 },
    Policy(MetaTokens),
}

impl<E: TokenEnvironment> Review<E> {
    /// The reviewer of a refining sampler.
    pub(super) fn new(config: &SamplerConfig, aids: &SamplerAids<E>, world: &E) -> Result<Self, TrainError> {
        let SamplerConfig::Refine { reviewer, noise, share, .. } = config else {
            let reason = format!("`{}` reviews no drafts", config.kind());
            return Err(TrainError::Config { reason });
        };
        let who = match reviewer {
            ReviewerConfig::Oracle => Who::Oracle { judge: aids.judge(config)?, noise: *noise },
            ReviewerConfig::Random => Who::Random { share: *share },
            ReviewerConfig::Policy => Who::Policy(aids.meta(config)?(world)),
        };
        Ok(Self { who, judge: aids.judge })
    }

    pub(super) fn reviewer(&self) -> Reviewer<Judged<E>, Judged<E>> {
        let judged = |by| Reviewer::Judged { discriminator: Judged { by }, trimmer: Judged { by } };
        match &self.who {
            Who::Policy(tokens) => Reviewer::Policy(tokens.clone()),
            Who::Oracle { judge, noise } => judged(By::Oracle { judge: *judge, noise: *noise }),
            Who::Random { share } => judged(By::Chance { share: *share }),
        }
    }

    /// The chance of a revision that each of the `drafts` of the first round had, by its place. `None` where others
    /// than the policy decide, and where a decision does not tell or is missing.
    pub(super) fn chances(&self, decisions: &[DecisionRow], drafts: usize) -> Option<Vec<Chance>> {
        let Who::Policy(tokens) = &self.who else { return None };
        let mut chances: Vec<Option<Chance>> = vec![None; drafts];
        for row in decisions {
            // The first round's decision on a draft comes before those of later rounds on what it was revised to.
            let chance = chances.get_mut(row.place)?;
            if chance.is_none() {
                *chance = Some(Chance::read(tokens, &row.trajectory)?);
            }
        }
        chances.into_iter().collect()
    }
}

/// Whether the policy asked for a revision of a draft, and how probable that was.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Chance {
    /// `1 − α(ŷ)`, wherever the cut falls: one at the end trims the draft to itself.
    revision: f64,
    drawn: bool,
}

impl Chance {
    /// From the first word of a decision, where it was drawn among two of which one accepts and begins no cut.
    fn read(tokens: &MetaTokens, row: &Trajectory<()>) -> Option<Self> {
        let keep = tokens.keep.first()?;
        let first = row.spans.iter().find(|span| span.kind == SpanKind::Meta)?.start as usize;
        let among = row.allowed.get(first)?.as_ref()?;
        let tells = among.len() == 2 && tokens.cuts.iter().all(|cut| cut.first() != Some(keep));
        if !tells || !among.contains(keep) {
            return None;
        }
        let (word, p) = (row.tokens.get(first)?, libm::exp(f64::from(*row.behaviour_logp.get(first)?)));
        let drawn = word != keep;
        Some(Self { revision: if drawn { p } else { 1.0 - p }, drawn })
    }
}

/// Estimates of `J̄_trim = E[J_trim]` and `Cov(α, R − J_trim)` from drafts of mean return `base`, each with its chance of
/// a revision and its return `R′` after it:
///
/// `J̄_trim ≈ mean(1{revised} R′ / (1 − α))`, without bias, and the covariance by the identity
/// `J_meta = J_base + Cov(α, R − J_trim) + (1 − Z)(J̄_trim − J_base)`. The rarer the revisions, the noisier; of a small
/// batch the estimates may lie outside the range of returns.
fn decomposed(base: f64, chances: &[Chance], after: impl Iterator<Item = f64>) -> [f64; 2] {
    let (mut trimmed, mut refined, mut revision) = (0.0, 0.0, 0.0);
    for (chance, after) in chances.iter().zip(after) {
        refined += after;
        revision += chance.revision;
        trimmed += if chance.drawn { after / chance.revision } else { 0.0 };
    }
    let [trimmed, refined, revision] = [trimmed, refined, revision].map(|sum| sum / chances.len() as f64);
    [trimmed, refined - base - revision * (trimmed - base)]
}

/// A reviewer that is not the policy.
pub(super) struct Judged<E> {
    by: By<E>,
}

enum By<E> {
    Oracle { judge: TurnJudge<E>, noise: f64 },
    Chance { share: f64 },
}

impl<E> Clone for By<E> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<E> Copy for By<E> {}

impl<E: TokenEnvironment> Discriminator<E> for Judged<E> {
    fn acceptance(&mut self, draft: &Draft<'_, E>) -> f64 {
        match self.by {
            By::Oracle { noise, .. } if draft.trajectory.ending.is_success() => 1.0 - noise,
            By::Oracle { noise, .. } => noise,
            By::Chance { share } => 1.0 - share,
        }
    }
}

impl<E: TokenEnvironment> Trimmer<E> for Judged<E> {
    /// An oracle cuts before the first mistake, or with probability `noise` anywhere. A draft without a mistake is
    /// cut before its last turn.
    fn weights(&mut self, draft: &Draft<'_, E>) -> Vec<f64> {
        let turns = draft.trajectory.turns.len();
        match self.by {
            By::Chance { .. } => vec![1.0; turns],
            By::Oracle { judge, noise } => {
                let first = first_mistake(draft, &judge).unwrap_or(turns - 1);
                let sure = |turn| if turn == first { 1.0 - noise } else { 0.0 };
                (0..turns).map(|turn| noise / turns as f64 + sure(turn)).collect()
            }
        }
    }
}

/// The first turn of a draft that the world's judge calls a mistake.
pub(crate) fn first_mistake<E: TokenEnvironment>(
    draft: &Draft<'_, E>,
    judge: &TurnJudge<E>,
) -> Option<usize> {
    (0..draft.trajectory.turns.len())
        .find(|turn| (judge.mistake)(draft.world_before(*turn), draft.world_before(*turn + 1)))
}

/// What was seen of drafts and decisions.
///
/// With `α` the acceptance and `J` the mean return, `J_refined − J_drafts = (1 − Z) · gain`, `Z = E[α]`, over the first
/// round, whatever the reviewer. Which part of the gain is that of accepting the right ones, and which of cutting in
/// the right place, is estimated where the policy decides by chance ([`decomposed`]); a reviewer whose `α` is 0 or 1 would
/// have to refine the accepted ones too.
#[derive(Debug, Default)]
pub(super) struct Reviewed {
    /// Of the first round: drafts, the sum of their returns, accepted ones, and those of them that solved their task.
    drafts: u64,
    returns: f64,
    accepted: u64,
    solved: u64,
    accepted_solved: u64,
    /// Of all rounds: cuts of drafts with a mistake, and those of them that fell just before it.
    judged_cuts: u64,
    right_cuts: u64,
}

impl Reviewed {
    pub(super) fn count<E: TokenEnvironment>(
        &mut self,
        draft: &Draft<'_, E>,
        kept: Option<u32>,
        judge: Option<&TurnJudge<E>>,
    ) {
        if draft.address.step == 0 {
            let solved = u64::from(draft.trajectory.ending.is_success());
            self.drafts += 1;
            self.returns += draft.trajectory.environment_return();
            self.accepted += u64::from(kept.is_none());
            self.solved += solved;
            self.accepted_solved += if kept.is_none() { solved } else { 0 };
        }
        if let (Some(kept), Some(judge)) = (kept, judge)
            && let Some(first) = first_mistake(draft, judge)
        {
            self.judged_cuts += 1;
            self.right_cuts += u64::from(first == kept as usize);
        }
    }

    pub(super) fn counters(&self, counts: RefineCounts) -> Vec<(&'static str, u64)> {
        vec![
            ("refine.reviewed", counts.reviewed),
            ("refine.revised", counts.revised),
            ("refine.past_the_end", counts.past_the_end),
            ("refine.malformed", counts.malformed),
            ("refine.too_long", counts.too_long),
            ("refine.solved_drafts", self.solved),
            ("refine.accepted_solved_drafts", self.accepted_solved),
        ]
    }

    /// Shares and means; those of nothing are left out, and what needs the `chances` where there are none.
    pub(super) fn metrics(
        &self,
        refined: &TokenRollout,
        chances: Option<&[Chance]>,
    ) -> Vec<(&'static str, f64)> {
        let mean = |sum: f64, count: u64| (count > 0).then(|| sum / count as f64);
        let revised = self.drafts - self.accepted;
        let returns = || refined.episodes.iter().map(|episode| episode.environment_return);
        let after: f64 = returns().sum();
        let base = mean(self.returns, self.drafts);
        let parts = base.zip(chances).map(|(base, chances)| decomposed(base, chances, returns()));
        [
            ("refine.draft_return", base),
            ("refine.refined_return", mean(after, self.drafts)),
            ("refine.accepted", mean(self.accepted as f64, self.drafts)),
            ("refine.revised", mean(revised as f64, self.drafts)),
            ("refine.gain_of_revised", mean(after - self.returns, revised)),
            ("refine.cut_accuracy", mean(self.right_cuts as f64, self.judged_cuts)),
            ("refine.trimmed_return", parts.map(|[trimmed, _]| trimmed)),
            ("refine.discrimination", parts.map(|[_, discrimination]| discrimination)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use milepost_core::{
        CutReason, DrawnTurn, Ending, Provenance, Purpose, StateRecords, Stream, StreamKey, TaskSeed,
        TrajectoryBuilder, Version,
    };

    use super::*;

    const OK: u32 = 13;
    const REVISE: u32 = 14;

    fn words() -> MetaTokens {
        MetaTokens { ask: vec![12], keep: vec![OK], cuts: vec![vec![REVISE, 5], vec![REVISE, 6]] }
    }

    /// A decision under a draft of one turn, its first word drawn with probability ¼.
    fn decision(word: u32, among: Option<&[u32]>) -> Trajectory<()> {
        let records = StateRecords::named([]);
        let mut row = TrajectoryBuilder::new(TaskSeed::literal(0), 0, 0, Version(0), records);
        row.state((), 0, &[]);
        row.span(SpanKind::Prompt, Provenance::Forced, &[3], &[]);
        row.span(SpanKind::Policy, Provenance::Forced, &[5, 2], &[]);
        row.end_turn(0.0);
        row.state((), 1, &[]);
        row.span(SpanKind::Feedback, Provenance::Forced, &[12], &[]);
        let rest: &[u32] = if word == OK { &[2] } else { &[5, 2] };
        let n = rest.len();
        row.drawn(
            SpanKind::Meta,
            Provenance::OnPolicy,
            &DrawnTurn {
                tokens: [&[word][..], rest].concat(),
                log_probs: [vec![0.25_f32.ln()], vec![-0.1; n]].concat(),
                allowed: [vec![among.map(<[u32]>::to_vec)], vec![None; n]].concat(),
            },
        );
        row.end_turn(0.0);
        row.state((), 1, &[]);
        row.finish(Ending::Cut(CutReason::Branch)).expect("consistent")
    }

    #[test]
    fn the_first_word_of_a_decision_tells_its_chance_where_there_are_two() {
        let both: Option<&[u32]> = Some(&[OK, REVISE]);
        for (word, revision, drawn) in [(OK, 0.75, false), (REVISE, 0.25, true)] {
            let found = Chance::read(&words(), &decision(word, both)).expect("it tells");
            assert!((found.revision - revision).abs() < 1e-7, "{found:?}");
            assert_eq!(found.drawn, drawn);
            assert_eq!(Chance::read(&words(), &decision(word, None)), None, "drawn among all words");
            assert_eq!(Chance::read(&words(), &decision(word, Some(&[5, OK, REVISE]))), None);
            let alike = MetaTokens { cuts: vec![vec![REVISE], vec![OK, 5]], ..words() };
            assert_eq!(Chance::read(&alike, &decision(word, both)), None, "a cut begins like an acceptance");
        }
    }

    #[test]
    fn the_parts_of_the_gain_are_estimated_from_decisions_drawn_by_chance() {
        // Three kinds of drafts, as likely: return, chance of a revision, mean return after one.
        let kinds: [(f64, f64, f64); 3] = [(1.0, 0.2, 0.5), (0.0, 0.9, 0.7), (0.0, 0.4, 0.1)];
        let mean = |of: fn(&(f64, f64, f64)) -> f64| kinds.iter().map(of).sum::<f64>() / 3.0;
        let trimmed = mean(|kind| kind.2);
        let covariance = mean(|kind| (1.0 - kind.1) * (kind.0 - kind.2))
            - mean(|kind| 1.0 - kind.1) * mean(|kind| kind.0 - kind.2);
        let mut stream = Stream::new(StreamKey::new(5, Purpose::SHUFFLE));
        let (n, mut base) = (90_000, 0.0);
        let (mut chances, mut after) = (Vec::new(), Vec::new());
        for _ in 0..n {
            let (draft, revision, refined) = kinds[stream.below(3) as usize];
            let drawn = stream.uniform() < revision;
            base += draft / f64::from(n);
            chances.push(Chance { revision, drawn });
            after.push(if drawn { f64::from(u8::from(stream.uniform() < refined)) } else { draft });
        }
        let found = decomposed(base, &chances, after.into_iter());
        // Standard errors are below 0.004.
        assert!((found[0] - trimmed).abs() < 0.015, "{found:?}, {trimmed}");
        assert!((found[1] - covariance).abs() < 0.015, "{found:?}, {covariance}");
        assert!((covariance - 0.14).abs() < 1e-12 && (trimmed - 1.3 / 3.0).abs() < 1e-12);
    }
}
