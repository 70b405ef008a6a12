//! Metrics of progress judges, dense rewards and the behaviour they produce.
//!
//! Every metric is a pure function that returns a [`MetricValue`]: a number *or* the reason why there is
//! none, and how many items it is about. Bad input (NaN, sizes that do not match) is an error. Averages
//! skip what is undefined and count it ([`Summary`]). Where a published script prints 0 for what does not
//! exist, [`Rules::Compat`] does so too, on request.
//!
//! | question | module |
//! |---|---|
//! | does the value rise in time, and fall in a film run backwards? | [`order`], [`crate::value_order`] |
//! | does it say better and worse where things get better and worse? | [`direction`] |
//! | does 0.7 mean seven tenths? | [`calibration`] |
//! | do successes score above failures? | [`discrimination`] |
//! | is it the trajectory-wise distance of `StateFactory`? (that is not EPIC) | [`trajectory_distance`] |
//! | was success reached by a short way? | [`efficiency`] |
//! | how soon was it learned? | [`learning_curve`] |
//! | is the reward farmed? | [`hacking`], [`cycle_gain`] |
//!
//! A judge that reports the number of the frame shows why one metric is not enough:
//!
//! ```
//! use milepost_eval::progress::{Rules, order};
//! let frame_index = |frames: &[f64]| (0..frames.len()).map(|t| t as f64).collect::<Vec<_>>();
//! let film = [0.0, 0.2, 0.4, 0.9];
//! let backwards = [0.9, 0.4, 0.2, 0.0];
//! let both = order::both_directions(&frame_index(&film), &frame_index(&backwards), Rules::Strict)?;
//! let perfect = |value: Option<f64>| value.is_some_and(|value| value > 1.0 - 1e-12);
//! assert!(perfect(both.forward.value())); // looks perfect
//! assert!(perfect(both.backward.value())); // and is not: a judge of states has −1 here
//! # Ok::<(), milepost_eval::StatsError>(())
//! ```

pub mod calibration;
pub mod cycle_gain;
pub mod direction;
pub mod discrimination;
pub mod efficiency;
pub mod hacking;
pub mod learning_curve;
mod metric;
mod oracle;
pub mod order;
pub mod trajectory_distance;

pub use metric::{MetricValue, Rules, Summary};
pub use oracle::Oracle;
