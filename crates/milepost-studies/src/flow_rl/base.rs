use burn::optim::GradientsParams;
use burn::tensor::Device;
use milepost_core::{Purpose, Stream, StreamKey};
use milepost_flow::{MatchingBatch, Prompts, VelocityMlp};
use milepost_microworlds::flows::{FlowArena, Mixture};
use milepost_policies::{Adam, AdamConfig, model_from_bytes, model_to_bytes};

use super::config::{FlowRl, flow};
use crate::{Context, Recorder, StudyError};

/// The base model of this seed, on a device that tracks gradients: trained once, then shared by all arms.
pub(super) fn model(
    study: &FlowRl,
    context: &Context,
    device: &Device,
    recorder: &mut dyn Recorder,
) -> Result<VelocityMlp, StudyError> {
    let (arena, network, pretraining) = (study.arena, &study.network, study.pretraining);
    let key = format!("flow-rl {arena:?} {network:?} {pretraining:?} seed {}", context.seed);
    let fresh = || {
        VelocityMlp::new(network, arena.dimension(), FlowArena::PROMPTS, context.seed, device)
            .map_err(flow("the network"))
    };
    let bytes = recorder.shared(&key, &mut || {
        let trained = train(study, context.seed, fresh()?, device)?;
        model_to_bytes(&trained).map_err(StudyError::part("the base model"))
    })?;
    model_from_bytes(fresh()?, &bytes).map_err(StudyError::part("the base model"))
}

fn train(
    study: &FlowRl,
    seed: u64,
    mut model: VelocityMlp,
    device: &Device,
) -> Result<VelocityMlp, StudyError> {
    let mixtures = mixtures(study.arena);
    let learning_rate = study.pretraining.learning_rate;
    let mut adam = Adam::new(AdamConfig { learning_rate, epsilon: 1e-8, ..AdamConfig::default() });
    let plain = device.clone().inner();
    for step in 0..study.pretraining.steps {
        // Linear decay to a tenth: the last steps average over batches.
        adam.set_learning_rate(learning_rate * (1.0 - 0.9 * step as f64 / study.pretraining.steps as f64));
        let key =
            StreamKey { episode: step as u64, ..StreamKey::new(seed, Purpose::named("flow base data")) };
        let mut stream = Stream::new(key);
        let prompts: Vec<usize> = (0..study.pretraining.batch).map(|i| i % FlowArena::PROMPTS).collect();
        let point = |prompt: &usize, stream: &mut Stream| -> Vec<f64> {
            mixtures[*prompt].iter().flat_map(|mixture| mixture.sample(stream)).collect()
        };
        let data: Vec<Vec<f64>> = prompts.iter().map(|prompt| point(prompt, &mut stream)).collect();
        let prompts = Prompts::new(prompts.into_iter().map(Some).collect());
        let batch = MatchingBatch::new(&data, prompts, &mut stream, &plain).map_err(flow("pretraining"))?;
        let gradients = batch.loss(&model).backward();
        let gradients = GradientsParams::from_grads(gradients, &model);
        (model, _) = adam.step(model, gradients);
    }
    Ok(model)
}

/// The base law of every prompt, object by object.
fn mixtures(arena: FlowArena) -> Vec<Vec<Mixture>> {
    let objects = |prompt| (0..arena.objects()).map(|object| arena.mixture(prompt, object)).collect();
    (0..FlowArena::PROMPTS).map(objects).collect()
}
