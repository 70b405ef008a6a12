//! Experiment files, runs, records and reports: the milepost command.

mod clock;
pub mod config;
pub mod record;
pub mod report;
pub mod tensorboard;
