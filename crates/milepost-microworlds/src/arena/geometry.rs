/// A point `[x, y]`.
pub type Point = [f64; 2];

/// A straight wall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// One end.
    pub from: Point,
    /// The other.
    pub to: Point,
}

pub(super) fn minus(a: Point, b: Point) -> Point {
    [a[0] - b[0], a[1] - b[1]]
}

fn dot(a: Point, b: Point) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}

fn cross(a: Point, b: Point) -> f64 {
    a[0] * b[1] - a[1] * b[0]
}

pub(super) fn distance(a: Point, b: Point) -> f64 {
    let d = minus(a, b);
    dot(d, d).sqrt()
}

impl Segment {
    /// A wall between two points.
    #[must_use]
    pub const fn new(from: Point, to: Point) -> Self {
        Self { from, to }
    }

    /// The least distance of `point` to the wall.
    #[must_use]
    pub fn distance(&self, point: Point) -> f64 {
        let along = minus(self.to, self.from);
        let length2 = dot(along, along);
        let share = if length2 > 0.0 { dot(minus(point, self.from), along) / length2 } else { 0.0 };
        let share = share.clamp(0.0, 1.0);
        distance(point, [self.from[0] + share * along[0], self.from[1] + share * along[1]])
    }

    /// How far a ray from `origin` in the unit direction `direction` gets before it meets the wall; `None` if
    /// it misses, or runs along it.
    #[must_use]
    pub fn hit(&self, origin: Point, direction: Point) -> Option<f64> {
        let along = minus(self.to, self.from);
        let determinant = cross(direction, along);
        if determinant == 0.0 {
            return None;
        }
        let offset = minus(self.from, origin);
        let far = cross(offset, along) / determinant;
        let share = cross(offset, direction) / determinant;
        (far >= 0.0 && (0.0..=1.0).contains(&share)).then_some(far)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point() -> impl Strategy<Value = Point> {
        [-1.0f64..1.0, -1.0f64..1.0]
    }

    #[test]
    fn distances_to_a_wall_are_those_of_its_nearest_point() {
        let wall = Segment::new([0.0, 0.0], [1.0, 0.0]);
        assert_eq!(wall.distance([0.5, 0.25]), 0.25);
        assert_eq!(wall.distance([-3.0, 4.0]), 5.0);
        assert_eq!(Segment::new([1.0, 1.0], [1.0, 1.0]).distance([1.0, 3.0]), 2.0);
    }

    proptest! {
        #[test]
        fn a_ray_stops_on_the_wall_and_never_before_its_distance(
            from in point(), to in point(), origin in point(), angle in 0.0f64..6.0,
        ) {
            let wall = Segment::new(from, to);
            let direction = [libm::cos(angle), libm::sin(angle)];
            if let Some(far) = wall.hit(origin, direction) {
                let end = [origin[0] + far * direction[0], origin[1] + far * direction[1]];
                prop_assert!(wall.distance(end) < 1e-6 * (1.0 + far));
                prop_assert!(far >= wall.distance(origin) - 1e-6 * (1.0 + far));
            }
        }
    }
}
