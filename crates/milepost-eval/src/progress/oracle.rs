use serde::Serialize;

/// What evaluation knows of a state: the true progress that judges are measured against.
///
/// It lives here and not beside the judges, because no crate that trains can name this crate: a policy or
/// a reward model can see it only where a study hands it over on purpose, as its perfect-judge arm.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Oracle {
    /// True progress `Φ° = clip(1 − d/d₀, 0, 1)`.
    pub phi: f64,
    /// How many stages are behind this state.
    pub stage: u8,
    /// The fewest actions to success, `d`; `None` if it is out of reach.
    pub steps_to_go: Option<u32>,
}

impl Oracle {
    /// From the distances of this state and of the episode's first one. A state from which success is out of
    /// reach has progress 0 (and is told apart by `steps_to_go`); an episode that starts at success has 1.
    #[must_use]
    pub fn from_distance(steps_to_go: Option<u32>, at_start: u32, stage: u8) -> Self {
        let phi = match (steps_to_go, at_start) {
            (Some(0), _) => 1.0,
            (None, _) | (Some(_), 0) => 0.0,
            (Some(steps), start) => (1.0 - f64::from(steps) / f64::from(start)).clamp(0.0, 1.0),
        };
        Self { phi, stage, steps_to_go }
    }
}

#[cfg(test)]
mod tests {
    use super::Oracle;

    #[test]
    fn progress_is_the_share_of_the_way_that_is_behind() {
        let phi = |to_go, start| Oracle::from_distance(to_go, start, 0).phi;
        assert_eq!(
            [phi(Some(20), 20), phi(Some(5), 20), phi(Some(0), 20), phi(Some(0), 0)],
            [0.0, 0.75, 1.0, 1.0]
        );
        // Farther away than at the start, and lost.
        assert_eq!([phi(Some(30), 20), phi(None, 20), phi(Some(3), 0)], [0.0; 3]);
        assert_eq!(Oracle::from_distance(None, 20, 2).steps_to_go, None);
    }
}
