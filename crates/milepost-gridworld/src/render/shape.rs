//! The shapes that MiniGrid's pictures are made of, as predicates over the unit square: `x` to the right, `y` down.
//!
//! Coordinates of lines and triangles pass through single precision, as they do in MiniGrid; it decides on which side
//! of an edge a sample lies.

/// A part of the unit square.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Shape {
    /// `left ≤ x ≤ right` and `top ≤ y ≤ bottom`.
    Rectangle { left: f64, right: f64, top: f64, bottom: f64 },
    /// At most `radius` from the centre.
    Circle { x: f64, y: f64, radius: f64 },
    /// At most `radius` from the segment between two points, and not beyond the box around them.
    Line { from: (f64, f64), to: (f64, f64), radius: f64 },
    /// Inside three corners, the whole turned about the middle of the square.
    Triangle { corners: [(f32, f32); 3], turn: Turn },
}

/// Cosine and sine of a rotation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Turn {
    cosine: f64,
    sine: f64,
}

impl Turn {
    /// By `-quarters · π/2`, with the cosine and sine of the rounded angle.
    pub(crate) const fn back_by(quarters: u8) -> Self {
        let (cosine, sine) = match quarters & 3 {
            0 => (1.0, 0.0),
            1 => (6.123_233_995_736_766e-17, -1.0),
            2 => (-1.0, -1.224_646_799_147_353_2e-16),
            _ => (-1.836_970_198_721_029_7e-16, 1.0),
        };
        Self { cosine, sine }
    }

    fn about_middle(self, (x, y): (f64, f64)) -> (f64, f64) {
        let (x, y) = (x - 0.5, y - 0.5);
        (0.5 + x * self.cosine - y * self.sine, 0.5 + y * self.cosine + x * self.sine)
    }
}

impl Shape {
    pub(crate) const fn rectangle(left: f64, right: f64, top: f64, bottom: f64) -> Self {
        Self::Rectangle { left, right, top, bottom }
    }

    /// From `near` to `far` in both directions.
    pub(crate) const fn square(near: f64, far: f64) -> Self {
        Self::rectangle(near, far, near, far)
    }

    pub(crate) const fn circle(x: f64, y: f64, radius: f64) -> Self {
        Self::Circle { x, y, radius }
    }

    pub(crate) fn contains(&self, (x, y): (f64, f64)) -> bool {
        match *self {
            Self::Rectangle { left, right, top, bottom } => {
                x >= left && x <= right && y >= top && y <= bottom
            }
            Self::Circle { x: cx, y: cy, radius } => {
                (x - cx) * (x - cx) + (y - cy) * (y - cy) <= radius * radius
            }
            Self::Line { from, to, radius } => near_segment((x, y), from, to, radius),
            Self::Triangle { corners, turn } => in_triangle(turn.about_middle((x, y)), corners),
        }
    }
}

fn near_segment((x, y): (f64, f64), from: (f64, f64), to: (f64, f64), radius: f64) -> bool {
    let beside = |value: f64, a: f64, b: f64| value < a.min(b) - radius || value > a.max(b) + radius;
    if beside(x, from.0, to.0) || beside(y, from.1, to.1) {
        return false;
    }
    let origin = (from.0 as f32, from.1 as f32);
    let along = (to.0 as f32 - origin.0, to.1 as f32 - origin.1);
    let length = (along.0 * along.0 + along.1 * along.1).sqrt();
    let unit = (f64::from(along.0 / length), f64::from(along.1 / length));
    let origin = (f64::from(origin.0), f64::from(origin.1));
    let travelled = ((x - origin.0) * unit.0 + (y - origin.1) * unit.1).clamp(0.0, f64::from(length));
    let gap = (x - (origin.0 + travelled * unit.0), y - (origin.1 + travelled * unit.1));
    (gap.0 * gap.0 + gap.1 * gap.1).sqrt() <= radius
}

/// By barycentric coordinates; two of the edges belong to the triangle, the one opposite the first corner does not.
fn in_triangle((x, y): (f64, f64), [a, b, c]: [(f32, f32); 3]) -> bool {
    let (v0, v1) = ((c.0 - a.0, c.1 - a.1), (b.0 - a.0, b.1 - a.1));
    let v2 = (x - f64::from(a.0), y - f64::from(a.1));
    let dot = |p: (f32, f32), q: (f32, f32)| p.0 * q.0 + p.1 * q.1;
    let dot_point = |p: (f32, f32)| f64::from(p.0) * v2.0 + f64::from(p.1) * v2.1;
    let (dot00, dot01, dot11) = (dot(v0, v0), dot(v0, v1), dot(v1, v1));
    let (dot02, dot12) = (dot_point(v0), dot_point(v1));
    let inverse = f64::from(1.0 / (dot00 * dot11 - dot01 * dot01));
    let u = (f64::from(dot11) * dot02 - f64::from(dot01) * dot12) * inverse;
    let v = (f64::from(dot00) * dot12 - f64::from(dot01) * dot02) * inverse;
    u >= 0.0 && v >= 0.0 && u + v < 1.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ARROW: [(f32, f32); 3] = [(0.3, 0.2), (0.9, 0.5), (0.3, 0.8)];

    fn turned(quarters: u8) -> Shape {
        Shape::Triangle { corners: ARROW, turn: Turn::back_by(quarters) }
    }

    proptest! {
        #[test]
        fn a_quarter_turn_takes_right_to_down(x in 0.0..1.0, y in 0.0..1.0, quarters in 0u8..4) {
            // Away from the edges, where rounding decides.
            let edge = |(x, y): (f64, f64)| {
                let inside = |d: f64| turned(quarters).contains((x + d, y)) && turned(quarters).contains((x, y + d));
                let outside = |d: f64| !turned(quarters).contains((x + d, y)) && !turned(quarters).contains((x, y + d));
                !([-1e-6, 1e-6].into_iter().all(inside) || [-1e-6, 1e-6].into_iter().all(outside))
            };
            prop_assume!(!edge((x, y)));
            prop_assert_eq!(turned(quarters).contains((x, y)), turned(quarters + 1).contains((1.0 - y, x)));
        }

        #[test]
        fn a_line_is_what_lies_within_its_radius_of_some_point_of_it(x in 0.0..1.0, y in 0.0..1.0) {
            let (from, to) = ((0.2, 0.3), (0.7, 0.6));
            let line = Shape::Line { from, to, radius: 0.1 };
            let nearest = (0..=1000)
                .map(|i| f64::from(i) / 1000.0)
                .map(|t| (from.0 + t * (to.0 - from.0) - x, from.1 + t * (to.1 - from.1) - y))
                .map(|(dx, dy): (f64, f64)| (dx * dx + dy * dy).sqrt())
                .fold(f64::INFINITY, f64::min);
            prop_assume!((nearest - 0.1).abs() > 1e-3);
            prop_assert_eq!(line.contains((x, y)), nearest < 0.1);
        }
    }

    #[test]
    fn the_arrow_points_where_the_agent_looks() {
        let tips = [(0.85, 0.5), (0.5, 0.85), (0.15, 0.5), (0.5, 0.15)];
        for quarters in 0..4 {
            for (direction, tip) in tips.into_iter().enumerate() {
                assert_eq!(turned(quarters).contains(tip), direction == usize::from(quarters));
            }
        }
    }
}
