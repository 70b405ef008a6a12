//! The tool-use form: expressions are run by a tool, and the value is answered.

mod answer;
mod config;
mod environment;
mod expert;
mod slip;
mod turn;

pub use config::{CallMask, ToolConfig};
pub use environment::{CodeTool, ToolAction, ToolEvent, ToolProbe};
pub use expert::SlippedCalls;
