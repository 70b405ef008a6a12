//! Command templates: text with `{slot}` in it.

use super::Bindings;

/// The parts of a template, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// Text as it is.
    Text(&'a str),
    /// A slot's name.
    Slot(&'a str),
}

/// Splits a template. A brace that is not closed is text.
pub(crate) fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((slot, tail)) = after.split_once('}') else { break };
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        parts.push(Part::Slot(slot));
        rest = tail;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    parts
}

/// The names of the slots, in order.
pub(crate) fn slots(template: &str) -> impl Iterator<Item = &str> {
    parts(template).into_iter().filter_map(|part| match part {
        Part::Slot(slot) => Some(slot),
        Part::Text(_) => None,
    })
}

/// Replaces each slot by what `fill` says.
pub(crate) fn fill<E>(
    template: &str,
    mut fill: impl FnMut(&str, &mut String) -> Result<(), E>,
) -> Result<String, E> {
    let mut text = String::with_capacity(template.len());
    for part in parts(template) {
        match part {
            Part::Text(part) => text.push_str(part),
            Part::Slot(slot) => fill(slot, &mut text)?,
        }
    }
    Ok(text)
}

/// Replaces each placeholder's slot by a slot of the entity it stands for: `take {o}` becomes `take {k_0}`.
/// Other slots stay.
pub(crate) fn bind(template: &str, bindings: &Bindings) -> String {
    let bound = |slot: &str| bindings.iter().find(|(p, _)| p.name == slot).map(|(_, v)| v.name.clone());
    let filled: Result<String, std::convert::Infallible> = fill(template, |slot, text| {
        let name = bound(slot);
        text.push('{');
        text.push_str(name.as_deref().unwrap_or(slot));
        text.push('}');
        Ok(())
    });
    filled.unwrap_or_else(|never| match never {})
}
