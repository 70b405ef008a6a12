use milepost_core::{Purpose, Stream, StreamKey, TaskSeed};

use super::TaskConfig;
use super::guard::{Guard, guarded};
use super::suite::{Case, Suite, Writer};
use crate::pipeline::{OpKind, Pipeline, random_pipeline};

/// One operation as the prompt describes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpecWord {
    /// Which operation.
    pub kind: OpKind,
    /// Its constant, where it takes one.
    pub constant: Option<u16>,
    /// Whether it is described by its synonym rather than its name.
    pub synonym: bool,
}

/// A task: a hidden target, how it is described, and its tests.
///
/// It is a pure function of its configuration and seed. It holds the shown and the rewarded tests; those of evaluation are
/// drawn by [`super::CodeGold`] alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeTask {
    seed: TaskSeed,
    target: Pipeline,
    natural: Pipeline,
    guards: Vec<Guard>,
    spec: Vec<SpecWord>,
    examples: Vec<Case>,
    shown: Vec<Case>,
    train: Suite,
}

/// Targets drawn before the configuration is given up.
const TARGETS: u32 = 400;
/// Draws of the tests of evaluation before a target is given up.
const GOLD_ATTEMPTS: u32 = 4;

impl CodeTask {
    /// The task of a seed; `None` where no target of 400 has the tests that are asked for.
    #[must_use]
    pub fn draw(config: &TaskConfig, seed: TaskSeed) -> Option<Self> {
        (0..TARGETS).find_map(|attempt| {
            let mut stream = stream(seed, "code-dsl task", attempt);
            // A task that evaluation has no tests for is none.
            Self::attempt(config, seed, &mut stream).filter(|task| task.gold(config).is_some())
        })
    }

    fn attempt(config: &TaskConfig, seed: TaskSeed, stream: &mut Stream) -> Option<Self> {
        let range = u64::from(config.most_ops - config.least_ops + 1);
        let ops = config.least_ops as usize + stream.below(range) as usize;
        let natural = random_pipeline(ops, stream);
        if natural.ops().len() != ops {
            return None;
        }
        let guards = draw_guards(config.guards, &natural, stream);
        let target = guarded(&natural, &guards)?;
        let unguarded =
            without_one(&guards).map(|rest| guarded(&natural, &rest)).collect::<Option<Vec<_>>>()?;
        let shorter = shorter(&natural);
        let mut writer = Writer {
            target: &target,
            natural: &natural,
            unguarded: &unguarded,
            shorter: &shorter,
            taken: Vec::new(),
        };
        let train = writer.suite(config, stream)?;
        if is_trivial(&train, &shorter) {
            return None;
        }
        let shown = (0..config.shown).map(|index| writer.shown(index, stream)).collect::<Option<_>>()?;
        let examples = (0..config.examples).map(|_| writer.medium(stream)).collect::<Option<_>>()?;
        let spec = natural
            .ops()
            .iter()
            .map(|op| SpecWord {
                kind: op.kind(),
                constant: op.kind().takes_constant().then_some(op.constant()),
                synonym: stream.uniform() < config.synonyms,
            })
            .collect();
        Some(Self { seed, target, natural, guards, spec, examples, shown, train })
    }

    /// The tests of evaluation: as many of each difficulty as are rewarded, each once, on inputs that stand nowhere else.
    pub(super) fn gold(&self, config: &TaskConfig) -> Option<Suite> {
        let unguarded = without_one(&self.guards)
            .map(|rest| guarded(&self.natural, &rest))
            .collect::<Option<Vec<_>>>()?;
        let shorter = shorter(&self.natural);
        let known = self.train.cases().iter().chain(&self.shown).chain(&self.examples);
        let taken: Vec<Vec<i64>> = known.map(|case| case.input.clone()).collect();
        let config = TaskConfig { copies: 1, ..config.clone() };
        (0..GOLD_ATTEMPTS).find_map(|attempt| {
            let mut writer = Writer {
                target: &self.target,
                natural: &self.natural,
                unguarded: &unguarded,
                shorter: &shorter,
                taken: taken.clone(),
            };
            writer.suite(&config, &mut stream(self.seed, "code-dsl gold", attempt))
        })
    }

    /// Its seed.
    #[must_use]
    pub const fn seed(&self) -> TaskSeed {
        self.seed
    }

    /// The hidden target, guards included: what an expert writes.
    #[must_use]
    pub const fn target(&self) -> &Pipeline {
        &self.target
    }

    /// The main line without its guards: what a hasty writer writes.
    #[must_use]
    pub const fn natural(&self) -> &Pipeline {
        &self.natural
    }

    /// What the target withstands.
    #[must_use]
    pub fn guards(&self) -> &[Guard] {
        &self.guards
    }

    /// The target with only those of its guards for which `keep` says so.
    #[must_use]
    pub fn with_guards(&self, keep: impl FnMut(&Guard) -> bool) -> Pipeline {
        let mut keep = keep;
        let kept: Vec<Guard> = self.guards.iter().filter(|guard| keep(guard)).copied().collect();
        guarded(&self.natural, &kept).unwrap_or_else(|| self.target.clone())
    }

    /// How the main line is described, in order.
    #[must_use]
    pub fn spec(&self) -> &[SpecWord] {
        &self.spec
    }

    /// Input and output pairs of the prompt.
    #[must_use]
    pub fn examples(&self) -> &[Case] {
        &self.examples
    }

    /// Tests whose verdicts are shown.
    #[must_use]
    pub fn shown(&self) -> &[Case] {
        &self.shown
    }

    /// Tests that are rewarded.
    #[must_use]
    pub const fn train(&self) -> &Suite {
        &self.train
    }
}

pub(super) fn stream(seed: TaskSeed, purpose: &str, attempt: u32) -> Stream {
    let key = StreamKey::new(0, Purpose::named(purpose));
    Stream::new(StreamKey { task: seed.get(), step: attempt, ..key })
}

fn draw_guards(most: u32, natural: &Pipeline, stream: &mut Stream) -> Vec<Guard> {
    if most == 0 {
        return Vec::new();
    }
    let count = 1 + stream.below(u64::from(most)) as usize;
    let mut guards = vec![Guard::Empty(1 + stream.below(9) as u16), Guard::Repeats, Guard::Negative];
    stream.shuffle(&mut guards);
    // A main line that does it already needs no guard.
    let has = |kind| natural.ops().iter().any(|op| op.kind() == kind);
    guards.retain(|guard| match guard {
        Guard::Empty(_) => !has(OpKind::OrElse),
        Guard::Repeats => !has(OpKind::Uniq),
        Guard::Negative => true,
    });
    guards.truncate(count);
    guards.sort_unstable();
    guards
}

/// The guards with one left out, for each of them.
fn without_one(guards: &[Guard]) -> impl Iterator<Item = Vec<Guard>> {
    guards.iter().map(|left_out| guards.iter().filter(|guard| *guard != left_out).copied().collect())
}

/// The program with one operation less, for each that leaves it well typed.
fn shorter(program: &Pipeline) -> Vec<Pipeline> {
    let without = |index: usize| {
        let mut ops = program.ops().to_vec();
        ops.remove(index);
        Pipeline::new(ops).filter(|program| program.check().is_ok())
    };
    (0..program.ops().len()).filter_map(without).collect()
}

/// Whether the tests are passed by a program that computes nothing: all outputs alike or all those of the inputs, or by
/// one with an operation less.
fn is_trivial(train: &Suite, shorter: &[Pipeline]) -> bool {
    let cases = train.cases();
    let constant = cases.iter().all(|case| case.output == cases[0].output);
    let echo = cases.iter().all(|case| case.output == crate::pipeline::Data::List(case.input.clone()));
    let idle = |program: &Pipeline| cases.iter().all(|case| case.passes(program));
    constant || echo || shorter.iter().any(idle)
}
