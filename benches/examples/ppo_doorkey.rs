//! PPO on one environment until the last 100 episodes succeed often enough, in the units of the peers'
//! scripts: `cargo run --release -p milepost-benches --example ppo_doorkey -- ENV_ID SEED MAX_STEPS`.
//!
//! Settings are those of the peer (see `docs/src/baselines.md`): image divided by 10, MLP 64-64, 8
//! environments, 128 steps, 4 epochs, minibatch 256, learning rate 1e-3, entropy 0.01, γ 0.99, λ 0.95.
//! Prints one JSON line.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measuring program: it prints and reads the clock"
)]

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use milepost_algorithms::{MethodConfig, Trainer, TrainerParts};
use milepost_core::DiscreteEnvironment;
use milepost_core::Encoder;
use milepost_gridworld::{FlatImage, Gridworld};
use milepost_policies::{DeviceChoice, NetworkConfig, open_device};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [id, seed, limit] = arguments.as_slice() else {
        return Err("usage: ppo_doorkey ENV_ID SEED MAX_STEPS".into());
    };
    let (seed, limit): (u64, u64) = (seed.parse()?, limit.parse()?);
    let environment = Gridworld::make(id)?;
    let encoder = FlatImage::default();
    let device = open_device(DeviceChoice::Cpu)?.device;
    let network = NetworkConfig::default().init(
        Encoder::len(&encoder),
        environment.action_count(),
        seed,
        &device.clone().autodiff(),
    )?;
    let mut trainer = Trainer::new(TrainerParts {
        environment,
        encoder: Arc::new(encoder),
        probes: Vec::new(),
        network,
        method: MethodConfig::ppo(),
        device,
        run_seed: seed,
    })?;
    let start = Instant::now();
    let mut last = VecDeque::with_capacity(100);
    let mut reached = None;
    while trainer.environment_steps() < limit && reached.is_none() {
        for episode in trainer.iterate()?.episodes {
            if last.len() == 100 {
                last.pop_front();
            }
            last.push_back(f64::from(u8::from(episode.success())));
            if last.len() == 100 && last.iter().sum::<f64>() >= 95.0 && reached.is_none() {
                reached = Some(trainer.environment_steps());
            }
        }
    }
    let wall = start.elapsed().as_secs_f64();
    let steps = trainer.environment_steps();
    let success = last.iter().sum::<f64>() / last.len().max(1) as f64;
    println!(
        "{{\"bench\": \"milepost-ppo/{id}\", \"seed\": {seed}, \"env_steps\": {steps}, \"wall_s\": {wall:.3}, \
         \"steps_per_wall_s\": {:.0}, \"to95\": {}, \"last100_success\": {success:.3}}}",
        steps as f64 / wall,
        reached.map_or("null".into(), |n| n.to_string()),
    );
    Ok(())
}
