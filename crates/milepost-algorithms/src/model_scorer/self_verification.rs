use std::collections::BTreeMap;

use milepost_core::{
    Batch, Channel, Level, ScoreRequest, SpanKind, TokenEnvironment, TokenPolicy, Trajectory, Version,
};
use milepost_policies::{ModelPolicy, SequenceModel};
use milepost_rewards::ScoreReport;

use super::{ModelScorer, View};
use crate::TrainError;
use crate::agent::{TokenAgent, Verification, VerificationAid};

/// Pays a trajectory 1 where the policy that drew it says that its last turn was right, else 0: self-verification
/// (arXiv 2603.08660). No label is read.
///
/// The world writes the question ([`VerificationAid`]); the verdict is yes where `log π(yes | question)` is above
/// `log π(no | question)`, over the whole vocabulary. A turn that no question can be asked about (one that is malformed) is
/// not right, and counted as `unread`.
#[derive(Debug)]
pub struct SelfVerification<E> {
    channel: String,
    world: E,
    aid: VerificationAid<E>,
}

impl<E: TokenEnvironment> SelfVerification<E> {
    /// Writes `channel`. `world` is the prototype that episodes are drawn from.
    pub(crate) const fn new(channel: String, world: E, aid: VerificationAid<E>) -> Self {
        Self { channel, world, aid }
    }

    /// The question about each trajectory, in the batch's order.
    fn questions(&self, batch: &Batch<()>) -> Result<Vec<Option<Verification>>, TrainError> {
        let mut world = self.world.clone();
        let mut questions = Vec::new();
        for group in &batch.groups {
            world.reset(group.task())?;
            questions.extend(group.members().iter().map(|member| (self.aid.ask)(&world, &last_turn(member))));
        }
        Ok(questions)
    }
}

/// What the policy wrote last.
fn last_turn(trajectory: &Trajectory<()>) -> Vec<u32> {
    let last = trajectory.spans.iter().rfind(|span| span.kind == SpanKind::Policy);
    last.map_or_else(Vec::new, |span| trajectory.tokens[span.range()].to_vec())
}

impl<E: TokenEnvironment + 'static, M: SequenceModel> ModelScorer<TokenAgent<E, M>> for SelfVerification<E> {
    fn name(&self) -> &str {
        &self.channel
    }

    fn score(
        &mut self,
        view: &View<'_, TokenAgent<E, M>>,
        batch: &mut Batch<()>,
    ) -> Result<ScoreReport, TrainError> {
        let questions = self.questions(batch)?;
        // Each question once: answers of a group are often alike.
        let mut places = BTreeMap::new();
        let mut distinct: Vec<&Verification> = Vec::new();
        for question in questions.iter().flatten() {
            places.entry(question).or_insert_with(|| {
                distinct.push(question);
                distinct.len() - 1
            });
        }
        let words = |question: &&Verification| [[question.yes], [question.no]];
        let words: Vec<[[u32; 1]; 2]> = distinct.iter().map(words).collect();
        let requests: Vec<ScoreRequest<'_>> = distinct
            .iter()
            .zip(&words)
            .flat_map(|(question, words)| {
                words.each_ref().map(|tokens| ScoreRequest {
                    context: &question.prompt,
                    tokens,
                    allowed: &[],
                })
            })
            .collect();
        let mut log_probs = Vec::with_capacity(requests.len());
        if !requests.is_empty() {
            let policy = ModelPolicy::freeze(view.model, Version(view.iteration));
            for row in policy.score(&requests)? {
                log_probs.push(row.into_iter().map(f64::from).sum::<f64>());
            }
        }
        let mut report = ScoreReport::default();
        let (mut paid, mut unread) = (0.0, 0);
        for (trajectory, question) in batch.trajectories_mut().zip(&questions) {
            let right = question.as_ref().is_some_and(|question| {
                let at = 2 * places[question];
                log_probs[at] > log_probs[at + 1]
            });
            unread += u64::from(question.is_none());
            let reward = f64::from(u8::from(right));
            paid += reward;
            trajectory.add_channel(Channel::masked(
                &self.channel,
                Level::Trajectory,
                vec![reward],
                vec![true],
            )?)?;
        }
        report.count("unread", unread);
        report.metric("mean", paid / questions.len().max(1) as f64);
        Ok(report)
    }
}
