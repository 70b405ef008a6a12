use milepost_core::{Purpose, Stream, StreamKey};
use serde::{Deserialize, Serialize};

use super::super::{AttributeWeights, Domain, TraceLab, TraceProblem, Writer};
use super::{Cue, Teacher, TeacherLabel};
use crate::error::{Check, TaskError};
use crate::tokens::TurnTask as _;

/// A part of a domain: prompts of few or of many operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Region {
    /// At most three operands.
    Few,
    /// More.
    Many,
}

impl Region {
    /// The region of a problem.
    #[must_use]
    pub const fn of(problem: &TraceProblem) -> Self {
        if problem.operands.len() <= 3 { Self::Few } else { Self::Many }
    }
}

/// How often labels are wrong in one region of one domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Flip {
    /// The domain.
    pub domain: Domain,
    /// The region.
    pub region: Region,
    /// The probability that a label is turned round.
    pub rate: f64,
}

/// Parameters of a [`PairSource`]: who labels, what is covered, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PairSourceConfig {
    /// Who labels.
    pub teacher: Teacher,
    /// Whose taste is labelled: left out, the gold score's; else what this user makes of the attributes
    /// ([`TraceLab::gold_of_user`]).
    pub user: Option<AttributeWeights>,
    /// The domains that are covered; none (the default) for all of the task's.
    pub domains: Vec<Domain>,
    /// Structured noise on top of the teacher's.
    pub flips: Vec<Flip>,
    /// How pairs are styled, as a probability for each cue. Both 0 (the default): the writer's own style.
    pub cue: CueShares,
    /// Probability that a pair is an exact copy of the one before. Default 0.
    pub duplicate: f64,
    /// Probability that a pair is the one before with its label turned round. Default 0.
    pub contradict: f64,
}

/// The share of pairs in which only the better, or only the worse answer has style.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CueShares {
    /// Only the better one.
    pub better: f64,
    /// Only the worse one.
    pub worse: f64,
}

impl PairSourceConfig {
    fn check(&self, task: &TraceLab) -> Result<(), TaskError> {
        let check = Check("trace-lab pairs");
        self.teacher.check(check)?;
        self.user.unwrap_or_default().check(check)?;
        for domain in self.domains.iter().chain(self.flips.iter().map(|flip| &flip.domain)) {
            let known = task.config().domains.contains(domain);
            check.that(known, "domains", domain.word(), "among the task's domains")?;
        }
        for flip in &self.flips {
            check.probability("flips.rate", flip.rate)?;
        }
        check.probability("cue.better", self.cue.better)?;
        check.probability("cue.worse", self.cue.worse)?;
        check.probability("cue", self.cue.better + self.cue.worse)?;
        check.probability("duplicate", self.duplicate)?;
        check.probability("contradict", self.contradict)?;
        check.probability("duplicate + contradict", self.duplicate + self.contradict)
    }

    /// Eight sources that differ in size, coverage and noise, each with a name and a number of pairs: what a recipe
    /// for mixing data has to tell apart. For a task with all four domains.
    #[must_use]
    pub fn suite() -> [(&'static str, usize, Self); 8] {
        let base = Self::default;
        let teacher = |rationality, mistake| Teacher { rationality, mistake, ..Teacher::default() };
        let flip = |domain, rate| Flip { domain, region: Region::Many, rate };
        let cue = |better, worse| CueShares { better, worse };
        [
            ("clean-small", 300, base()),
            ("noisy-large", 3000, Self { teacher: teacher(Some(1.0), 0.25), ..base() }),
            ("one-domain", 1000, Self { domains: vec![Domain::Solve], ..base() }),
            ("style-confounded", 1500, Self { cue: cue(0.8, 0.1), ..base() }),
            ("style-balanced", 1500, Self { cue: cue(0.4, 0.4), ..base() }),
            ("contradictory", 1000, Self { contradict: 0.4, ..base() }),
            ("duplicated", 1000, Self { duplicate: 0.7, ..base() }),
            (
                "wrong-in-regions",
                2000,
                Self { flips: vec![flip(Domain::Solve, 0.6), flip(Domain::Recall, 0.35)], ..base() },
            ),
        ]
    }
}

/// Two answers to one prompt with a teacher's label.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelledPair {
    /// What was asked.
    pub problem: TraceProblem,
    /// One answer, a whole turn.
    pub first: Vec<u32>,
    /// Another.
    pub second: Vec<u32>,
    /// What the source says.
    pub label: TeacherLabel,
}

/// A source of labelled pairs of a [`Writer`]'s answers.
#[derive(Debug, Clone)]
pub struct PairSource {
    task: TraceLab,
    writer: Writer,
    config: PairSourceConfig,
}

impl PairSource {
    /// The source with these parameters.
    pub fn new(task: &TraceLab, writer: Writer, config: PairSourceConfig) -> Result<Self, TaskError> {
        config.check(task)?;
        Ok(Self { task: task.clone(), writer, config })
    }

    /// The first `count` pairs of `seed`. Answers of a pair may be equal where the writer has little to say; such
    /// pairs are ties.
    #[must_use]
    pub fn pairs(&self, count: usize, seed: u64) -> Vec<LabelledPair> {
        let mut pairs: Vec<LabelledPair> = Vec::with_capacity(count);
        for index in 0..count {
            let key =
                StreamKey { task: index as u64, ..StreamKey::new(seed, Purpose::named("trace-lab/pairs")) };
            let mut stream = Stream::new(key);
            let copies = stream.uniform();
            let pair = match pairs.last() {
                Some(last) if copies < self.config.duplicate => last.clone(),
                Some(last) if copies < self.config.duplicate + self.config.contradict => {
                    LabelledPair { label: last.label.flipped(), ..last.clone() }
                }
                _ => self.fresh(&mut stream),
            };
            pairs.push(pair);
        }
        pairs
    }

    fn fresh(&self, stream: &mut Stream) -> LabelledPair {
        let problem = match self.config.domains.as_slice() {
            [] => self.task.draw(stream),
            domains => self.task.draw_in(domains[stream.below(domains.len() as u64) as usize], stream),
        };
        let answers = [0; 2].map(|_| self.writer.answer(&problem, stream));
        let [first, second] = self.styled(&problem, answers, stream);
        let label = self.label(&problem, &first, &second, stream);
        LabelledPair { problem, first, second, label }
    }

    /// What this source says of two given answers: its teacher's label, wrong where the source is wrong. Malformed
    /// answers count as worth nothing. To label pairs of another source or policy, or to have some verified.
    pub fn label(
        &self,
        problem: &TraceProblem,
        first: &[u32],
        second: &[u32],
        stream: &mut Stream,
    ) -> TeacherLabel {
        let worth = |turn| self.worth(problem, turn);
        let label = self.config.teacher.label(worth(first), worth(second), stream);
        let here = |flip: &&Flip| flip.domain == problem.domain && flip.region == Region::of(problem);
        let rate = self.config.flips.iter().find(here).map_or(0.0, |flip| flip.rate);
        if stream.uniform() < rate { label.flipped() } else { label }
    }

    /// What an answer is worth to those whose taste is labelled.
    fn worth(&self, problem: &TraceProblem, turn: &[u32]) -> f64 {
        let worth = match &self.config.user {
            None => self.task.score(problem, turn),
            Some(user) => self.task.levels(problem, turn).map(|levels| user.score(levels)),
        };
        worth.unwrap_or_default()
    }

    /// The answers with the cue that this source puts on the better or worse one. Without room, and for ties, as they
    /// were.
    fn styled(
        &self,
        problem: &TraceProblem,
        [first, second]: [Vec<u32>; 2],
        stream: &mut Stream,
    ) -> [Vec<u32>; 2] {
        let CueShares { better, worse } = self.config.cue;
        let (drawn, scores) = (stream.uniform(), [&first, &second].map(|turn| self.worth(problem, turn)));
        if better + worse == 0.0 || scores[0] == scores[1] {
            return [first, second];
        }
        let cue = match drawn {
            p if p < better => Cue::For,
            p if p < better + worse => Cue::Against,
            _ => Cue::Neither,
        };
        let swapped = scores[0] < scores[1];
        let (high, low) = if swapped { (&second, &first) } else { (&first, &second) };
        match self.task.with_cue(high, low, cue) {
            Some((high, low)) if swapped => [low, high],
            Some((high, low)) => [high, low],
            None => [first, second],
        }
    }
}
