use super::RESULTS;
use crate::analysis::recorded::{self, Measured};
use crate::claim::Results;
use crate::record::event::Event;
use crate::record::{RecordError, RunDirectory, log};
use milepost_sheet::{Field, Sheet};

/// Columns of the table of curves.
const SERIES: [&str; 7] = ["arm", "seed", "line", "iteration", "environment-steps", "name", "value"];

/// The curves of every arm and seed that has begun.
pub(super) fn series(run: &RunDirectory) -> Result<Sheet, RecordError> {
    let mut sheet = Sheet::new(&SERIES);
    for (arm, seed) in run.tasks() {
        let path = run.task(&arm, seed).events();
        if !path.is_file() {
            continue;
        }
        for event in log::read::<Event>(&path)?.lines {
            let (line, iteration, steps) = match &event {
                Event::WarmStart(_) => ("warm-start", 0, 0),
                Event::Teacher(_) => ("teacher", 0, 0),
                Event::Iteration(line) => ("iteration", line.index, line.steps),
                Event::Evaluation(line) => ("evaluation", line.iteration, line.steps),
            };
            for (name, value) in event.scalars() {
                let place: [Field; 5] =
                    [(&arm).into(), seed.into(), line.into(), iteration.into(), steps.into()];
                sheet.row(place.into_iter().chain([name.into(), value.into()]));
            }
        }
    }
    Ok(sheet)
}

/// The metrics of every arm and seed that is finished.
pub(super) fn results(run: &RunDirectory) -> Result<Sheet, RecordError> {
    let settings = &run.experiment().settings;
    let names = std::iter::once(&settings.metric.primary).chain(&settings.metric.secondary);
    let names: Vec<String> = names.map(ToString::to_string).collect();
    let mut sheet = Sheet::new(&RESULTS);
    for arm in &recorded::read(run)? {
        for name in &names {
            for (seed, value) in (Measured { arm, settings }).results(name) {
                sheet.row([(&arm.name).into(), seed.into(), name.into(), value.ok().into()]);
            }
        }
    }
    Ok(sheet)
}
