//! PPO on DoorKey from its parts, with the sparse reward and with exact progress as a potential: gold success
//! over training, and the paired difference with its interval.

use std::sync::{Arc, Mutex};

use milepost::eval::aggregate::mean;
use milepost::gridworld::{DistanceOracle, ProgressProbe};
use milepost::prelude::*;
use milepost::rewards::{Form, Term, TerminalPotential};

const LEVEL: &str = "MiniGrid-DoorKey-5x5-v0";
const STEPS: u64 = 40_000;
const SEEDS: u64 = 5;

/// The sparse reward, or the same with `γΦ' − Φ` of the exact progress beside it.
fn method(shaped: bool) -> MethodConfig {
    let mut method = MethodConfig::ppo();
    if shaped {
        method.scorers.push(ScorerConfig::Potential {
            channel: "shaping".into(),
            record: "progress".into(),
            form: Form::Shaped,
            gamma: Some(0.99),
            terminal: TerminalPotential::default(),
            scale: 1.0,
        });
        method.combine.terms.push(Term::new("shaping", 1.0));
    }
    method
}

/// Mean success rate over training, on 32 held-out tasks at each of ten moments.
fn area_under_success(shaped: bool, seed: u64) -> anyhow::Result<f64> {
    let world = Gridworld::make(LEVEL)?;
    let encoder = FlatImage::new(world.settings().view_size);
    let device = open_device(DeviceChoice::Cpu)?.device;
    let network = NetworkConfig::Mlp(MlpConfig::default());
    let oracle = Arc::new(Mutex::new(DistanceOracle::default()));
    let mut trainer = Trainer::new(TrainerParts {
        network: network.init(encoder.len(), world.action_count(), seed, &device.clone().autodiff())?,
        environment: world.clone(),
        encoder: Arc::new(encoder),
        probes: if shaped { vec![Box::new(ProgressProbe::new(oracle))] } else { Vec::new() },
        method: method(shaped),
        device,
        run_seed: seed,
    })?;
    let tasks: Vec<TaskSeed> = (0..32).map(|index| TaskSeed::evaluation(seed, index)).collect();
    let mut rates = Vec::new();
    for moment in 1..=10 {
        while trainer.environment_steps() < moment * STEPS / 10 {
            trainer.iterate()?;
        }
        let mut policy = trainer.evaluation_policy(ActionMode::Sampled);
        let mut failure = None;
        let gold = evaluate(&world, &tasks, |observations, keys, actions| {
            if let Err(error) = policy.act(observations, keys, actions) {
                failure.get_or_insert(error);
            }
        })?;
        if let Some(error) = failure {
            return Err(error.into());
        }
        rates.push(gold.iter().filter(|gold| gold.success()).count() as f64 / gold.len() as f64);
    }
    Ok(rates.iter().sum::<f64>() / rates.len() as f64)
}

#[allow(clippy::print_stdout, reason = "an example speaks to its user")]
fn main() -> anyhow::Result<()> {
    let (mut sparse, mut shaped) = (Vec::new(), Vec::new());
    for seed in 0..SEEDS {
        sparse.push(area_under_success(false, seed)?);
        shaped.push(area_under_success(true, seed)?);
        println!("seed {seed}: sparse {:.3}, shaped {:.3}", sparse[seed as usize], shaped[seed as usize]);
    }
    let differences = PairedDifferences::of_seeds(&shaped, &sparse)?;
    let estimate = Bootstrap::default().estimate(differences.scores(), mean)?;
    let verdict = VerdictRule::default().judge(&differences, &Bootstrap::default())?;
    println!(
        "shaped over sparse: {:+.3} [{:+.3}, {:+.3}]",
        estimate.value, estimate.interval.low, estimate.interval.high
    );
    println!("{verdict}");
    Ok(())
}
