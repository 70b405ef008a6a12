use burn::tensor::{Device, Tensor, TensorData};

use crate::FlowError;

/// Sequences of one length over the tokens `0..V`; a masked token is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    rows: Vec<Vec<Option<u32>>>,
    vocabulary: usize,
}

impl Tokens {
    /// These sequences.
    ///
    /// # Errors
    /// No sequence, sequences of different lengths, or a token at or above `vocabulary`.
    pub fn new(rows: Vec<Vec<Option<u32>>>, vocabulary: usize) -> Result<Self, FlowError> {
        let length = rows.first().map_or(0, Vec::len);
        if length == 0 || vocabulary == 0 {
            return Err(FlowError::Size { what: "tokens of a sequence", expected: 1, found: 0 });
        }
        for (row, sequence) in rows.iter().enumerate() {
            if sequence.len() != length {
                return Err(FlowError::Size {
                    what: "tokens of a sequence",
                    expected: length,
                    found: sequence.len(),
                });
            }
            let bad = sequence
                .iter()
                .enumerate()
                .find_map(|(i, t)| t.filter(|t| *t as usize >= vocabulary).map(|t| (i, t)));
            if let Some((position, token)) = bad {
                return Err(FlowError::Token { token, row, position, vocabulary });
            }
        }
        Ok(Self { rows, vocabulary })
    }

    /// `count` sequences of masks: where sampling starts.
    pub fn masked(count: usize, length: usize, vocabulary: usize) -> Result<Self, FlowError> {
        Self::new(vec![vec![None; length]; count], vocabulary)
    }

    /// The sequences.
    #[must_use]
    pub fn rows(&self) -> &[Vec<Option<u32>>] {
        &self.rows
    }

    /// `V`.
    #[must_use]
    pub const fn vocabulary(&self) -> usize {
        self.vocabulary
    }

    /// Sequences, tokens of each, `V`: `[N, L, V]`.
    #[must_use]
    pub fn dims(&self) -> [usize; 3] {
        [self.rows.len(), self.rows[0].len(), self.vocabulary]
    }

    /// How many tokens of a sequence are masked.
    #[must_use]
    pub fn masks(&self, row: usize) -> usize {
        self.rows[row].iter().filter(|token| token.is_none()).count()
    }

    /// One-hot with the mask as class `V`: `[N, L, V + 1]`.
    #[must_use]
    pub fn one_hot(&self, device: &Device) -> Tensor<3> {
        let [rows, length, classes] = self.dims();
        let mut values = vec![0f32; rows * length * (classes + 1)];
        for (i, token) in self.rows.iter().flatten().enumerate() {
            values[i * (classes + 1) + token.map_or(classes, |t| t as usize)] = 1.0;
        }
        Tensor::from_data(TensorData::new(values, [rows, length, classes + 1]), device)
    }

    /// 1 where a token is masked, `[N, L]`.
    #[must_use]
    pub fn mask(&self, device: &Device) -> Tensor<2> {
        let [rows, length, _] = self.dims();
        let values: Vec<f32> = self.rows.iter().flatten().map(|t| f32::from(u8::from(t.is_none()))).collect();
        Tensor::from_data(TensorData::new(values, [rows, length]), device)
    }
}
