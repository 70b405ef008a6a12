//! What judges look at.

use crate::{ProgressError, Record};

/// Numbers `[height, width, channels]`, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    height: usize,
    width: usize,
    channels: usize,
    values: Vec<f32>,
}

impl Image {
    /// Rows.
    #[must_use]
    pub const fn height(&self) -> usize {
        self.height
    }

    /// Columns.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Channels.
    #[must_use]
    pub const fn channels(&self) -> usize {
        self.channels
    }

    /// All numbers.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }
}

/// One camera's image.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The camera's name, such as `global` or `ego`.
    pub name: String,
    /// What it sees.
    pub image: Image,
}

impl View {
    /// From numbers `[height, width, channels]`.
    pub fn new(
        name: impl Into<String>,
        [height, width, channels]: [usize; 3],
        values: Vec<f32>,
    ) -> Result<Self, ProgressError> {
        let name = name.into();
        let found = values.len();
        if found != height * width * channels {
            return Err(ProgressError::Image { view: name, found, height, width, channels });
        }
        Ok(Self { name, image: Image { height, width, channels, values } })
    }
}

/// One moment, as far as judges may know it: any of a typed record, camera views and a caption.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Frame {
    /// The typed state.
    pub record: Option<Record>,
    /// Camera views.
    pub views: Vec<View>,
    /// A description in words.
    pub caption: Option<String>,
}

impl Frame {
    /// The view of this name. A view that was dropped is missing, not black.
    #[must_use]
    pub fn view(&self, name: &str) -> Option<&Image> {
        self.views.iter().find(|view| view.name == name).map(|view| &view.image)
    }
}

/// Up to `n` frames, `stride` apart, that end with the present one, oldest first.
#[derive(Debug, Clone)]
pub struct Window<'a, F> {
    /// The frames; before the episode's beginning, its first frame.
    pub frames: Vec<&'a F>,
    /// Which of them really happened.
    pub mask: Vec<bool>,
}

impl<'a, F> Window<'a, F> {
    /// The window of `n` frames that ends at frame `t` of `episode`.
    pub fn ending_at(episode: &'a [F], t: usize, n: usize, stride: usize) -> Result<Self, ProgressError> {
        if t >= episode.len() || n == 0 {
            let (found, needed) = (episode.len(), if n == 0 { 1 } else { t + 1 });
            return Err(ProgressError::TooShort { what: "a window", found, needed });
        }
        let at = (0..n).rev().map(|back| t.checked_sub(back * stride));
        let (frames, mask) = at.map(|at| (&episode[at.unwrap_or(0)], at.is_some())).unzip();
        Ok(Self { frames, mask })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_looks_back_by_its_stride_and_masks_what_never_was() {
        let episode = [0, 1, 2, 3, 4, 5];
        let window = Window::ending_at(&episode, 5, 3, 2).expect("inside");
        assert_eq!((window.frames, window.mask), (vec![&1, &3, &5], vec![true; 3]));
        let early = Window::ending_at(&episode, 1, 3, 1).expect("inside");
        assert_eq!((early.frames, early.mask), (vec![&0, &0, &1], vec![false, true, true]));
        assert!(
            Window::ending_at(&episode, 6, 3, 1).is_err() && Window::ending_at(&episode, 1, 0, 1).is_err()
        );
    }

    #[test]
    fn a_view_is_full_and_a_dropped_one_is_missing() {
        let view = View::new("ego", [1, 2, 1], vec![0.0, 1.0]).expect("full");
        let frame = Frame { views: vec![view], ..Frame::default() };
        assert_eq!(frame.view("ego").map(Image::values), Some(&[0.0, 1.0][..]));
        assert_eq!(frame.view("global"), None);
        assert!(matches!(View::new("ego", [1, 2, 1], vec![0.0]), Err(ProgressError::Image { found: 1, .. })));
    }
}
