use serde::{Deserialize, Serialize};

/// A box on a page: pixels `x0..x1` of rows `y0..y1`. The far edges are excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rect {
    /// Left edge.
    pub x0: i32,
    /// Upper edge.
    pub y0: i32,
    /// Right edge.
    pub x1: i32,
    /// Lower edge.
    pub y1: i32,
}

impl Rect {
    /// A box by its edges.
    #[must_use]
    pub const fn new(x0: i32, y0: i32, x1: i32, y1: i32) -> Self {
        Self { x0, y0, x1, y1 }
    }

    /// Whether it holds no pixel: `x1 ≤ x0` or `y1 ≤ y0`.
    #[must_use]
    pub const fn is_degenerate(self) -> bool {
        self.x1 <= self.x0 || self.y1 <= self.y0
    }

    /// Pixels it holds; 0 if degenerate.
    #[must_use]
    pub fn area(self) -> i64 {
        if self.is_degenerate() {
            return 0;
        }
        (i64::from(self.x1) - i64::from(self.x0)) * (i64::from(self.y1) - i64::from(self.y0))
    }

    /// Width and height; negative where edges are crossed.
    #[must_use]
    pub const fn size(self) -> (i32, i32) {
        (self.x1 - self.x0, self.y1 - self.y0)
    }

    /// Whether all of `other` lies inside.
    #[must_use]
    pub const fn covers(self, other: Self) -> bool {
        self.x0 <= other.x0 && self.y0 <= other.y0 && self.x1 >= other.x1 && self.y1 >= other.y1
    }

    /// What lies in both; degenerate if nothing does.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self {
            x0: self.x0.max(other.x0),
            y0: self.y0.max(other.y0),
            x1: self.x1.min(other.x1),
            y1: self.y1.min(other.y1),
        }
    }

    /// Wider by `margin` pixels on each side.
    #[must_use]
    pub const fn grown(self, margin: i32) -> Self {
        Self::new(self.x0 - margin, self.y0 - margin, self.x1 + margin, self.y1 + margin)
    }
}

/// Intersection over union, `|A ∩ B| / |A ∪ B|`, from 0 to 1. A degenerate box has 0 with every box.
#[must_use]
pub fn iou(a: Rect, b: Rect) -> f64 {
    let shared = a.intersection(b).area();
    if shared == 0 {
        return 0.0;
    }
    shared as f64 / (a.area() + b.area() - shared) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rects() -> impl Strategy<Value = Rect> {
        (-20..20, -20..20, -4..20, -4..20).prop_map(|(x, y, w, h)| Rect::new(x, y, x + w, y + h))
    }

    #[test]
    fn iou_of_boxes_that_share_a_half_is_a_third() {
        assert_eq!(iou(Rect::new(0, 0, 4, 2), Rect::new(2, 0, 6, 2)), 1.0 / 3.0);
    }

    proptest! {
        #[test]
        fn iou_is_symmetric_and_in_the_unit_interval(a in rects(), b in rects()) {
            prop_assert_eq!(iou(a, b), iou(b, a));
            prop_assert!((0.0..=1.0).contains(&iou(a, b)));
        }

        #[test]
        fn iou_is_one_only_for_equal_boxes(a in rects(), b in rects()) {
            prop_assert_eq!(iou(a, b) == 1.0, a == b && !a.is_degenerate());
            prop_assert_eq!(iou(a, a) == 1.0, !a.is_degenerate());
        }

        #[test]
        fn iou_is_invariant_to_translation_and_uniform_scaling(
            a in rects(), b in rects(), dx in -50..50, dy in -50..50, k in 1..9,
        ) {
            let moved = |r: Rect| {
                Rect::new(k * r.x0 + dx, k * r.y0 + dy, k * r.x1 + dx, k * r.y1 + dy)
            };
            prop_assert_eq!(iou(moved(a), moved(b)), iou(a, b));
        }

        #[test]
        fn degenerate_boxes_overlap_nothing(a in rects(), x in -5..5, y in -5..5, w in -3..1) {
            let flat = Rect::new(x, y, x + w, y + 3);
            prop_assert_eq!(iou(a, flat), 0.0);
            prop_assert_eq!(flat.area(), 0);
        }
    }
}
