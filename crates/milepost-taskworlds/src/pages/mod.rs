//! Questions that are answered by searching for a page, opening it, and looking closer at a part of it.
//!
//! One world with two faces: [`PageQa`] shows numbers and takes factored actions, [`PageText`] is read and written
//! in tokens. Both play [`PageEpisode`]s, so what [`measure`] says about one holds for the other.
//!
//! What the policy sees is apart by type from [`PageOracle`], the annotation that rewards may be computed from, and
//! from [`PageGold`], which evaluation believes. The world is made for UniDoc-RL
//! ([arXiv 2604.14967](https://arxiv.org/abs/2604.14967)); its pages are ours.

mod action;
mod config;
mod environment;
mod episode;
mod expert;
mod log;
pub mod measure;
mod observation;
mod oracle;
mod page;
mod probe;
mod rect;
#[cfg(test)]
mod tests;
mod tokens;
mod view;
mod words;
mod world;

pub use action::PageAction;
pub use config::{ActionSpace, PageConfig};
pub use environment::PageQa;
pub use episode::{PageEpisode, PageWorld, Phase};
pub use log::{EpisodeLog, SearchRecord, Viewed};
pub use observation::{PageEncoder, PageObservation};
pub use oracle::{CropRate, GoldPage, PageGold, PageOracle};
pub use page::{CELLS, CHANNELS, Cell, Page, Print, SIDE, TITLE, VIEW, title};
pub use probe::PageProbe;
pub use rect::{Rect, iou};
pub use tokens::PageText;
pub use view::{Reading, Shown, VIEW_LEN};
pub use world::{Query, World};
