//! Experiment files, runs, records and reports: the milepost command.

pub mod report;
