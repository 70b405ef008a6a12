use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use milepost_algorithms::TrainError;
use milepost_policies::{CausalTransformer, PolicyError, SequenceModel};
use milepost_preferences::tournament::both_orders;
use milepost_rewards::ScoreError;
use milepost_rewards::reward_model::RewardModel;

use super::task::Rationale;
use super::words::{Situation, Words};

/// Prompts that go through the network together.
const PROMPTS: usize = 512;

/// A trained judge.
pub(super) enum Judge {
    /// Writes a rationale, place by place the likeliest token; its preference is the probability of the verdict.
    Generative { network: Box<CausalTransformer>, rationale: Rationale, device: Device },
    /// Scores each candidate by itself: `σ(s_a − s_b)`.
    Scalar(Box<RewardModel<CausalTransformer>>),
}

/// A question: which of two actions is better here?
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) situation: &'a Situation,
    pub(super) candidates: [u32; 2],
}

impl Asked<'_> {
    fn swapped(self) -> Self {
        let [first, second] = self.candidates;
        Self { candidates: [second, first], ..self }
    }
}

/// What a judge says of a question in the order in which it was asked.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    /// The probability that the first is better.
    pub(super) first: f64,
    /// Principles that it named.
    pub(super) principles: Vec<usize>,
}

/// The same in both orders.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Opinion {
    /// `p(a ≻ b)`, antisymmetric.
    pub(super) preference: f64,
    /// Whether the verdict flips with the order, as it should.
    pub(super) consistent: bool,
    /// Principles that it named in either order.
    pub(super) principles: Vec<usize>,
}

impl Judge {
    /// An opinion on each question.
    pub(super) fn opinions(&self, questions: &[Asked<'_>]) -> Result<Vec<Opinion>, TrainError> {
        let both: Vec<Asked<'_>> = questions.iter().flat_map(|asked| [*asked, asked.swapped()]).collect();
        let said = self.say(&both)?;
        Ok(said
            .chunks(2)
            .map(|said| Opinion {
                preference: both_orders(said[0].first, said[1].first),
                consistent: (said[0].first > 0.5) != (said[1].first > 0.5),
                principles: said.iter().flat_map(|said| said.principles.iter().copied()).collect(),
            })
            .collect())
    }

    fn say(&self, questions: &[Asked<'_>]) -> Result<Vec<Said>, TrainError> {
        match self {
            Self::Generative { network, rationale, device } => {
                let network = (**network).clone().valid();
                let mut said = Vec::with_capacity(questions.len());
                for portion in questions.chunks(PROMPTS) {
                    said.extend(write(&network, *rationale, portion, device)?);
                }
                Ok(said)
            }
            Self::Scalar(model) => {
                let sequences: Vec<Vec<u32>> = questions
                    .iter()
                    .flat_map(|asked| asked.candidates.map(|action| Words::single(asked.situation, action)))
                    .collect();
                let sequences: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
                let scores = model.score(&sequences).map_err(ScoreError::from)?;
                let scores = scores.expect(model.version())?;
                let logistic = |x: f64| 1.0 / (1.0 + libm::exp(-x));
                let of = |pair: &[f64]| Said { first: logistic(pair[0] - pair[1]), principles: Vec::new() };
                Ok(scores.chunks(2).map(of).collect())
            }
        }
    }
}

/// Writes a rationale to each question, and says how likely the verdict "first" is then.
fn write(
    network: &CausalTransformer,
    rationale: Rationale,
    questions: &[Asked<'_>],
    device: &Device,
) -> Result<Vec<Said>, TrainError> {
    let mut rows: Vec<Vec<u32>> =
        questions.iter().map(|asked| Words::prompt(asked.situation, asked.candidates)).collect();
    let places = rationale.grammar();
    let mut firsts = vec![0.5; rows.len()];
    for (index, place) in places.iter().enumerate() {
        let (n, length) = (rows.len(), rows[0].len());
        let tokens: Vec<i32> = rows.iter().flatten().map(|token| *token as i32).collect();
        let tokens = Tensor::<2, Int>::from_data(TensorData::new(tokens, [n, length]), device);
        let hidden = network.hidden(tokens);
        let width = hidden.dims()[2];
        let last = hidden.narrow(1, length - 1, 1).reshape([n, width]);
        let logits = network.logits(last);
        let words = logits.dims()[1];
        let logits = logits.try_into_vec_as::<f32>();
        let logits = logits.map_err(|error| PolicyError::Device { reason: error.to_string() })?;
        let verdict = index + 1 == places.len();
        for ((row, logits), first) in rows.iter_mut().zip(logits.chunks(words)).zip(&mut firsts) {
            let of = |token: u32| f64::from(logits[token as usize]);
            if verdict {
                let gap = of(Words::verdict(true)) - of(Words::verdict(false));
                *first = 1.0 / (1.0 + libm::exp(-gap));
            }
            // The first of equals.
            let likeliest = place.iter().copied().reduce(|a, b| if of(b) > of(a) { b } else { a });
            row.extend(likeliest);
        }
    }
    let named =
        |row: &Vec<u32>| row[Words::PROMPT..].iter().filter_map(|token| Words::named(*token)).collect();
    Ok(rows.iter().zip(firsts).map(|(row, first)| Said { first, principles: named(row) }).collect())
}
