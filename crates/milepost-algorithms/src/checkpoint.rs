//! A training run as bytes, and back, exactly.

use milepost_policies::{Adam, model_from_bytes, model_to_bytes};
use serde::{Deserialize, Serialize};

use crate::TrainError;
use crate::agent::{Agent, SamplerState};
use crate::trainer::Trainer;

const FORMAT: u32 = 1;
const STATE: &str = "trainer.json";
const MODEL: &str = "model.safetensors";
const OPTIMIZER: &str = "optimizer.safetensors";

/// The parts of a checkpoint: file names and contents.
pub type CheckpointParts = Vec<(String, Vec<u8>)>;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    format: u32,
    run_seed: u64,
    iteration: u64,
    steps: u64,
    #[serde(default)]
    drawn_tokens: u64,
    sampler: SamplerState,
    scorers: Vec<String>,
    #[serde(default)]
    model_scorers: Vec<String>,
}

impl<A: Agent> Trainer<A> {
    /// Everything needed to go on bit for bit: weights, optimizer, environments, counters, scorers.
    pub fn checkpoint(&self) -> Result<CheckpointParts, TrainError> {
        let state = State {
            format: FORMAT,
            run_seed: self.agent.run_seed(),
            iteration: self.iteration,
            steps: self.steps,
            drawn_tokens: self.drawn_tokens,
            sampler: self.agent.state(),
            scorers: self.scorers.iter().map(|scorer| scorer.name().to_owned()).collect(),
            model_scorers: self.model_scorers.iter().map(|scorer| scorer.name().to_owned()).collect(),
        };
        let state = serde_json::to_vec(&state).map_err(|error| misfit(format!("{STATE}: {error}")))?;
        let mut parts = vec![
            (STATE.to_owned(), state),
            (MODEL.to_owned(), model_to_bytes(&self.model)?),
            (OPTIMIZER.to_owned(), self.optimizer.to_bytes()?),
        ];
        for (index, scorer) in self.scorers.iter().enumerate() {
            parts.push((scorer_file(index), scorer.state()?));
        }
        for (index, scorer) in self.model_scorers.iter().enumerate() {
            parts.push((model_scorer_file(index), scorer.state()?));
        }
        Ok(parts)
    }

    /// Goes on from a checkpoint of the same method, environment and seed.
    pub fn restore(&mut self, parts: &[(String, Vec<u8>)]) -> Result<(), TrainError> {
        let part = |name: &str| {
            parts
                .iter()
                .find(|(file, _)| file == name)
                .map(|(_, bytes)| bytes.as_slice())
                .ok_or_else(|| misfit(format!("{name} is missing")))
        };
        let state: State = serde_json::from_slice(part(STATE)?)
            .map_err(|error| misfit(format!("{STATE} is damaged or of another version: {error}")))?;
        if state.format != FORMAT {
            return Err(misfit(format!("its format is {}, this version reads {FORMAT}", state.format)));
        }
        let run_seed = self.agent.run_seed();
        if state.run_seed != run_seed {
            return Err(misfit(format!("its seed is {}, this run's is {run_seed}", state.run_seed)));
        }
        let scorers: Vec<&str> = self.scorers.iter().map(|scorer| scorer.name()).collect();
        let model_scorers: Vec<&str> = self.model_scorers.iter().map(|scorer| scorer.name()).collect();
        for (what, found, expected) in
            [("scorers", &state.scorers, scorers), ("model scorers", &state.model_scorers, model_scorers)]
        {
            if *found != expected {
                return Err(misfit(format!("its {what} are {found:?}, this method's are {expected:?}")));
            }
        }
        let model = model_from_bytes(self.model.clone(), part(MODEL)?)?;
        let optimizer = Adam::from_bytes(*self.optimizer.config(), &model, part(OPTIMIZER)?)?;
        for (index, scorer) in self.scorers.iter_mut().enumerate() {
            scorer.restore(part(&scorer_file(index))?)?;
        }
        for (index, scorer) in self.model_scorers.iter_mut().enumerate() {
            scorer.restore(part(&model_scorer_file(index))?)?;
        }
        self.agent.restore(state.sampler)?;
        (self.model, self.optimizer) = (model, optimizer);
        (self.iteration, self.steps, self.drawn_tokens) = (state.iteration, state.steps, state.drawn_tokens);
        Ok(())
    }
}

fn scorer_file(index: usize) -> String {
    format!("scorer-{index}.bin")
}

fn model_scorer_file(index: usize) -> String {
    format!("model-scorer-{index}.bin")
}

fn misfit(reason: String) -> TrainError {
    TrainError::Checkpoint { reason }
}
