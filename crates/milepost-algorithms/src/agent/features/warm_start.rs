use burn::tensor::Device;
use milepost_core::{
    Batch, DiscreteEnvironment, Encoder, Ending, Group, Outcome, Purpose, Stream, StreamKey, TaskSeed,
    Trajectory, Version,
};
use milepost_policies::ActorCritic;

use super::sampler::Recorder;
use super::table::StateTable;
use crate::TrainError;
use crate::warm_start::{FIRST_TASK, WarmStart, WarmStartReport, tasks};

impl WarmStart {
    /// Clones `expert` into `network`, a policy over features whose parameters are on `device.autodiff()`.
    ///
    /// `expert` names the best action in the world's current state; where it knows none, the demonstration ends. A
    /// share `noise` of the actions is drawn at random among the legal ones and imitated like the rest. The result
    /// depends on the network, the expert, the settings and the seed alone. 0 demonstrations are none, and no error.
    ///
    /// # Errors
    /// Settings out of range or for policies over tokens, a network that does not fit the encoder, an expert that has
    /// no action at the start of some task, a world that refuses, a loss that is not finite.
    pub fn apply_to_features<E: DiscreteEnvironment, M: ActorCritic>(
        &self,
        network: M,
        environment: &E,
        expert: impl Fn(&E) -> Option<u32>,
        encoder: &dyn Encoder<E::Observation>,
        device: &Device,
        run_seed: u64,
    ) -> Result<(M, WarmStartReport), TrainError> {
        self.validate()?;
        if self.hinted != 0.0 || self.reviews != 0 {
            let reason =
                "`warm-start.hinted` and `warm-start.reviews` are for policies over tokens; leave them out";
            return Err(TrainError::Config { reason: reason.into() });
        }
        network.check_features(encoder.len())?;
        let mut report = WarmStartReport::default();
        if self.demonstrations == 0 {
            return Ok((network, report));
        }
        let mut batch = Batch { groups: Vec::with_capacity(self.demonstrations) };
        for (index, task) in tasks(FIRST_TASK, self.demonstrations, run_seed) {
            let shown = self.show(environment, &expert, (index, task), run_seed)?;
            report.solved += usize::from(shown.ending.is_success());
            batch.groups.push(Group::new(vec![shown])?);
        }
        report.demonstrations = self.demonstrations;
        let table = StateTable::build(&batch, encoder, device)?;
        let network = self.imitate(network, &table, run_seed, &mut report)?;
        Ok((network, report))
    }

    /// One demonstration.
    fn show<E: DiscreteEnvironment>(
        &self,
        environment: &E,
        expert: &impl Fn(&E) -> Option<u32>,
        (index, task): (u64, TaskSeed),
        run_seed: u64,
    ) -> Result<Trajectory<E::Observation>, TrainError> {
        let mut world = environment.clone();
        world.reset(task)?;
        let mut recorder = Recorder::start(&world, task, 0, Version(0), &mut []);
        let ending = loop {
            if let Some(ending) = world.ending() {
                break ending;
            }
            let Some(best) = expert(&world) else { break Ending::Terminated(Outcome::Failure) };
            let purpose = Purpose::named("demonstration");
            let key =
                StreamKey { episode: index, step: world.elapsed(), ..StreamKey::new(run_seed, purpose) };
            let mut stream = Stream::new(key);
            let action = if stream.uniform() < self.noise { any_legal(&world, &mut stream) } else { best };
            let outcome = world.step(&action)?;
            recorder.action(action, 0.0, outcome.reward);
            recorder.state(&world, &mut []);
        };
        if recorder.turns() == 0 {
            let reason =
                format!("`warm-start`: the expert has no action at the start of task {}", task.get());
            return Err(TrainError::Config { reason });
        }
        recorder.finish(ending)
    }
}

/// A legal action, drawn; where none is, one that the world will refuse by name.
fn any_legal<E: DiscreteEnvironment>(world: &E, stream: &mut Stream) -> u32 {
    let legal: Vec<u32> = (0..world.action_count() as u32).filter(|action| world.is_legal(*action)).collect();
    legal.get(stream.below(legal.len().max(1) as u64) as usize).copied().unwrap_or_default()
}
