use crate::FlowError;

/// The prompt of each row of a batch; `None` is the empty prompt of classifier-free guidance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompts(Vec<Option<usize>>);

impl Prompts {
    /// One prompt a row.
    #[must_use]
    pub fn new(rows: Vec<Option<usize>>) -> Self {
        Self(rows)
    }

    /// No row has a prompt.
    #[must_use]
    pub fn none(rows: usize) -> Self {
        Self(vec![None; rows])
    }

    /// The prompt of each row.
    #[must_use]
    pub fn rows(&self) -> &[Option<usize>] {
        &self.0
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The rows at these places.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        Self(rows.iter().map(|row| self.0[*row]).collect())
    }

    /// Refuses prompts at or above `known`.
    pub fn check(&self, known: usize) -> Result<(), FlowError> {
        match self.0.iter().flatten().find(|prompt| **prompt >= known) {
            Some(prompt) => Err(FlowError::Prompt { prompt: *prompt, known }),
            None => Ok(()),
        }
    }

    /// Where each row stands in a table with one row a prompt and a last one for the empty prompt.
    pub(crate) fn index(&self, known: usize) -> Vec<i32> {
        self.0.iter().map(|prompt| prompt.unwrap_or(known) as i32).collect()
    }
}

/// Samples in groups of one size, each group with one prompt; group by group in the batch. What is relative to a
/// group is never taken across prompts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Groups {
    prompts: Vec<Option<usize>>,
    size: usize,
}

impl Groups {
    /// A group of `size` samples for each prompt.
    pub fn new(prompts: Vec<Option<usize>>, size: usize) -> Result<Self, FlowError> {
        if prompts.is_empty() || size == 0 {
            return Err(FlowError::Size {
                what: "groups, each with at least one sample",
                expected: 1,
                found: 0,
            });
        }
        Ok(Self { prompts, size })
    }

    /// Number of groups.
    #[must_use]
    pub fn count(&self) -> usize {
        self.prompts.len()
    }

    /// Samples of each group.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Samples in all.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.prompts.len() * self.size
    }

    /// The rows of each group.
    pub fn ranges(&self) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
        let size = self.size;
        (0..self.prompts.len()).map(move |group| group * size..(group + 1) * size)
    }

    /// The prompt of each row.
    #[must_use]
    pub fn row_prompts(&self) -> Prompts {
        Prompts(self.prompts.iter().flat_map(|prompt| std::iter::repeat_n(*prompt, self.size)).collect())
    }
}
