//! Progress of a matrix: bars where somebody watches, plain lines otherwise.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle};

use super::protocol::Message;
use crate::clock::Stopwatch;
use crate::terminal;

/// Between two plain lines.
const QUIET: Duration = Duration::from_secs(20);

/// Shows how far every arm and seed is.
pub(super) struct Progress {
    budget: u64,
    unit: Option<&'static str>,
    total: usize,
    done: usize,
    steps: BTreeMap<usize, u64>,
    bars: Option<Bars>,
    last_line: Stopwatch,
    watch: Stopwatch,
    spent: u64,
}

struct Bars {
    all: MultiProgress,
    style: ProgressStyle,
    running: BTreeMap<usize, ProgressBar>,
}

/// `4200 steps/s`, for work that is counted in something.
fn rate(
    unit: Option<&'static str>,
) -> impl Fn(&ProgressState, &mut dyn std::fmt::Write) + Clone + Send + Sync {
    move |state, out| {
        if let Some(unit) = unit {
            // A rate that cannot be shown is not worth stopping for.
            let _ = write!(out, "{:.0} {unit}/s", state.per_sec());
        }
    }
}

impl Progress {
    pub(super) fn new((budget, unit): (u64, Option<&'static str>), total: usize, done: usize) -> Self {
        let template = "{prefix:24} {bar:28} {percent:>3} %  {rate:>14}  {eta:>4} left  {msg}";
        let bars = terminal::is_watched().then(|| Bars {
            all: MultiProgress::new(),
            style: ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_bar())
                .with_key("rate", rate(unit)),
            running: BTreeMap::new(),
        });
        let (steps, watch) = (BTreeMap::new(), Stopwatch::start());
        Self { budget, unit, total, done, steps, bars, last_line: watch, watch, spent: 0 }
    }

    /// A worker said something.
    pub(super) fn heard(&mut self, task: usize, name: &str, message: &Message) {
        match message {
            Message::Started { steps } => self.started(task, name, *steps),
            Message::Progress { steps, success } => self.moved(task, *steps, *success),
            Message::Done { steps, success } => {
                self.moved(task, *steps, *success);
                self.done += 1;
                let success = success.map_or_else(String::new, |s| format!(", success rate {s:.2}"));
                self.ended(task, &format!("{name}: done{success} ({} of {})", self.done, self.total));
            }
            Message::Stopped { steps } => {
                self.ended(task, &format!("{name}: stopped at {}", self.place(*steps)));
            }
        }
    }

    /// A worker failed.
    pub(super) fn failed(&mut self, task: usize, name: &str) {
        self.ended(task, &format!("{name}: failed"));
    }

    fn started(&mut self, task: usize, name: &str, steps: u64) {
        self.steps.insert(task, steps);
        match &mut self.bars {
            Some(bars) => {
                let bar = bars.all.add(ProgressBar::new(self.budget).with_position(steps));
                bar.set_style(bars.style.clone());
                bar.set_prefix(name.to_owned());
                bar.reset_eta();
                bars.running.insert(task, bar);
            }
            None if steps > 0 => terminal::note(&format!("{name}: goes on from {}", self.place(steps))),
            None => terminal::note(&format!("{name}: started")),
        }
    }

    fn moved(&mut self, task: usize, steps: u64, success: Option<f64>) {
        let before = self.steps.insert(task, steps).unwrap_or(0);
        self.spent += steps.saturating_sub(before);
        if let Some(bars) = &self.bars {
            if let Some(bar) = bars.running.get(&task) {
                bar.set_position(steps.min(self.budget));
                if let Some(success) = success {
                    bar.set_message(format!("success {success:.2}"));
                }
            }
        } else if self.last_line.elapsed() > QUIET {
            self.last_line = Stopwatch::start();
            terminal::note(&self.summary());
        }
    }

    /// `12 of 25 done, 3 running, 4200 steps/s, about 90 s left`
    fn summary(&self) -> String {
        let rate = self.spent as f64 / self.watch.seconds().max(1e-3);
        let waiting = (self.total - self.done).saturating_sub(self.steps.len()) as u64;
        let running: u64 = self.steps.values().map(|steps| self.budget.saturating_sub(*steps)).sum();
        let left = (running + waiting * self.budget) as f64 / rate.max(1e-3);
        let rate = self.unit.map_or_else(String::new, |unit| format!("{rate:.0} {unit}/s, "));
        let running = self.steps.len();
        format!("{} of {} done, {running} running, {rate}about {left:.0} s left", self.done, self.total)
    }

    /// Where in its work an arm and seed is.
    fn place(&self, steps: u64) -> String {
        match self.unit {
            Some(_) => format!("step {steps}"),
            None => format!("{} %", 100 * steps / self.budget.max(1)),
        }
    }

    fn ended(&mut self, task: usize, line: &str) {
        self.steps.remove(&task);
        match &mut self.bars {
            Some(bars) => {
                if let Some(bar) = bars.running.remove(&task) {
                    bar.finish_and_clear();
                    bars.all.remove(&bar);
                }
                // A line that cannot be printed above the bars is not worth stopping for.
                let _ = bars.all.println(line);
            }
            None => terminal::note(line),
        }
    }
}
