//! What the lines of a log say as named numbers: the curves that TensorBoard shows and exports hold.

use super::event::{Evaluation, Event, Iteration, Teacher, WarmStart};

/// A name and a number, which may not be finite.
pub(crate) type Scalar = (String, f64);

impl WarmStart {
    /// The loss of each epoch, in its order, then the share of demonstrations that solved their task.
    pub(crate) fn scalars(&self) -> Vec<Scalar> {
        self.named("warm-start")
    }

    fn named(&self, whose: &str) -> Vec<Scalar> {
        let solved = self.solved as f64 / self.demonstrations.max(1) as f64;
        let losses = self.losses.iter().map(|loss| (format!("{whose}/loss"), *loss));
        losses.chain([(format!("{whose}/solved"), solved)]).collect()
    }
}

impl Teacher {
    /// The same of what it imitated, then the share of held-out tasks that it solves.
    pub(crate) fn scalars(&self) -> Vec<Scalar> {
        let learned = self.learned.named("teacher").into_iter();
        learned.chain([("teacher/success".to_owned(), self.success)]).collect()
    }
}

impl Iteration {
    /// Numbers of the loop, means over the episodes that ended, what each channel paid, and counts.
    pub(crate) fn scalars(&self) -> Vec<Scalar> {
        let number =
            |(name, value): &(String, Option<f64>)| (format!("train/{name}"), value.unwrap_or(f64::NAN));
        let mut scalars: Vec<Scalar> = self.metrics.iter().map(number).collect();
        let episodes = self.episodes.len();
        if episodes > 0 {
            let mean = |total: f64| total / episodes as f64;
            let total: f64 = self.episodes.iter().map(|e| e.environment_return).sum();
            let length: f64 = self.episodes.iter().map(|e| f64::from(e.length)).sum();
            let solved = self.episodes.iter().filter(|episode| episode.success()).count();
            scalars.push(("episode/return".into(), mean(total)));
            scalars.push(("episode/length".into(), mean(length)));
            scalars.push(("episode/success".into(), mean(solved as f64)));
        }
        scalars.extend(self.channels.iter().map(|channel| (format!("reward/{}", channel.name), channel.sum)));
        scalars.extend(self.counters.iter().map(|(name, count)| (format!("count/{name}"), *count as f64)));
        scalars
    }
}

impl Evaluation {
    /// Success rate, mean return and mean length of the held-out episodes, and what the environment measures of them.
    pub(crate) fn scalars(&self) -> Vec<Scalar> {
        let own = [
            ("gold/success".to_owned(), self.success()),
            ("gold/return".to_owned(), self.mean_return()),
            ("gold/length".to_owned(), self.mean_length()),
        ];
        let defined = self.measures.iter().filter_map(|m| Some((format!("gold/{}", m.name), m.mean?)));
        own.into_iter().chain(defined).collect()
    }
}

impl Event {
    /// Its named numbers.
    pub(crate) fn scalars(&self) -> Vec<Scalar> {
        match self {
            Self::WarmStart(line) => line.scalars(),
            Self::Teacher(line) => line.scalars(),
            Self::Iteration(line) => line.scalars(),
            Self::Evaluation(line) => line.scalars(),
        }
    }
}
