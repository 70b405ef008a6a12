/// What the agent sees.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GridObservation {
    /// `view * view * 3` bytes: type, colour and state of each cell of the view, column by column; column
    /// `i`, row `j` and channel `c` at `((i * view) + j) * 3 + c`. The agent is in the middle of the last
    /// row and looks up; hidden cells are `(0, 0, 0)`.
    pub image: Vec<u8>,
    /// Where the agent looks: 0 right, 1 down, 2 left, 3 up.
    pub direction: u8,
}
