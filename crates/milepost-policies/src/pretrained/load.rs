use std::collections::{BTreeMap, BTreeSet};

use burn::tensor::Device;

use super::{
    Architecture, PretrainedConfig, PretrainedError, PretrainedWeights, TensorProblem,
    layout::{Entry, OUTPUT, Part, is_constant, layout},
};
use crate::{CausalTransformer, TransformerConfig, ValueKind, checkpoint, parameters};

/// What GPT-2's names begin with in files that hold the language model with its head.
pub(super) const GPT2_PREFIX: &str = "transformer.";

/// The model that `config` describes, with its `weights`, on `device` (an autodiff device for training).
///
/// A value function, which these files do not have, is added as `value` says: its head starts at 0, as in
/// [`TransformerConfig::init`], and a trunk of its own starts as a copy of the policy's.
///
/// # Errors
/// Unless the weights are exactly those of the configuration: every tensor that is missing, has no place, has
/// another shape or an unreadable type is named. An output matrix beside tied embeddings must equal them.
pub fn load_pretrained(
    config: &PretrainedConfig,
    weights: &PretrainedWeights<'_>,
    value: ValueKind,
    device: &Device,
) -> Result<CausalTransformer, PretrainedError> {
    let prefix = prefix(config.architecture, weights);
    let entries = layout(config, prefix);
    check(config, prefix, &entries, weights)?;
    let network = TransformerConfig { value, ..config.network.clone() };
    // Initial weights that will be replaced; the value head has no random ones.
    let model = network.init(config.vocabulary, 0, device)?;
    let entries: BTreeMap<&str, &Entry> = entries.iter().map(|entry| (entry.slot.as_str(), entry)).collect();
    let slots = parameters::slots(&model);
    let placed = slots.iter().filter(|slot| entries.contains_key(slot.path.as_str())).count();
    assert_eq!(placed, entries.len(), "each entry of the layout names a parameter");
    let mut values = Vec::with_capacity(slots.len());
    for slot in slots {
        let policy = slot.path.strip_prefix("value_").filter(|rest| rest.starts_with("trunk."));
        values.push(match entries.get(policy.unwrap_or(slot.path.as_str())) {
            None => None,
            Some(entry) => Some(assemble(entry, weights)?),
        });
    }
    Ok(checkpoint::with_parameters(model, values))
}

fn prefix(architecture: Architecture, weights: &PretrainedWeights<'_>) -> &'static str {
    let prefixed = weights.names().any(|name| name.starts_with(GPT2_PREFIX));
    if architecture == Architecture::Gpt2 && prefixed { GPT2_PREFIX } else { "" }
}

fn check(
    config: &PretrainedConfig,
    prefix: &str,
    entries: &[Entry],
    weights: &PretrainedWeights<'_>,
) -> Result<(), PretrainedError> {
    let mut problems = Vec::new();
    let mut wanted = BTreeSet::new();
    for part in entries.iter().flat_map(|entry| &entry.parts) {
        wanted.insert(part.name.as_str());
        problems.extend(mismatch(part, weights));
    }
    let tied = config.network.tied_embeddings && weights.shape(OUTPUT).is_some();
    for name in weights.names().filter(|name| !wanted.contains(name)) {
        let harmless = (tied && name == OUTPUT) || is_constant(config.architecture, prefix, name);
        if !harmless {
            problems.push(TensorProblem::Unexpected { name: name.to_owned() });
        }
    }
    if tied {
        let embedding = entries.iter().find(|entry| entry.slot == "trunk.embedding");
        let embedding = embedding.and_then(|entry| entry.parts.first());
        if embedding.is_some_and(|embedding| !same(weights, &embedding.name, OUTPUT)) {
            problems.push(TensorProblem::Untied { name: OUTPUT.to_owned() });
        }
    }
    problems.sort();
    if problems.is_empty() { Ok(()) } else { Err(PretrainedError::Tensors { problems }) }
}

fn mismatch(part: &Part, weights: &PretrainedWeights<'_>) -> Option<TensorProblem> {
    let name = part.name.clone();
    match weights.shape(&name) {
        None => Some(TensorProblem::Missing { name }),
        Some(found) if found != part.shape => {
            Some(TensorProblem::Shape { name, expected: part.shape.clone(), found: found.to_vec() })
        }
        Some(_) => weights.check_type(&name).err(),
    }
}

fn same(weights: &PretrainedWeights<'_>, a: &str, b: &str) -> bool {
    weights.shape(a) == weights.shape(b)
        && matches!((weights.values(a), weights.values(b)), (Ok(a), Ok(b)) if a == b)
}

/// The numbers of a parameter: its parts, turned where the file has them the other way, side by side.
fn assemble(entry: &Entry, weights: &PretrainedWeights<'_>) -> Result<Vec<f32>, PretrainedError> {
    let mut parts = Vec::with_capacity(entry.parts.len());
    for part in &entry.parts {
        let values = weights
            .values(&part.name)
            .map_err(|problem| PretrainedError::Tensors { problems: vec![problem] })?;
        let [_, columns] = part.place();
        parts.push((if part.transposed { transposed(&values, columns) } else { values }, columns));
    }
    if let [(only, _)] = parts.as_mut_slice() {
        return Ok(std::mem::take(only));
    }
    let rows = entry.parts.first().map_or(0, |part| part.place()[0]);
    let mut all = Vec::with_capacity(parts.iter().map(|(values, _)| values.len()).sum());
    for row in 0..rows {
        for (values, columns) in &parts {
            all.extend_from_slice(&values[row * columns..(row + 1) * columns]);
        }
    }
    Ok(all)
}

/// The transpose of a row-major matrix with `rows` rows.
pub(super) fn transposed(values: &[f32], rows: usize) -> Vec<f32> {
    let columns = values.len() / rows.max(1);
    (0..columns).flat_map(|c| (0..rows).map(move |r| values[r * columns + c])).collect()
}
