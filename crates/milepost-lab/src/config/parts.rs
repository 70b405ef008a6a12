//! The parts of an experiment that other crates define.

pub(super) use milepost_algorithms::MethodConfig as Method;

/// What no type can say: that the parts fit together, and that every channel which is read is written, and the other
/// way round.
pub(super) fn check_method(method: &Method) -> Result<(), String> {
    method.validate().map_err(|error| error.to_string())?;
    let (written, read) = (method.written(), method.read());
    for (reader, channel) in &read {
        if !written.contains(channel) {
            let near = milepost_core::nearest(channel, written.iter().copied());
            let hint = near.map_or_else(
                || format!("; there are {}", written.join(", ")),
                |near| format!("; did you mean `{near}`?"),
            );
            return Err(format!(
                "`{reader}` reads channel `{channel}`, which neither a scorer nor the sampler writes{hint}"
            ));
        }
    }
    match written.into_iter().find(|channel| !read.iter().any(|(_, other)| other == channel)) {
        Some(channel) => Err(format!(
            "channel `{channel}` is written but never read; add it to `combine.terms` (with weight 0 to only watch it)"
        )),
        None => Ok(()),
    }
}
