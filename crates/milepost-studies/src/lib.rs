#![doc = include_str!("../README.md")]

mod base_policy;
mod config;
mod error;
mod memory;
mod recorder;
mod staged_films;
mod state;
mod study;

pub mod chain_rl;
pub mod flow_rl;
pub mod implicit_rewards;
pub mod metrics_zoo;
pub mod mira;
pub mod offline_arena;
pub mod offline_rl;
pub mod overopt;
pub mod par;
pub mod preference_lab;
pub mod qd_sparse;
pub mod reward_distance;
pub mod robo_dopamine;
pub mod robo_dopamine_grm;
pub mod rule_db_data;
pub mod ss_orl;
pub mod step_variance;
pub mod webarbiter;

pub use config::StudyConfig;
pub use error::{Interrupted, StudyError};
pub use memory::{Memory, Point};
pub use recorder::{Measured, Recorder, State, Table, split_finite};
pub use study::{Context, Metric, Study};

/// Name and text of each experiment file that ships with this crate.
pub const EXPERIMENTS: [(&str, &str); 24] = [
    ("mira", include_str!("../experiments/mira.toml")),
    ("webarbiter", include_str!("../experiments/webarbiter.toml")),
    ("reward-distance", include_str!("../experiments/reward-distance.toml")),
    ("par", include_str!("../experiments/par.toml")),
    ("overopt", include_str!("../experiments/overopt.toml")),
    ("robo-dopamine", include_str!("../experiments/robo-dopamine.toml")),
    ("robo-dopamine-grm", include_str!("../experiments/robo-dopamine-grm.toml")),
    ("metrics-zoo", include_str!("../experiments/metrics-zoo.toml")),
    ("densegrpo", include_str!("../experiments/densegrpo.toml")),
    ("flow-rl-basics", include_str!("../experiments/flow-rl-basics.toml")),
    ("offline-rl-basics", include_str!("../experiments/offline-rl-basics.toml")),
    ("ss-orl", include_str!("../experiments/ss-orl.toml")),
    ("ss-orl-grid", include_str!("../experiments/ss-orl-grid.toml")),
    ("qd-sparse", include_str!("../experiments/qd-sparse.toml")),
    ("qd-sparse-arm", include_str!("../experiments/qd-sparse-arm.toml")),
    ("implicit-chains", include_str!("../experiments/implicit-chains.toml")),
    ("implicit-boxes", include_str!("../experiments/implicit-boxes.toml")),
    ("slate-variance", include_str!("../experiments/slate-variance.toml")),
    ("taxons", include_str!("../experiments/taxons.toml")),
    ("urlvr", include_str!("../experiments/urlvr.toml")),
    ("urlvr-pool", include_str!("../experiments/urlvr-pool.toml")),
    ("urlvr-prior", include_str!("../experiments/urlvr-prior.toml")),
    ("g2rl", include_str!("../experiments/g2rl.toml")),
    ("logigen-data", include_str!("../experiments/logigen-data.toml")),
];
