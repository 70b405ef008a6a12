use burn::tensor::Device;
use milepost_core::{Purpose, Stream, StreamKey};
use milepost_offline::data::{ActionColumn, Dataset, Normalizer, Split, Trajectory};
use milepost_offline::inverse::{InverseConfig, InverseModel};
use serde::{Deserialize, Serialize};

use crate::StudyError;

/// Where missing actions come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Labels {
    /// Nowhere: only the labelled part is used.
    None,
    /// An inverse dynamics model fitted on the labelled part.
    #[default]
    Inverse,
    /// The truth.
    Oracle,
    /// Uniform draws.
    Random,
    /// Zeros.
    Zero,
}

/// Data whose actions are filled in, and labels to be compared with the truth.
pub(super) struct Labelled {
    /// What is learned from, in the order labelled part, the rest.
    pub(super) data: Dataset,
    /// The labels of the trajectories without actions.
    pub(super) unlabelled: Option<Dataset>,
    /// What the model says about the trajectories that it was fitted on.
    pub(super) relabelled: Option<Dataset>,
}

/// Fills in the actions that `split` hides.
pub(super) fn label(
    labels: Labels,
    all: &Dataset,
    split: &Split,
    normalizer: &Normalizer,
    inverse: &InverseConfig,
    seed: u64,
    device: &Device,
) -> Result<Labelled, StudyError> {
    let (kept, hidden) = split.apply(all);
    let part = StudyError::part("labels");
    let joined = |labels: &Dataset| kept.union(labels).map_err(StudyError::part("labels"));
    let constant = |mut draw: Box<dyn FnMut() -> f32>| {
        let column = |t: &Trajectory| {
            let len = t.steps_with_next(all.state_width()) * all.action_space().width();
            ActionColumn::Proxy { mean: (0..len).map(|_| draw()).collect(), variance: vec![0.0; len] }
        };
        hidden.with_columns(hidden.trajectories().iter().map(column).collect())
    };
    let made = match labels {
        Labels::None => return Ok(Labelled { data: kept, unlabelled: None, relabelled: None }),
        Labels::Oracle => return Ok(Labelled { data: all.clone(), unlabelled: None, relabelled: None }),
        Labels::Zero => constant(Box::new(|| 0.0)).map_err(&part)?,
        Labels::Random => {
            let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("random labels")));
            constant(Box::new(move || (2.0 * stream.uniform() - 1.0) as f32)).map_err(&part)?
        }
        Labels::Inverse => {
            let tape = device.clone().autodiff();
            let (model, _) = InverseModel::fit(&kept, normalizer, inverse, seed, &tape)
                .map_err(StudyError::part("inverse dynamics"))?;
            let label = |data: &Dataset| {
                let columns = model.label(data).map_err(StudyError::part("inverse dynamics"))?;
                data.with_columns(columns).map_err(StudyError::part("labels"))
            };
            let (made, relabelled) = (label(&hidden)?, label(&kept)?);
            return Ok(Labelled {
                data: joined(&made)?,
                unlabelled: Some(made),
                relabelled: Some(relabelled),
            });
        }
    };
    Ok(Labelled { data: joined(&made)?, unlabelled: Some(made), relabelled: None })
}
