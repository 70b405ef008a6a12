#![doc = include_str!("../README.md")]

mod budget;
mod client;
mod config;
mod counters;
mod error;
#[cfg(feature = "http")]
mod http;
mod judge;
mod key;
mod policy;
mod pool;
pub mod protocol;
mod retry;
mod scripted;
mod sleeper;
mod transport;

pub use budget::{BudgetConfig, BudgetError, Prices};
pub use client::Client;
pub use config::EndpointConfig;
pub use counters::Counters;
pub use error::EndpointError;
#[cfg(feature = "http")]
pub use http::{HttpTransport, ThreadSleeper};
pub use judge::{Abstention, JudgeConfig, RemoteJudge, Scale, Verdict};
pub use key::ApiKey;
pub use policy::{
    Interface, LogProbsUnavailable, PolicyError, RemotePolicy, RemotePolicyConfig, UnreadableTurn,
};
pub use retry::RetryConfig;
pub use scripted::ScriptedTransport;
pub use sleeper::{Sleeper, VirtualSleeper};
pub use transport::{Call, Reply, Transport, TransportError};
