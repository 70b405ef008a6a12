use std::collections::BTreeMap;

use milepost_core::{
    Batch, Channel, Ending, Level, ScoreRequest, SpanKind, TaskSeed, TokenEnvironment, TokenPolicy,
    Trajectory, Version, Versioned,
};
use milepost_credit::{BeliefBasis, LOG_PROB_FLOOR, answer_belief};
use milepost_policies::{ModelPolicy, SequenceModel};
use milepost_rewards::ScoreReport;
use milepost_sampling::{ContextError, ContextRule};

use super::{ModelScorer, View};
use crate::TrainError;
use crate::agent::{AnswerForm, BeliefAid, TokenAgent};

/// What each turn adds to the policy's belief in the true answer: IGPO's reward (arXiv 2510.14967), a turn-level channel
/// of `b(ℓ_t) − b(ℓ_{t−1})`, `b` the [`BeliefBasis`].
///
/// `ℓ_t` is the teacher-forced mean log-probability of the answer's tokens, written as the world says an answer is
/// written, in the context in which the policy would write the turn after `t`: prompt, turns and replies, by its own
/// [`ContextRule`]. It is that of the network which drew the batch, at the temperature at which it drew, over the whole
/// vocabulary. All contexts of a batch go through the network together, equal ones once.
///
/// A turn that ends its episode has no gain, for nothing is read after it; only where an episode was truncated, its last
/// turn was a search like the others. Metrics tell what the policy's own words did from what the world's replies did.
#[derive(Debug)]
pub struct InformationGain<E> {
    channel: String,
    basis: BeliefBasis,
    own_text: bool,
    world: E,
    aid: BeliefAid<E>,
    context: ContextRule,
    temperature: f64,
}

/// Where a belief is read: the prompt, or after a turn.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// Before anything was done.
    Start,
    /// After the words of a turn, before the reply to them.
    Written(usize),
    /// After a turn and its reply.
    Replied(usize),
}

/// Contexts to be read, each once, and where each belief of the batch is found among them.
#[derive(Default)]
struct Readings {
    /// A context and the answer that is scored in it.
    distinct: Vec<(Vec<u32>, Vec<u32>)>,
    known: BTreeMap<(Vec<u32>, Vec<u32>), usize>,
}

impl Readings {
    fn add(&mut self, context: Vec<u32>, answer: &[u32]) -> usize {
        let reading = (context, answer.to_vec());
        if let Some(index) = self.known.get(&reading) {
            return *index;
        }
        self.known.insert(reading.clone(), self.distinct.len());
        self.distinct.push(reading);
        self.distinct.len() - 1
    }

    /// The belief at each context, and how many tokens were clamped: one pass of the network over all of them.
    fn beliefs<M: SequenceModel>(&self, policy: &ModelPolicy<M>) -> Result<(Vec<f64>, u64), TrainError> {
        let requests: Vec<ScoreRequest<'_>> = self
            .distinct
            .iter()
            .map(|(context, answer)| ScoreRequest { context, tokens: answer, allowed: &[] })
            .collect();
        if requests.is_empty() {
            return Ok((Vec::new(), 0));
        }
        let (mut beliefs, mut clamped) = (Vec::with_capacity(requests.len()), 0);
        for row in policy.score(&requests)? {
            let log_probs: Vec<f64> = row.into_iter().map(f64::from).collect();
            clamped += log_probs.iter().filter(|logp| **logp < LOG_PROB_FLOOR).count() as u64;
            beliefs.push(answer_belief(&log_probs)?);
        }
        Ok((beliefs, clamped))
    }
}

/// Sums behind the metrics.
#[derive(Default)]
struct Sums {
    starts: f64,
    ends: f64,
    trajectories: u64,
    gains: f64,
    gained: u64,
    written: f64,
    written_size: f64,
    replied_size: f64,
    unread: u64,
}

/// An answer as the policy would write it: what comes before it, and its own tokens.
type Written = (Vec<u32>, Vec<u32>);

impl<E: TokenEnvironment> InformationGain<E> {
    /// Writes `channel`. `world` is the prototype that episodes are drawn from, `aid` says how its answers are written;
    /// `context` and `temperature` are the policy's.
    pub(crate) const fn new(
        channel: String,
        basis: BeliefBasis,
        own_text: bool,
        world: E,
        aid: BeliefAid<E>,
        context: ContextRule,
        temperature: f64,
    ) -> Self {
        Self { channel, basis, own_text, world, aid, context, temperature }
    }

    /// How the answer of `task` is written.
    fn answer(&self, task: TaskSeed) -> Result<AnswerForm, TrainError> {
        let mut world = self.world.clone();
        world.reset(task)?;
        let form = (self.aid.answer)(&world)
            .filter(|form| !form.aliases.is_empty() && form.aliases.iter().all(|alias| !alias.is_empty()));
        form.ok_or(TrainError::NoAnswer { task })
    }

    /// What the policy reads at `place`, up to where the answer begins; `None` where that does not fit.
    fn context(
        &self,
        trajectory: &Trajectory<()>,
        place: Place,
        before: &[u32],
    ) -> Result<Option<Vec<u32>>, TrainError> {
        let (spans, turn) = match place {
            Place::Start => (&trajectory.spans[..], 0),
            Place::Replied(turn) => (&trajectory.spans[..], turn + 1),
            Place::Written(turn) => {
                let own = |span: &milepost_core::Span| {
                    span.turn as usize <= turn
                        && !(span.turn as usize == turn && matches!(span.kind, SpanKind::Environment))
                };
                let end = trajectory.spans.iter().position(|span| !own(span));
                (&trajectory.spans[..end.unwrap_or(trajectory.spans.len())], turn + 1)
            }
        };
        match self.context.before_turn(spans, turn as u32) {
            Ok(context) => {
                let mut read = context.tokens(&trajectory.tokens);
                read.extend_from_slice(before);
                Ok(Some(read))
            }
            Err(ContextError::TooLong { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The answer of each task of the batch, with one alias: that which the policy believes most before anything is done.
    fn chosen<M: SequenceModel>(
        &self,
        batch: &Batch<()>,
        policy: &ModelPolicy<M>,
    ) -> Result<Vec<Written>, TrainError> {
        let mut readings = Readings::default();
        let mut asked = Vec::with_capacity(batch.groups.len());
        for group in &batch.groups {
            let form = self.answer(group.task())?;
            let mut found = Vec::with_capacity(form.aliases.len());
            if form.aliases.len() > 1 {
                let context =
                    self.context(&group.members()[0], Place::Start, &form.before)?.unwrap_or_default();
                for alias in &form.aliases {
                    found.push(readings.add(context.clone(), alias));
                }
            }
            asked.push((form, found));
        }
        let (beliefs, _) = readings.beliefs(policy)?;
        let choose = |(form, found): (AnswerForm, Vec<usize>)| {
            // The first of the best, so that ties go to the lowest index.
            let mut best = 0;
            for alias in 1..found.len() {
                if beliefs[found[alias]] > beliefs[found[best]] {
                    best = alias;
                }
            }
            (form.before, form.aliases[best].clone())
        };
        Ok(asked.into_iter().map(choose).collect())
    }

    /// Adds the channel of one trajectory from its beliefs: at the start, and for each turn after its words (if asked
    /// for) and after its reply.
    fn write(
        &self,
        trajectory: &mut Trajectory<()>,
        start: f64,
        turns: &[(Option<f64>, Option<f64>)],
        sums: &mut Sums,
    ) -> Result<(), TrainError> {
        let length = trajectory.turns.len();
        let (mut gains, mut valid) = (vec![0.0; length], vec![false; length]);
        let mut last = start;
        for (turn, (written, replied)) in turns.iter().enumerate() {
            let Some(replied) = *replied else {
                sums.unread += 1;
                continue;
            };
            let gain = self.basis.of(replied) - self.basis.of(last);
            if let Some(written) = *written {
                let own = self.basis.of(written) - self.basis.of(last);
                sums.written += own;
                sums.written_size += own.abs();
                sums.replied_size += (gain - own).abs();
            }
            (gains[turn], valid[turn]) = (gain, true);
            sums.gains += gain;
            sums.gained += 1;
            last = replied;
        }
        sums.starts += start;
        sums.ends += last;
        sums.trajectories += 1;
        trajectory.add_channel(Channel::masked(&self.channel, Level::Turn, gains, valid)?)?;
        Ok(())
    }
}

/// The number of leading turns after which the policy goes on reading: all but the one that ended the episode.
fn searches(trajectory: &Trajectory<()>) -> usize {
    match trajectory.ending {
        Ending::Truncated(_) => trajectory.turns.len(),
        Ending::Terminated(_) | Ending::Cut(_) | Ending::Malformed => {
            trajectory.turns.len().saturating_sub(1)
        }
    }
}

impl<E: TokenEnvironment + 'static, M: SequenceModel> ModelScorer<TokenAgent<E, M>> for InformationGain<E> {
    fn name(&self) -> &str {
        &self.channel
    }

    /// Refuses a batch that another version of the network drew: with the updated policy the reward would be another.
    fn score(
        &mut self,
        view: &View<'_, TokenAgent<E, M>>,
        batch: &mut Batch<()>,
    ) -> Result<ScoreReport, TrainError> {
        let version = Version(view.iteration);
        for trajectory in batch.trajectories() {
            Versioned::new((), trajectory.version).expect(version)?;
        }
        let policy = ModelPolicy::freeze(view.model, version).with_temperature(self.temperature)?;
        let answers = self.chosen(batch, &policy)?;

        let mut readings = Readings::default();
        let mut places = Vec::new();
        for (group, (before, answer)) in batch.groups.iter().zip(&answers) {
            for trajectory in group.members() {
                let mut read = |place: Place| {
                    let context = self.context(trajectory, place, before)?;
                    Ok::<_, TrainError>(context.map(|context| readings.add(context, answer)))
                };
                let start = read(Place::Start)?;
                let mut turns = Vec::new();
                for turn in 0..searches(trajectory) {
                    let written = if self.own_text { read(Place::Written(turn))? } else { None };
                    turns.push((written, read(Place::Replied(turn))?));
                }
                places.push((start, turns));
            }
        }
        let (beliefs, clamped) = readings.beliefs(&policy)?;
        let at = |place: Option<usize>| place.map(|index| beliefs[index]);
        let mut sums = Sums::default();
        for (trajectory, (start, turns)) in batch.trajectories_mut().zip(places) {
            let turns: Vec<_> =
                turns.into_iter().map(|(written, replied)| (at(written), at(replied))).collect();
            // A prompt always fits: the first turn was drawn after it.
            let start = at(start).ok_or(ContextError::Empty { turn: 0 })?;
            self.write(trajectory, start, &turns, &mut sums)?;
        }
        Ok(sums.report(beliefs.len() as u64, clamped, self.own_text))
    }
}

impl Sums {
    fn report(&self, beliefs: u64, clamped: u64, own_text: bool) -> ScoreReport {
        let mut report = ScoreReport::default();
        let mean = |sum: f64, count: u64| sum / count.max(1) as f64;
        report.count("beliefs", beliefs);
        report.count("clamped_tokens", clamped);
        report.count("unread", self.unread);
        report.metric("belief_at_start", mean(self.starts, self.trajectories));
        report.metric("belief_at_end", mean(self.ends, self.trajectories));
        report.metric("gain", mean(self.gains, self.gained));
        if own_text {
            let size = self.written_size + self.replied_size;
            report.metric("gain_from_own_text", mean(self.written, self.gained));
            report.metric("own_text_share", if size > 0.0 { self.written_size / size } else { 0.0 });
        }
        report
    }
}

#[cfg(test)]
mod tests;
