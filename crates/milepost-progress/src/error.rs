/// Bad input to a judge, a potential or a reward.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProgressError {
    /// A step in a place where no episode runs.
    #[error("slot {slot} has no episode: it was not reset, or its episode has ended; call `reset` first")]
    NotReset {
        /// The slot.
        slot: usize,
    },
    /// Too few frames for what is asked.
    #[error("{what} needs at least {needed} frames, but there is {found}")]
    TooShort {
        /// What was asked.
        what: &'static str,
        /// Frames given.
        found: usize,
        /// Frames needed.
        needed: usize,
    },
    /// Keyframes that do not ascend, or lie outside of the trajectory.
    #[error(
        "keyframe {index} is frame {frame}, but keyframes must ascend and stay below {frames}, the number of frames"
    )]
    Keyframes {
        /// Which of the keyframes.
        index: usize,
        /// Where it points.
        frame: usize,
        /// Frames there are.
        frames: usize,
    },
    /// A setting outside of its range.
    #[error("{name} is {value}, but must lie in {range}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// What it was.
        value: f64,
        /// Where it must lie.
        range: &'static str,
    },
    /// A record that does not fit its schema.
    #[error("field {field} of a record: {reason}")]
    Field {
        /// The field.
        field: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An image whose data do not fill it.
    #[error("view {view} has {found} values for {height} × {width} × {channels}")]
    Image {
        /// The view.
        view: String,
        /// Values given.
        found: usize,
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
        /// Channels.
        channels: usize,
    },
    /// A judge that answered another number of questions than it was asked.
    #[error("{judge} gave {found} answers to {asked} questions")]
    Answers {
        /// Which judge.
        judge: &'static str,
        /// Answers.
        found: usize,
        /// Questions.
        asked: usize,
    },
    /// A reward whose form or terminal convention guarantees nothing.
    #[error("{reward} does not leave the best policies as they are: {reason}")]
    NotInvariant {
        /// The reward.
        reward: String,
        /// Why.
        reason: &'static str,
    },
    /// A judge or model failed.
    #[error("{judge} failed: {reason}")]
    Judge {
        /// Which one.
        judge: &'static str,
        /// Why.
        reason: String,
    },
}
