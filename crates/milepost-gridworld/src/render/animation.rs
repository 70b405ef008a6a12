use std::io::Write;

use png::Writer;

use crate::render::image::RgbImage;
use crate::render::png::encoder;

/// Frames shown one after another, for instance those of an episode, as one animated PNG file (APNG). Programs that do
/// not know APNG show the first frame.
///
/// ```
/// use milepost_core::{Environment, TaskSeed};
/// use milepost_gridworld::{Animation, Gridworld, TileAtlas};
///
/// let mut world = Gridworld::make("MiniGrid-DoorKey-5x5-v0")?;
/// world.reset(TaskSeed::literal(3))?;
/// let atlas = TileAtlas::new(16)?;
/// let mut animation = Animation::new(250);
/// animation.push(atlas.frame(&world, true))?;
/// for action in [1, 2, 2] {
///     world.step(&action)?;
///     animation.push(atlas.frame(&world, true))?;
/// }
/// let bytes = animation.to_apng()?;
/// assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Animation {
    milliseconds: u16,
    frames: Vec<RgbImage>,
}

/// Frames that make no animation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnimationError {
    /// There is nothing to show.
    #[error("an animation needs at least one frame; push one first")]
    NoFrames,
    /// A frame has no pixels.
    #[error("frame {0} has no pixels; reset the world before drawing it")]
    EmptyFrame(usize),
    /// A frame differs in size from the first.
    #[error("frame {frame} is {} by {} pixels, the first is {} by {}; draw one world with one tile size", got.0, got.1, first.0, first.1)]
    Size {
        /// Which frame, counted from 0.
        frame: usize,
        /// Its width and height.
        got: (usize, usize),
        /// Those of the first.
        first: (usize, usize),
    },
    /// The file could not be encoded.
    #[error("the animation cannot be encoded: {0}")]
    Encoding(#[from] png::EncodingError),
}

impl Animation {
    /// No frames yet; each will be shown for `milliseconds`, the last one four times as long.
    #[must_use]
    pub const fn new(milliseconds: u16) -> Self {
        Self { milliseconds, frames: Vec::new() }
    }

    /// Adds a frame, of the size of the first.
    pub fn push(&mut self, frame: RgbImage) -> Result<(), AnimationError> {
        let size = |image: &RgbImage| (image.width(), image.height());
        let index = self.frames.len();
        if frame.pixels().is_empty() {
            return Err(AnimationError::EmptyFrame(index));
        }
        if let Some(first) = self.frames.first().filter(|first| size(first) != size(&frame)) {
            return Err(AnimationError::Size { frame: index, got: size(&frame), first: size(first) });
        }
        self.frames.push(frame);
        Ok(())
    }

    /// The frames so far.
    #[must_use]
    pub fn frames(&self) -> &[RgbImage] {
        &self.frames
    }

    /// The file: frames in a loop without end. Each frame after the first holds only the rectangle that changed.
    pub fn to_apng(&self) -> Result<Vec<u8>, AnimationError> {
        let first = self.frames.first().ok_or(AnimationError::NoFrames)?;
        let mut file = Vec::new();
        let mut encoder = encoder(&mut file, first);
        encoder.set_animated(self.frames.len() as u32, 0)?;
        encoder.set_frame_delay(self.milliseconds, 1000)?;
        let mut writer = encoder.write_header()?;
        let last = self.frames.len() - 1;
        for (index, frame) in self.frames.iter().enumerate() {
            if index == last && index > 0 {
                writer.set_frame_delay(self.milliseconds.saturating_mul(4), 1000)?;
            }
            let changed = match index.checked_sub(1) {
                Some(before) => Rectangle::changed(&self.frames[before], frame),
                None => Rectangle { left: 0, top: 0, width: frame.width(), height: frame.height() },
            };
            changed.write(&mut writer, frame)?;
        }
        writer.finish()?;
        Ok(file)
    }
}

/// A part of a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Rectangle {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl Rectangle {
    /// The smallest one around every pixel that differs; one pixel if none does, since a frame cannot be empty.
    fn changed(before: &RgbImage, after: &RgbImage) -> Self {
        let stride = after.width() * 3;
        let rows = before.pixels().chunks_exact(stride).zip(after.pixels().chunks_exact(stride));
        let (mut left, mut right, mut top, mut bottom) = (usize::MAX, 0, usize::MAX, 0);
        for (y, (old, new)) in rows.enumerate() {
            let mut differing = (0..stride).filter(|byte| old[*byte] != new[*byte]).map(|byte| byte / 3);
            let Some(first) = differing.next() else { continue };
            let last = differing.next_back().unwrap_or(first);
            (left, right) = (left.min(first), right.max(last));
            (top, bottom) = (top.min(y), y);
        }
        if top == usize::MAX {
            return Self { left: 0, top: 0, width: 1, height: 1 };
        }
        Self { left, top, width: right - left + 1, height: bottom - top + 1 }
    }

    fn write(self, writer: &mut Writer<impl Write>, frame: &RgbImage) -> Result<(), png::EncodingError> {
        // Position first: it must stay inside the picture together with the size that is set after it.
        writer.reset_frame_dimension()?;
        writer.reset_frame_position()?;
        writer.set_frame_dimension(self.width as u32, self.height as u32)?;
        writer.set_frame_position(self.left as u32, self.top as u32)?;
        let stride = frame.width() * 3;
        let rows = frame.pixels().chunks_exact(stride).skip(self.top).take(self.height);
        let part: Vec<u8> =
            rows.flat_map(|row| &row[self.left * 3..(self.left + self.width) * 3]).copied().collect();
        writer.write_image_data(&part)
    }
}
