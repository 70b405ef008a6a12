use super::RESULTS;
use crate::record::{RecordError, log};
use crate::study::{Point, StudyRun, read};
use milepost_sheet::{Field, Sheet};
use milepost_studies::Measured;

/// The points of every arm and seed that has begun: one row for each value and each of the costs that it is drawn over.
pub(super) fn series(run: &StudyRun) -> Result<Sheet, RecordError> {
    let mut sheet = Sheet::new(&["arm", "seed", "point", "cost", "spent", "name", "value"]);
    for (arm, seed) in run.tasks() {
        let path = run.task(&arm, seed).events();
        if !path.is_file() {
            continue;
        }
        for (index, point) in log::read::<Point>(&path)?.lines.into_iter().enumerate() {
            for (cost, spent) in &point.costs {
                for (name, value) in &point.values {
                    let place: [Field; 3] = [(&arm).into(), seed.into(), index.into()];
                    let point = [cost.into(), (*spent).into(), name.into(), (*value).into()];
                    sheet.row(place.into_iter().chain(point));
                }
            }
        }
    }
    Ok(sheet)
}

/// The metrics of every arm and seed that is finished.
pub(super) fn results(run: &StudyRun) -> Result<Sheet, RecordError> {
    let mut sheet = Sheet::new(&RESULTS);
    for arm in read(run)? {
        for seed in &arm.seeds {
            for (name, value) in &seed.done.results {
                let value = match value {
                    Measured::Value(value) => Field::from(*value),
                    Measured::Undefined(_) => Field::Missing,
                };
                sheet.row([(&arm.name).into(), seed.seed.into(), name.into(), value]);
            }
        }
    }
    Ok(sheet)
}
