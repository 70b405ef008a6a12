use super::ChoiceError;

/// Token sequences to choose among: at least one, none empty, all different.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidates {
    sequences: Vec<Vec<u32>>,
    /// Indices into `sequences` in lexicographic order.
    sorted: Vec<usize>,
}

impl Candidates {
    /// Checks and keeps `sequences`.
    pub fn new(sequences: Vec<Vec<u32>>) -> Result<Self, ChoiceError> {
        if sequences.is_empty() {
            return Err(ChoiceError::NoCandidates);
        }
        if let Some(index) = sequences.iter().position(Vec::is_empty) {
            return Err(ChoiceError::EmptyCandidate { index });
        }
        let mut sorted: Vec<usize> = (0..sequences.len()).collect();
        sorted.sort_by(|a, b| sequences[*a].cmp(&sequences[*b]).then(a.cmp(b)));
        if let Some(pair) = sorted.windows(2).find(|pair| sequences[pair[0]] == sequences[pair[1]]) {
            return Err(ChoiceError::Duplicate { first: pair[0], second: pair[1] });
        }
        Ok(Self { sequences, sorted })
    }

    /// The sequences in the order in which they were given.
    #[must_use]
    pub fn sequences(&self) -> &[Vec<u32>] {
        &self.sequences
    }

    /// How many there are; at least 1.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sequences.len()
    }

    /// Never.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sequences.is_empty()
    }

    /// Tokens of the longest.
    #[must_use]
    pub fn longest(&self) -> usize {
        self.sequences.iter().map(Vec::len).max().unwrap_or_default()
    }

    /// Indices in an order that depends on the sequences alone.
    pub(super) fn sorted(&self) -> &[usize] {
        &self.sorted
    }

    /// Two candidates of which the first begins the second.
    pub(super) fn prefix_pair(&self) -> Option<(usize, usize)> {
        // In lexicographic order a prefix stands right before the first sequence that it begins.
        let pairs = self.sorted.windows(2).map(|pair| (pair[0], pair[1]));
        pairs.into_iter().find(|(a, b)| self.sequences[*b].starts_with(&self.sequences[*a]))
    }
}
