use milepost_core::Outcome;
use serde::{Deserialize, Serialize};

use crate::dynamics::{Dynamics, Transition};
use crate::error::{Check, TaskError};

/// Parameters of an [`OverlappingTree`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct OverlappingTreeConfig {
    /// Levels with a choice, which is the number of steps. Default 4.
    pub depth: u32,
    /// Actions `b`. Default 6.
    pub branching: u32,
    /// How many children two neighbours share, `o` from 0 (a tree) to `b` (every state leads to the same ones).
    /// Default 0.
    pub overlap: u32,
    /// Number of different rewards `m`, centred on 0. Default 5.
    pub rewards: u32,
    /// Shifts which transition pays what. Published with ten of them. Default 0.
    pub offset: u32,
    /// Whether only the last level pays. Default false.
    pub leaf: bool,
}

impl Default for OverlappingTreeConfig {
    fn default() -> Self {
        Self { depth: 4, branching: 6, overlap: 0, rewards: 5, offset: 0, leaf: false }
    }
}

/// A tree whose branches grow together: how much does a state reveal about the actions that led to it?
///
/// Level `d` is a ring of `N_d` states, `N_0 = 1`, `N_{d+1} = (b − o) N_d + o`. Action `a` leads from position `i`
/// to `(i (b − o) + a − ⌊(b − o)/2⌋) mod N_{d+1}` and pays `(index + 9973 a + offset) mod m − ⌊(m − 1)/2⌋`, where
/// the index counts states level by level (from the start of the last level if only that one pays). After the
/// tree of COCOA (Meulemans et al., arXiv 2306.16803).
#[derive(Debug, Clone)]
pub struct OverlappingTree {
    config: OverlappingTreeConfig,
    /// `N_d`, the level after the last one included.
    widths: Vec<u64>,
    /// States in the levels above each level.
    above: Vec<u64>,
}

/// State of an [`OverlappingTree`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OverlappingTreeState {
    /// Steps taken.
    pub level: u32,
    /// Position in the level.
    pub position: u64,
}

/// Makes rewards differ between actions.
const LARGE_PRIME: u64 = 9973;

/// Widest level that is allowed: the compiled world could not be larger anyway.
const WIDEST: u64 = 1 << 24;

impl OverlappingTree {
    /// The tree with these parameters.
    pub fn new(config: OverlappingTreeConfig) -> Result<Self, TaskError> {
        let check = Check("overlapping-tree");
        let OverlappingTreeConfig { depth, branching, overlap, .. } = config;
        check.between("depth", depth, 1, 1 << 10)?;
        check.between("branching", branching, 1, 1 << 10)?;
        check.between("overlap", overlap, 0, branching)?;
        check.between("rewards", config.rewards, 1, 1 << 16)?;
        let (mut widths, mut above) = (vec![1], vec![0]);
        for level in 0..depth as usize {
            let width = u64::from(branching - overlap) * widths[level] + u64::from(overlap);
            check.that(width <= WIDEST, "depth", depth, "smaller: a level has more than 2^24 states")?;
            widths.push(width);
            above.push(above[level] + widths[level]);
        }
        Ok(Self { config, widths, above })
    }

    /// States of each level with a choice.
    pub fn widths(&self) -> &[u64] {
        &self.widths[..self.config.depth as usize]
    }

    fn reward(&self, state: &OverlappingTreeState, action: u32) -> f64 {
        let OverlappingTreeConfig { depth, rewards, offset, leaf, .. } = self.config;
        if leaf && state.level + 1 < depth {
            return 0.0;
        }
        let index = if leaf { state.position } else { self.above[state.level as usize] + state.position };
        let class = (index + LARGE_PRIME * u64::from(action) + u64::from(offset)) % u64::from(rewards);
        class as f64 - f64::from((rewards - 1) / 2)
    }
}

impl Dynamics for OverlappingTree {
    type State = OverlappingTreeState;

    fn name(&self) -> &'static str {
        "overlapping-tree"
    }

    fn actions(&self) -> usize {
        self.config.branching as usize
    }

    fn horizon(&self) -> u32 {
        self.config.depth
    }

    fn starts(&self) -> Vec<(f64, OverlappingTreeState)> {
        vec![(1.0, OverlappingTreeState { level: 0, position: 0 })]
    }

    fn outcomes(
        &self,
        state: &OverlappingTreeState,
        action: u32,
        into: &mut Vec<Transition<OverlappingTreeState>>,
    ) {
        let reward = self.reward(state, action);
        let level = state.level + 1;
        if level == self.config.depth {
            let next = OverlappingTreeState { level, position: 0 };
            into.push(Transition::end(1.0, reward, next, Outcome::Success));
            return;
        }
        let fresh = u64::from(self.config.branching - self.config.overlap);
        let width = self.widths[level as usize];
        // One whole ring is added so that the subtraction cannot go below 0.
        let position = (state.position * fresh + u64::from(action) + width - (fresh / 2) % width) % width;
        into.push(Transition::step(1.0, reward, OverlappingTreeState { level, position }));
    }

    fn state_key(&self, state: &OverlappingTreeState) -> u64 {
        u64::from(state.level) << 32 | state.position
    }

    fn features(&self) -> usize {
        2
    }

    /// Share of the levels passed, share of the ring.
    fn observe(&self, state: &OverlappingTreeState, into: &mut [f32]) {
        into[0] = state.level as f32 / self.config.depth as f32;
        into[1] = state.position as f32 / self.widths[state.level as usize] as f32;
    }
}
