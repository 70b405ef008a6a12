use std::io::{self, Read};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use milepost_policies::DeviceChoice;

use crate::record::AnyRun;
use crate::run::{Assignment, Finished, STOPPED, work};
use crate::study;

/// What the launcher tells a worker. The end of standard input asks it to stop.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// The run's folder.
    #[arg(long)]
    run: PathBuf,
    /// The arm.
    #[arg(long)]
    arm: String,
    /// The seed.
    #[arg(long)]
    seed: u64,
    /// The device.
    #[arg(long)]
    device: DeviceChoice,
    /// Nobody holds the other end of standard input; only a signal asks it to stop.
    #[arg(long)]
    unattended: bool,
    /// Stop after so many iterations.
    #[arg(long)]
    stop_after_iterations: Option<u64>,
}

pub(super) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let stop = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&stop);
    ctrlc::set_handler(move || asked.store(true, Ordering::Relaxed))?;
    let asked = Arc::clone(&stop);
    if !options.unattended {
        thread::spawn(move || {
            // Whatever ends the input ends the wait.
            let _ = io::stdin().read_to_end(&mut Vec::new());
            asked.store(true, Ordering::Relaxed);
        });
    }
    let assignment = Assignment {
        arm: options.arm.clone(),
        seed: options.seed,
        device: options.device,
        stop_after: options.stop_after_iterations,
    };
    let finished = match AnyRun::open(&options.run)? {
        AnyRun::Study(run) => study::work(&run, &assignment, &stop, io::stdout())?,
        other => work(&other.training(&options.run)?, &assignment, &stop, io::stdout())?,
    };
    Ok(match finished {
        Finished::Done => ExitCode::SUCCESS,
        Finished::Stopped => ExitCode::from(STOPPED),
    })
}
