use burn::tensor::activation::log_softmax;
use burn::tensor::{Bool, Device, Int, Tensor, TensorData};
use milepost_core::{Batch, Vocabulary};
use milepost_policies::{SequenceModel, masked_logits};
use milepost_sampling::{ContextRule, Segment, scoring_segments};

use crate::TrainError;
use crate::agent::{DecisionTable, Forward, Scores};
use crate::host::host;

/// Sequences pushed through the network together: of similar length, so that little is padding.
const SEQUENCES: usize = 32;

/// The trained tokens of a batch, each with the sequence in which it is read again.
pub struct TokenTable {
    segments: Vec<Segment>,
    /// First decision of each trajectory, and one past the last.
    offsets: Vec<usize>,
    turns: Vec<u32>,
    places: Vec<Place>,
    temperature: f64,
    device: Device,
}

/// Where a decision is scored.
struct Place {
    segment: usize,
    /// Its position in the segment, never 0: the features before it predict it.
    position: usize,
    token: u32,
    /// What it was drawn among, if not the whole vocabulary.
    allowed: Option<Vec<u32>>,
}

impl TokenTable {
    /// Cuts every trajectory into the sequences that `rule` makes of it.
    pub(crate) fn build(
        batch: &Batch<()>,
        rule: &ContextRule,
        temperature: f64,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let mut table = Self {
            segments: Vec::new(),
            offsets: vec![0],
            turns: Vec::new(),
            places: Vec::new(),
            temperature,
            device: device.clone(),
        };
        for trajectory in batch.trajectories() {
            let mut turn_of = vec![0; trajectory.tokens.len()];
            for span in &trajectory.spans {
                turn_of[span.range()].fill(span.turn);
            }
            for segment in scoring_segments(trajectory, rule)? {
                for (position, index) in &segment.targets {
                    table.turns.push(turn_of[*index]);
                    table.places.push(Place {
                        segment: table.segments.len(),
                        position: *position,
                        token: trajectory.tokens[*index],
                        allowed: trajectory.allowed.get(*index).cloned().flatten(),
                    });
                }
                table.segments.push(segment);
            }
            table.offsets.push(table.places.len());
        }
        Ok(table)
    }

    /// Logits and values of `decisions`, in the order given.
    fn read<M: SequenceModel>(&self, model: &M, decisions: &[usize]) -> (Tensor<2>, Tensor<1>) {
        let mut needed: Vec<usize> = decisions.iter().map(|d| self.places[*d].segment).collect();
        needed.sort_unstable();
        needed.dedup();
        needed.sort_by_key(|segment| self.segments[*segment].tokens.len());
        // Where each segment's features begin among the rows of all portions.
        let mut first_row = vec![0; self.segments.len()];
        let (mut rows, mut features) = (0, Vec::new());
        for portion in needed.chunks(SEQUENCES) {
            let longest = portion.iter().map(|s| self.segments[*s].tokens.len()).max().unwrap_or(0);
            let mut tokens = vec![Vocabulary::PAD as i32; portion.len() * longest];
            for (segment, row) in portion.iter().zip(tokens.chunks_mut(longest.max(1))) {
                first_row[*segment] = rows;
                rows += longest;
                for (slot, token) in row.iter_mut().zip(&self.segments[*segment].tokens) {
                    *slot = *token as i32;
                }
            }
            let tokens = TensorData::new(tokens, [portion.len(), longest]);
            let hidden = model.hidden(Tensor::<2, Int>::from_data(tokens, &self.device));
            features.push(hidden.flatten::<2>(0, 1));
        }
        let features = Tensor::cat(features, 0);
        let wanted = decisions.iter().map(|d| {
            let place = &self.places[*d];
            (first_row[place.segment] + place.position - 1) as i32
        });
        let features = features.select(0, self.ints(wanted.collect()));
        let logits = model.logits(features.clone()) / self.temperature;
        (self.masked(logits, decisions), model.values(features))
    }

    /// Logits with the tokens that could not be drawn masked.
    fn masked(&self, logits: Tensor<2>, decisions: &[usize]) -> Tensor<2> {
        if decisions.iter().all(|d| self.places[*d].allowed.is_none()) {
            return logits;
        }
        let [n, words] = logits.dims();
        let mut legal = vec![false; n * words];
        for (row, d) in legal.chunks_mut(words).zip(decisions) {
            match &self.places[*d].allowed {
                Some(allowed) => allowed.iter().for_each(|token| row[*token as usize] = true),
                None => row.fill(true),
            }
        }
        masked_logits(logits, Tensor::<2, Bool>::from_data(TensorData::new(legal, [n, words]), &self.device))
    }

    fn ints(&self, values: Vec<i32>) -> Tensor<1, Int> {
        let n = values.len();
        Tensor::from_data(TensorData::new(values, [n]), &self.device)
    }

    fn actions(&self, decisions: &[usize]) -> Tensor<1, Int> {
        self.ints(decisions.iter().map(|d| self.places[*d].token as i32).collect())
    }
}

impl<M: SequenceModel> DecisionTable<M> for TokenTable {
    fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    fn turns(&self) -> &[u32] {
        &self.turns
    }

    /// The value after the last turn is 0: what a trajectory's end is worth is up to its rewards.
    fn score(&self, model: &M) -> Result<Scores, TrainError> {
        let n = self.places.len();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by_key(|d| (self.segments[self.places[*d].segment].tokens.len(), *d));
        let mut scores = Scores {
            logp: vec![0.0; n],
            values: vec![0.0; n],
            final_values: vec![0.0; self.offsets.len() - 1],
            reference: None,
        };
        // Whole segments at a time: a segment's decisions are neighbours in this order.
        let mut rest = order.as_slice();
        while !rest.is_empty() {
            let mut segments = 0;
            let mut end = 0;
            while end < rest.len() {
                let fresh = end == 0 || self.places[rest[end]].segment != self.places[rest[end - 1]].segment;
                segments += usize::from(fresh);
                if segments > SEQUENCES {
                    break;
                }
                end += 1;
            }
            let (portion, others) = rest.split_at(end);
            rest = others;
            let (logits, values) = self.read(model, portion);
            let logp = log_softmax(logits, 1).gather(1, self.actions(portion).unsqueeze_dim(1));
            for ((d, logp), value) in portion.iter().zip(host(logp)?).zip(host(values)?) {
                scores.logp[*d] = logp;
                scores.values[*d] = value;
            }
        }
        Ok(scores)
    }

    fn forward(&self, model: &M, decisions: &[usize]) -> Result<Forward, TrainError> {
        let (logits, values) = self.read(model, decisions);
        Ok(Forward { logits, values, actions: self.actions(decisions) })
    }
}
