use milepost_core::{Purpose, Stream, StreamKey};
use milepost_microworlds::tokens::Example;
use milepost_policies::{
    Adam, AdamConfig, CausalTransformer, Demonstration, behaviour_clone, model_from_bytes, model_to_bytes,
};

use crate::{Recorder, StudyError};

/// How a policy that everything starts from is cloned, once for all arms of a seed.
pub(crate) struct Cloning<'a> {
    /// Names everything that the policy depends on.
    pub(crate) key: &'a str,
    /// Of the stream that orders the examples.
    pub(crate) purpose: Purpose,
    pub(crate) seed: u64,
    pub(crate) epochs: usize,
    pub(crate) learning_rate: f64,
}

const BATCH: usize = 32;

impl Cloning<'_> {
    /// `network` after it has learned what a scribe wrote. The examples are written only where no other arm has learned
    /// from them yet.
    pub(crate) fn of<P>(
        &self,
        network: CausalTransformer,
        recorder: &mut dyn Recorder,
        examples: impl Fn() -> Result<Vec<Example<P>>, StudyError>,
    ) -> Result<CausalTransformer, StudyError> {
        let fault = "the base policy";
        let bytes = recorder.shared(self.key, &mut || {
            let examples = examples()?;
            let shown: Vec<Demonstration<'_>> = examples
                .iter()
                .map(|example| Demonstration { context: &example.prompt, tokens: &example.turn })
                .collect();
            let mut adam = Adam::new(AdamConfig {
                learning_rate: self.learning_rate,
                max_grad_norm: Some(1.0),
                ..AdamConfig::default()
            });
            let mut stream = Stream::new(StreamKey::new(self.seed, self.purpose));
            let (model, _) =
                behaviour_clone(network.clone(), &mut adam, &shown, self.epochs, BATCH, &mut stream)
                    .map_err(StudyError::part(fault))?;
            model_to_bytes(&model).map_err(StudyError::part(fault))
        })?;
        model_from_bytes(network, &bytes).map_err(StudyError::part(fault))
    }
}
