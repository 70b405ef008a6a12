use burn::tensor::{Tensor, s};

use crate::{
    PolicyError,
    fused::{self, CacheRow, Heads},
    sequence,
};

/// Keys and values of the sequences that a session has read and written.
///
/// A sequence that is dropped keeps its slot until half of the slots are idle; then the rest move together.
#[derive(Debug, Clone)]
pub struct KeyValueCache {
    layers: Vec<Layer>,
    /// Slot and length of each row.
    rows: Vec<CacheRow>,
    slots: usize,
    capacity: usize,
}

#[derive(Debug, Clone)]
struct Layer {
    /// `[slots, kv heads, head dim, capacity]`; `None` only inside [`KeyValueCache::attend`].
    keys: Option<Tensor<4>>,
    /// `[slots, kv heads, capacity, head dim]`.
    values: Option<Tensor<4>>,
}

impl KeyValueCache {
    pub(crate) fn new(lengths: impl Iterator<Item = usize>, capacity: usize) -> Self {
        let rows: Vec<CacheRow> =
            lengths.enumerate().map(|(slot, position)| CacheRow { slot, position }).collect();
        Self { layers: Vec::new(), slots: rows.len(), rows, capacity }
    }

    /// The number of tokens in each row.
    pub fn lengths(&self) -> impl ExactSizeIterator<Item = usize> {
        self.rows.iter().map(|row| row.position)
    }

    /// Adds a layer from projections `[n·length, width]`.
    pub(crate) fn fill(&mut self, qkv: &Tensor<2>, heads: Heads, length: usize) {
        let qkv = if qkv.is_autodiff() { qkv.clone().inner() } else { qkv.clone() };
        let (n, capacity, size) = (self.slots, self.capacity, heads.head_dim);
        let device = qkv.device();
        let part = |start: usize| -> Tensor<4> {
            let part = qkv.clone().narrow(1, heads.query_width() + start, heads.key_width());
            part.reshape([n, length, heads.kv_heads, size])
        };
        let keys = Tensor::zeros([n, heads.kv_heads, size, capacity], &device)
            .slice_assign(s![.., .., .., 0..length as i32], part(0).permute([0, 2, 3, 1]));
        let values = Tensor::zeros([n, heads.kv_heads, capacity, size], &device)
            .slice_assign(s![.., .., 0..length as i32, ..], part(heads.key_width()).permute([0, 2, 1, 3]));
        self.layers.push(Layer { keys: Some(keys), values: Some(values) });
    }

    /// Selects rows (one named twice is branched) and makes room for a token in each. Returns where.
    pub(crate) fn advance(&mut self, rows: &[usize], tokens: &[u32]) -> Result<Vec<CacheRow>, PolicyError> {
        sequence::check_rows(rows, tokens, self.rows.len())?;
        let picked: Vec<CacheRow> = rows.iter().map(|row| self.rows[*row]).collect();
        if let Some(full) = picked.iter().find(|row| row.position >= self.capacity) {
            let (length, context) = (full.position + 1, self.capacity);
            return Err(PolicyError::ContextOverflow { length, context });
        }
        self.rows = picked;
        let branched = rows.windows(2).any(|pair| pair[0] >= pair[1]);
        if branched || 2 * self.rows.len() <= self.slots {
            self.compact();
        }
        let at = self.rows.clone();
        self.rows.iter_mut().for_each(|row| row.position += 1);
        Ok(at)
    }

    /// Moves every row to a slot of its own, in order.
    fn compact(&mut self) {
        let slots = |device: &_| sequence::indices(self.rows.iter().map(|row| row.slot), device);
        for layer in &mut self.layers {
            for part in [&mut layer.keys, &mut layer.values] {
                *part = part.take().map(|part| {
                    let device = part.device();
                    part.select(0, slots(&device))
                });
            }
        }
        self.rows.iter_mut().enumerate().for_each(|(slot, row)| row.slot = slot);
        self.slots = self.rows.len();
    }

    /// Writes the new tokens' keys and values of a layer and attends. `[n, width] → [n, query width]`
    pub(crate) fn attend(
        &mut self,
        layer: usize,
        qkv: Tensor<2>,
        heads: Heads,
        rows: &[CacheRow],
    ) -> Tensor<2> {
        let Layer { keys, values } = &mut self.layers[layer];
        let (k, v) = (keys.take().expect("put back below"), values.take().expect("put back below"));
        let (out, k, v) = fused::cached_attention(qkv, k, v, heads, rows);
        (*keys, *values) = (Some(k), Some(v));
        out
    }
}
