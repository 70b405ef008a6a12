use milepost_core::{Purpose, Stream, StreamKey, Vocabulary};
use milepost_microworlds::tokens::TurnTask;

/// A task whose problems are drawn from a fixed pool, the same for all arms of a seed.
#[derive(Debug, Clone)]
pub(super) struct Pooled<T> {
    pub(super) task: T,
    /// Number of problems; without one, as the task itself.
    pub(super) size: Option<u64>,
    /// Which problems they are.
    pub(super) seed: u64,
}

impl<T: TurnTask> TurnTask for Pooled<T> {
    type Problem = T::Problem;

    fn name(&self) -> &'static str {
        self.task.name()
    }

    fn vocabulary(&self) -> &Vocabulary {
        self.task.vocabulary()
    }

    fn draw(&self, stream: &mut Stream) -> T::Problem {
        let Some(size) = self.size else { return self.task.draw(stream) };
        let task = stream.below(size);
        let key = StreamKey { task, ..StreamKey::new(self.seed, Purpose::named("chain-rl/pool")) };
        self.task.draw(&mut Stream::new(key))
    }

    fn prompt(&self, problem: &T::Problem, into: &mut Vec<u32>) {
        self.task.prompt(problem, into);
    }

    fn turn_limit(&self) -> usize {
        self.task.turn_limit()
    }

    fn allowed(&self, problem: &T::Problem, tokens: &[u32], into: &mut Vec<u32>) {
        self.task.allowed(problem, tokens, into);
    }

    fn verdict(&self, problem: &T::Problem, turn: &[u32]) -> Option<bool> {
        self.task.verdict(problem, turn)
    }

    fn expert(&self, problem: &T::Problem) -> Vec<u32> {
        self.task.expert(problem)
    }

    fn answer(&self, problem: &T::Problem, turn: &[u32]) -> Option<u32> {
        self.task.answer(problem, turn)
    }
}
