//! Experiment files, runs, records and reports: the milepost command.
