//! The parts of an experiment that other crates define.

pub(super) use milepost_algorithms::MethodConfig as Method;

/// What no type can say: that the parts fit together, and that every channel which is combined is paid.
pub(super) fn check_method(method: &Method) -> Result<(), String> {
    method.validate().map_err(|error| error.to_string())?;
    let scored = method.scorers.iter().map(milepost_rewards::ScorerConfig::channel);
    let channels: Vec<&str> = scored.chain(method.sampler.channels().iter().copied()).collect();
    let read =
        method.combine.terms.iter().flat_map(|term| [Some(&term.channel), term.gate.as_ref()]).flatten();
    for channel in read {
        if !channels.contains(&channel.as_str()) {
            let near = milepost_core::nearest(channel, channels.iter().copied());
            let hint = near.map_or_else(
                || format!("; there are {}", channels.join(", ")),
                |near| format!("; did you mean `{near}`?"),
            );
            return Err(format!(
                "`combine` reads channel `{channel}`, which neither a scorer nor the sampler writes{hint}"
            ));
        }
    }
    let combined = |channel: &str| {
        method.combine.terms.iter().any(|t| t.channel == channel || t.gate.as_deref() == Some(channel))
    };
    match channels.into_iter().find(|channel| !combined(channel)) {
        Some(channel) => Err(format!(
            "channel `{channel}` is written but never read; add it to `combine.terms` (with weight 0 to only watch it)"
        )),
        None => Ok(()),
    }
}
