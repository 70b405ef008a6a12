//! Where the processes of a matrix run: here, or as a job array of a cluster.
//!
//! The contract with every launcher is one command for each arm and seed, which may be run again at any time:
//! `milepost worker --run RUN --arm ARM --seed SEED --device DEVICE --unattended`. It takes a lock, goes on from what is
//! there, writes `done.json` last, and exits with 0 if that arm and seed is done and 3 if it was asked to stop.

mod job_array;
mod slurm;

pub(crate) use slurm::run_on_slurm;
