use super::InverseModel;
use crate::data::{ActionColumn, DataError, Dataset};
use crate::learners::LearnerError;

/// `data` with labels where actions are missing. Recorded actions pass through unchanged.
pub fn fill_labels(data: &Dataset, model: &InverseModel) -> Result<Dataset, LearnerError> {
    let missing: Vec<usize> =
        (0..data.len()).filter(|index| data.trajectories()[*index].actions().is_none()).collect();
    let mut labels = model.label(&data.subset(&missing))?.into_iter();
    let column = |t: &crate::data::Trajectory| match t.actions {
        ActionColumn::Missing => labels.next().unwrap_or(ActionColumn::Missing),
        ref kept => kept.clone(),
    };
    Ok(data.with_columns(data.trajectories().iter().map(column).collect())?)
}

/// Mean squared difference between two data sets' actions over steps that have both, a component at a time: how
/// wrong labels are, where the truth is known.
pub fn label_error(labelled: &Dataset, truth: &Dataset) -> Result<f64, DataError> {
    let (mut total, mut count) = (0.0, 0_usize);
    for (label, truth) in labelled.trajectories().iter().zip(truth.trajectories()) {
        let (Some(a), Some(b)) = (label.actions(), truth.actions()) else { continue };
        total += a.iter().zip(b).map(|(a, b)| f64::from(a - b) * f64::from(a - b)).sum::<f64>();
        count += a.len().min(b.len());
    }
    if count == 0 {
        Err(DataError::Empty { what: "step with a label and a truth" })
    } else {
        Ok(total / count as f64)
    }
}
