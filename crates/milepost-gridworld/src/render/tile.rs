//! One cell as pixels, as MiniGrid draws it: shapes painted on a canvas three times as fine, then averaged.

use crate::object::{Color, DoorState, Kind, Object};
use crate::position::Direction;
use crate::render::shape::{Shape, Turn};

type Rgb = [u8; 3];

const BLACK: Rgb = [0, 0, 0];
const GRID_LINE: Rgb = [100, 100, 100];
const AGENT: Rgb = [255, 0, 0];
const MOLTEN: Rgb = [255, 128, 0];
/// Samples along each side of a pixel.
const SAMPLES: usize = 3;
/// The share of white in a highlighted cell.
const HIGHLIGHT: f64 = 0.30;

/// MiniGrid's colours.
pub(crate) const fn rgb(color: Color) -> Rgb {
    match color {
        Color::Red => [255, 0, 0],
        Color::Green => [0, 255, 0],
        Color::Blue => [0, 0, 255],
        Color::Purple => [112, 39, 195],
        Color::Yellow => [255, 255, 0],
        Color::Grey => [100, 100, 100],
    }
}

/// `tile_size * tile_size * 3` bytes, row by row: what is in the cell, the agent on top of it, whether it is seen.
pub(crate) fn paint(
    object: Option<&Object>,
    agent: Option<Direction>,
    highlight: bool,
    tile_size: usize,
) -> Box<[u8]> {
    let mut canvas = Canvas::new(tile_size * SAMPLES);
    canvas.fill(Shape::rectangle(0.0, 0.031, 0.0, 1.0), GRID_LINE);
    canvas.fill(Shape::rectangle(0.0, 1.0, 0.0, 0.031), GRID_LINE);
    if let Some(object) = object {
        canvas.object(object);
    }
    if let Some(direction) = agent {
        let corners = [(0.12, 0.19), (0.87, 0.50), (0.12, 0.81)];
        canvas.fill(Shape::Triangle { corners, turn: Turn::back_by(direction as u8) }, AGENT);
    }
    if highlight {
        canvas.brighten();
    }
    canvas.averaged(tile_size)
}

struct Canvas {
    side: usize,
    /// Row by row.
    samples: Vec<Rgb>,
}

impl Canvas {
    fn new(side: usize) -> Self {
        Self { side, samples: vec![BLACK; side * side] }
    }

    fn fill(&mut self, shape: Shape, color: Rgb) {
        let centre = |i: usize| (i as f64 + 0.5) / self.side as f64;
        for (y, row) in self.samples.chunks_exact_mut(self.side).enumerate() {
            for (x, sample) in row.iter_mut().enumerate() {
                if shape.contains((centre(x), centre(y))) {
                    *sample = color;
                }
            }
        }
    }

    fn object(&mut self, object: &Object) {
        let color = rgb(object.color());
        match object.kind() {
            Kind::Wall | Kind::Goal => self.fill(Shape::square(0.0, 1.0), color),
            Kind::Floor => self.fill(Shape::square(0.031, 1.0), color.map(|c| c / 2)),
            Kind::Lava => self.lava(),
            Kind::Door => self.door(object.door_state(), color),
            Kind::Key => {
                self.fill(Shape::rectangle(0.50, 0.63, 0.31, 0.88), color);
                self.fill(Shape::rectangle(0.38, 0.50, 0.59, 0.66), color);
                self.fill(Shape::rectangle(0.38, 0.50, 0.81, 0.88), color);
                self.fill(Shape::circle(0.56, 0.28, 0.190), color);
                self.fill(Shape::circle(0.56, 0.28, 0.064), BLACK);
            }
            Kind::Ball => self.fill(Shape::circle(0.5, 0.5, 0.31), color),
            Kind::Box => {
                self.fill(Shape::square(0.12, 0.88), color);
                self.fill(Shape::square(0.18, 0.82), BLACK);
                self.fill(Shape::rectangle(0.16, 0.84, 0.47, 0.53), color);
            }
        }
    }

    fn lava(&mut self) {
        self.fill(Shape::square(0.0, 1.0), MOLTEN);
        for wave in 0..3 {
            let (low, high) = (0.3 + 0.2 * f64::from(wave), 0.4 + 0.2 * f64::from(wave));
            let crest = [(0.1, low), (0.3, high), (0.5, low), (0.7, high), (0.9, low)];
            for ends in crest.windows(2) {
                self.fill(Shape::Line { from: ends[0], to: ends[1], radius: 0.03 }, BLACK);
            }
        }
    }

    fn door(&mut self, state: DoorState, color: Rgb) {
        match state {
            DoorState::Open => {
                self.fill(Shape::rectangle(0.88, 1.0, 0.0, 1.0), color);
                self.fill(Shape::rectangle(0.92, 0.96, 0.04, 0.96), BLACK);
            }
            DoorState::Closed => {
                self.fill(Shape::square(0.0, 1.0), color);
                self.fill(Shape::square(0.04, 0.96), BLACK);
                self.fill(Shape::square(0.08, 0.92), color);
                self.fill(Shape::square(0.12, 0.88), BLACK);
                self.fill(Shape::circle(0.75, 0.50, 0.08), color);
            }
            DoorState::Locked => {
                self.fill(Shape::square(0.0, 1.0), color);
                self.fill(Shape::square(0.06, 0.94), color.map(|c| (0.45 * f64::from(c)) as u8));
                self.fill(Shape::rectangle(0.52, 0.75, 0.50, 0.56), color);
            }
        }
    }

    fn brighten(&mut self) {
        for channel in self.samples.as_flattened_mut() {
            *channel = (f64::from(*channel) + HIGHLIGHT * f64::from(255 - *channel)) as u8;
        }
    }

    /// The mean over each pixel's samples, rows first, rounded towards zero.
    fn averaged(&self, tile_size: usize) -> Box<[u8]> {
        let count = SAMPLES as f64;
        let mut pixels = Vec::with_capacity(tile_size * tile_size * 3);
        for rows in self.samples.chunks_exact(self.side * SAMPLES) {
            for x in 0..tile_size {
                for channel in 0..3 {
                    let row_mean = |row: &[Rgb]| {
                        let samples = &row[x * SAMPLES..(x + 1) * SAMPLES];
                        samples.iter().map(|sample| f64::from(sample[channel])).sum::<f64>() / count
                    };
                    pixels.push((rows.chunks_exact(self.side).map(row_mean).sum::<f64>() / count) as u8);
                }
            }
        }
        pixels.into_boxed_slice()
    }
}
