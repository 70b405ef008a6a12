use burn::tensor::{Device, Tensor, TensorData};
use milepost_core::{Purpose, Stream, StreamKey};
use serde::{Deserialize, Serialize};

use super::{
    BellmanInconsistency, Dynamics, ModelBuffer, RollOutConfig, RollOutReport, Termination, roll_out,
};
use crate::data::{Sampler, Transitions};
use crate::learners::settings::Check;
use crate::learners::{Batch, Greedy, LearnerError, Losses, OfflineLearner, Sac, SacConfig};

/// Settings of [`ModelBased`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct ModelBasedConfig {
    /// The learner.
    pub sac: SacConfig,
    /// What is imagined, and MOPO's penalty.
    pub roll_out: RollOutConfig,
    /// MOBILE's penalty. Default none.
    pub inconsistency: Option<BellmanInconsistency>,
    /// Updates between roll-outs. Default 1000.
    pub every: u64,
    /// Imagined transitions kept. Default 1 000 000.
    pub capacity: usize,
    /// Share of recorded transitions in a batch. Default 0.05.
    pub real: f64,
    /// Rows in a batch. Default 256.
    pub batch: usize,
}

impl Default for ModelBasedConfig {
    fn default() -> Self {
        Self {
            sac: SacConfig::default(),
            roll_out: RollOutConfig::default(),
            inconsistency: None,
            every: 1000,
            capacity: 1_000_000,
            real: 0.05,
            batch: 256,
        }
    }
}

/// SAC on a mix of recorded and imagined transitions: MOPO with a reward penalty (arXiv 2005.13239), MOBILE
/// with a target penalty, plain model roll-outs with neither. Recorded transitions are never penalised.
#[derive(Debug)]
pub struct ModelBased<'a> {
    config: ModelBasedConfig,
    data: &'a Transitions,
    recorded: Sampler,
    dynamics: &'a Dynamics,
    sac: Sac,
    buffer: ModelBuffer,
    report: RollOutReport,
    updates: u64,
    stream: Stream,
    device: Device,
}

impl<'a> ModelBased<'a> {
    /// Random networks from `seed`; `device` must record gradients. `data` must be normalised as the data were
    /// to which `dynamics` was fitted.
    pub fn new(
        config: ModelBasedConfig,
        data: &'a Transitions,
        dynamics: &'a Dynamics,
        seed: u64,
        device: &Device,
    ) -> Result<Self, LearnerError> {
        let check = Check("MOPO and MOBILE");
        check.that((0.0..=1.0).contains(&config.real), "real", config.real, "in [0, 1]")?;
        check.that(config.every > 0, "every", config.every, "at least 1")?;
        check.that(config.batch > 0, "batch", config.batch, "at least 1")?;
        check.not_negative("roll-out.penalty-weight", config.roll_out.penalty_weight)?;
        check.that(config.roll_out.horizon > 0, "roll-out.horizon", config.roll_out.horizon, "at least 1")?;
        if let Some(inconsistency) = &config.inconsistency {
            check.not_negative("inconsistency.weight", inconsistency.weight)?;
            check.that(inconsistency.draws > 0, "inconsistency.draws", inconsistency.draws, "at least 1")?;
        }
        let (s, a) = (data.state_width, data.action_width);
        Ok(Self {
            sac: Sac::new(config.sac.clone(), s, a, seed, device)?,
            recorded: data.sampler()?,
            buffer: ModelBuffer::new(config.capacity, s, a),
            report: RollOutReport::default(),
            updates: 0,
            stream: Stream::new(StreamKey::new(seed, Purpose::named("model roll-outs"))),
            device: device.clone().inner(),
            config,
            data,
            dynamics,
        })
    }

    /// What the latest roll-outs met.
    #[must_use]
    pub const fn report(&self) -> RollOutReport {
        self.report
    }

    /// One update; rolls out first when it is time.
    pub fn update(&mut self, termination: Termination<'_>) -> Result<Losses, LearnerError> {
        if self.updates.is_multiple_of(self.config.every) {
            self.report = roll_out(
                self.data,
                self.dynamics,
                &mut self.sac,
                &self.config.roll_out,
                termination,
                &mut self.buffer,
                &mut self.stream,
                &self.device,
            )?;
        }
        self.updates += 1;
        let imagined = self.buffer.rows();
        let share = (self.config.real * self.config.batch as f64).round() as usize;
        let real = if imagined.is_empty() { self.config.batch } else { share };
        let rows = self.recorded.rows(real, &mut self.stream);
        let recorded = (real > 0).then(|| Batch::of(self.data, &rows, &self.device));
        let mut imagined_batch = None;
        if real < self.config.batch {
            let rows = Sampler::uniform(imagined.len())?.rows(self.config.batch - real, &mut self.stream);
            imagined_batch = Some(Batch::of(imagined, &rows, &self.device));
        }
        let mut penalty = vec![0.0; real];
        if let (Some(inconsistency), Some(batch)) = (&self.config.inconsistency, &imagined_batch) {
            let (sac, stream) = (&mut self.sac, &mut self.stream);
            penalty.extend(inconsistency.penalty(self.dynamics, sac, batch, stream, &self.device)?);
        }
        let mut batch = match (recorded, imagined_batch) {
            (Some(recorded), Some(imagined)) => recorded.followed_by(imagined),
            (Some(only), None) | (None, Some(only)) => only,
            (None, None) => unreachable!("a batch has at least one row"),
        };
        if self.config.inconsistency.is_some() {
            let n = batch.len();
            penalty.resize(n, 0.0);
            batch.penalty = Some(Tensor::from_data(TensorData::new(penalty, [n]), &self.device));
        }
        Ok(self.sac.update(&batch))
    }

    /// What it would do now: a frozen copy.
    #[must_use]
    pub fn greedy(&self) -> Greedy {
        self.sac.greedy()
    }
}
