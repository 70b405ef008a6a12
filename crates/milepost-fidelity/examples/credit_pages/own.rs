//! Arms that are no methods of the benchmark's configuration: how one of your own is added.

use milepost_credit::{
    Channel, CreditError, Groups, Normalize, Pooling, Rows, Scale, Singleton, gpg_advantages,
    normalize_then_sum, pass_at_k_advantages, scale_by_batch,
};
use milepost_fidelity::{
    Batch, CaIdCard, Context, Contrast, Credit, CreditEstimator, Downstream, Estimate, Evidence,
    FidelityError, Interface, Intervention, Meter, Needs, PreState, Unit,
};

/// A rule that gives one number per episode and is no method of the benchmark's configuration: how an arm of your
/// own is added.
#[derive(Clone)]
pub(crate) struct EpisodeRule {
    pub(crate) name: &'static str,
    pub(crate) rule: fn(&Batch) -> Result<Vec<f64>, CreditError>,
}

impl CreditEstimator for EpisodeRule {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn card(&self) -> CaIdCard {
        CaIdCard {
            unit: Unit::Trajectory,
            contrast: Contrast::None,
            pre_state: PreState::Observed,
            intervention: Intervention::None,
            downstream: Downstream::Recorded,
            support: "the other episodes of the batch".into(),
            interface: Interface::Advantage,
            evidence: Evidence::ObservationalCausal,
        }
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn estimate(&mut self, context: &Context<'_>, _: &mut Meter) -> Result<Estimate, FidelityError> {
        let (batch, mut credit) = (context.batch, vec![0.0; context.batch.steps()]);
        Rows::ragged(&batch.lengths()).broadcast(&(self.rule)(batch)?, None, &mut credit)?;
        Ok(Credit::Advantage(credit).into())
    }
}

pub(crate) fn gpg(batch: &Batch) -> Result<Vec<f64>, CreditError> {
    let (scores, mut out) = (batch.returns(), vec![0.0; batch.lengths().len()]);
    gpg_advantages(&Groups::from_sizes(&[out.len()]), &scores, Singleton::Drop, &mut out)?;
    Ok(out)
}

pub(crate) fn pass_at_k(batch: &Batch) -> Result<Vec<f64>, CreditError> {
    let (scores, mut out) = (batch.returns(), vec![0.0; batch.lengths().len()]);
    let scale = Scale::Std { ddof: 1, epsilon: 1e-6 };
    pass_at_k_advantages(&Groups::from_sizes(&[out.len()]), scale, &scores, &mut out)?;
    Ok(out)
}

/// Two channels: the reward of the last step, and the sum of all others.
pub(crate) fn two_channels(batch: &Batch) -> Result<Vec<f64>, CreditError> {
    let last: Vec<f64> = batch.ranges().map(|range| batch.rewards[range.end - 1]).collect();
    let before: Vec<f64> = batch.returns().iter().zip(&last).map(|(all, last)| all - last).collect();
    let channel = |scores| Channel { scores, valid: None, weight: 1.0 };
    let (groups, mut out) = (Groups::from_sizes(&[last.len()]), vec![0.0; last.len()]);
    let pooling = Pooling { valid: None, singleton: Singleton::Drop };
    normalize_then_sum(&Normalize::grpo(), &groups, &[channel(&last), channel(&before)], pooling, &mut out)?;
    Ok(out)
}

pub(crate) fn batch_scaled(batch: &Batch) -> Result<Vec<f64>, CreditError> {
    let (scores, mut out) = (batch.returns(), vec![0.0; batch.lengths().len()]);
    Normalize::dr_grpo().apply(&scores, &mut out)?;
    scale_by_batch(&scores, None, 1, 1e-4, &mut out)?;
    Ok(out)
}
