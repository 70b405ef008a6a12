use serde::{Deserialize, Serialize};

use super::page::{CELLS, SIDE, VIEW};
use milepost_core::{ParameterCheck as Check, ParameterError};

/// What the policy may do to the page that it selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ActionSpace {
    /// Search, select, crop, answer.
    #[default]
    Hierarchical,
    /// Without the crop: the answer must be read off the full view.
    WithoutCrop,
}

/// The parameters of a world of pages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct PageConfig {
    /// Pages of a world; each is about one entity.
    pub pages: u32,
    /// Entities, among which pages are shared out evenly.
    pub entities: u32,
    /// Relations; a page tells the value of three of them.
    pub relations: u32,
    /// Values that an answer can be.
    pub values: u32,
    /// Length of a result list.
    pub list: u32,
    /// Probability that the pages of an entity are in large print, which is readable without a crop.
    pub large_print: f64,
    /// Scale `η` of the retriever's Gumbel noise.
    pub retriever_noise: f64,
    /// Probability that a pixel outside title and cells is clutter.
    pub clutter: f64,
    /// Width and height, in pixels, up to which a box is shown at full resolution.
    pub sharp: u32,
    /// Pixels added on each side of a box before it is shown; the recorded box stays as it was.
    pub padding: u32,
    /// Turns after which the episode is truncated.
    pub max_turns: u32,
    /// Whether pages can be cropped.
    pub actions: ActionSpace,
}

impl Default for PageConfig {
    fn default() -> Self {
        Self {
            pages: 64,
            entities: 16,
            relations: 6,
            values: 12,
            list: 5,
            large_print: 0.3,
            retriever_noise: 0.3,
            clutter: 0.1,
            sharp: 4,
            padding: 0,
            max_turns: 6,
            actions: ActionSpace::Hierarchical,
        }
    }
}

impl PageConfig {
    /// Checks every parameter.
    pub fn validate(&self) -> Result<(), ParameterError> {
        let check = Check("page-qa");
        check.between("entities", self.entities, 1, 128)?;
        check.between("pages", self.pages, self.entities, 512)?;
        check.between("relations", self.relations, CELLS as u32, 7)?;
        check.between("values", self.values, 2, 16)?;
        check.between("list", self.list, 1, self.pages.min(SIDE))?;
        check.probability("large-print", self.large_print)?;
        check.not_negative("retriever-noise", self.retriever_noise)?;
        check.probability("clutter", self.clutter)?;
        check.between("sharp", self.sharp, 1, VIEW)?;
        check.between("padding", self.padding, 0, (VIEW - self.sharp) / 2)?;
        check.between("max-turns", self.max_turns, 1, 1000)
    }
}
