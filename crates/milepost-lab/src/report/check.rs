//! Refuses input that cannot mean what it says, naming the arm and the array.

use super::data::{Arm, ReportData};
use super::error::ReportError;

/// Checks names and lengths. Thin or non-finite data passes: the page shows and counts it.
pub(super) fn check(data: &ReportData) -> Result<(), ReportError> {
    if data.arms.is_empty() {
        return Err(ReportError::NoArms { experiment: data.experiment.clone() });
    }
    for (i, arm) in data.arms.iter().enumerate() {
        if data.arms[..i].iter().any(|other| other.name == arm.name) {
            return Err(ReportError::DuplicateArm { arm: arm.name.clone() });
        }
        check_arm(arm)?;
    }
    for metric in &data.metrics {
        if metric.arms.len() != data.arms.len() {
            let what = format!("the metric `{}`", metric.name);
            let (expected, found) = (data.arms.len(), metric.arms.len());
            return Err(ReportError::Length { arm: "all arms".to_owned(), what, expected, found });
        }
    }
    match &data.reference {
        Some(name) if data.arms.iter().all(|a| a.name != *name) => {
            let known = data.arms.iter().map(|a| a.name.as_str()).collect::<Vec<_>>().join(", ");
            Err(ReportError::UnknownReference { reference: name.clone(), known })
        }
        _ => Ok(()),
    }
}

fn check_arm(arm: &Arm) -> Result<(), ReportError> {
    let same = |what: &str, expected: usize, found: usize| {
        if expected == found {
            return Ok(());
        }
        Err(ReportError::Length { arm: arm.name.clone(), what: what.to_owned(), expected, found })
    };
    for c in &arm.curves {
        same(&format!("the curve of seed {} (y)", c.seed), c.x.len(), c.y.len())?;
    }
    if let Some(b) = &arm.aggregate {
        same("the aggregated curve (y)", b.x.len(), b.y.len())?;
        same("the aggregated curve (lower)", b.x.len(), b.lower.len())?;
        same("the aggregated curve (upper)", b.x.len(), b.upper.len())?;
    }
    if let Some(ledger) = &arm.ledger {
        for c in &ledger.channels {
            same(&format!("the reward ledger of channel `{}`", c.name), ledger.steps.len(), c.share.len())?;
        }
    }
    if let Some(gap) = &arm.hacking_gap {
        same("the hacking gap (proxy)", gap.steps.len(), gap.proxy.len())?;
        same("the hacking gap (gold)", gap.steps.len(), gap.gold.len())?;
    }
    if let Some(x) = &arm.xray {
        for (t, step) in x.steps.iter().enumerate() {
            same(
                &format!("step {} of the credit x-ray (channels)", t + 1),
                x.channels.len(),
                step.channels.len(),
            )?;
        }
        if !x.frames.is_empty() && x.frames.len() != x.steps.len() + 1 {
            same("the frames of the credit x-ray", x.steps.len(), x.frames.len())?;
        }
    }
    Ok(())
}
