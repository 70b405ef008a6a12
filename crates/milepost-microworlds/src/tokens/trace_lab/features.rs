use super::{Domain, Segment, TraceLab, TraceProblem};

/// What can be seen of an answer without knowing what is true: inputs for proxies and probes.
#[derive(Debug, Clone, PartialEq)]
pub struct TraceFeatures([f64; TraceFeatures::NAMES.len()]);

impl TraceFeatures {
    /// The names of the features, in order: counts, and the domain one-hot.
    pub const NAMES: [&'static str; 14] = [
        "tokens",
        "segments",
        "facts",
        "sums",
        "answers",
        "sorry",
        "thanks",
        "indeed",
        "identical",
        "entities",
        "state",
        "solve",
        "recall",
        "polite",
    ];

    /// The values, in the order of [`TraceFeatures::NAMES`].
    #[must_use]
    pub const fn values(&self) -> &[f64] {
        &self.0
    }

    /// The value called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        Self::NAMES.iter().position(|own| *own == name).map(|index| self.0[index])
    }
}

impl TraceLab {
    /// The features of an answer or of the beginning of one; `None` if no well-formed answer begins so.
    #[must_use]
    pub fn features(&self, problem: &TraceProblem, tokens: &[u32]) -> Option<TraceFeatures> {
        let segments: Vec<Segment> = self.segments(tokens)?.iter().map(|placed| placed.segment).collect();
        let count = |kind: fn(&Segment) -> bool| segments.iter().filter(|segment| kind(segment)).count();
        let identical = segments
            .iter()
            .enumerate()
            .filter(|(index, segment)| segments[..*index].contains(segment))
            .count();
        let mut entities: Vec<u32> = segments
            .iter()
            .filter_map(
                |segment| if let Segment::Fact { fact, .. } = segment { Some(fact.entity) } else { None },
            )
            .collect();
        entities.sort_unstable();
        entities.dedup();
        let counts = [
            tokens.len(),
            segments.len(),
            count(|segment| matches!(segment, Segment::Fact { .. })),
            count(|segment| matches!(segment, Segment::Sum { .. })),
            count(|segment| matches!(segment, Segment::Answer { .. })),
            count(|segment| matches!(segment, Segment::Sorry)),
            count(|segment| matches!(segment, Segment::Thanks)),
            count(|segment| matches!(segment, Segment::Indeed)),
            identical,
            entities.len(),
        ];
        let domain = Domain::ALL.map(|domain| usize::from(domain == problem.domain));
        let mut values = [0.0; TraceFeatures::NAMES.len()];
        for (value, count) in values.iter_mut().zip(counts.into_iter().chain(domain)) {
            *value = count as f64;
        }
        Some(TraceFeatures(values))
    }
}
