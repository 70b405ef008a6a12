use milepost_core::{
    Batch, Channel, Level, Purpose, SpanKind, Stream, StreamKey, TokenEnvironment, TokenPolicy, Trajectory,
    TurnRequest, Version,
};
use milepost_policies::{ModelPolicy, SequenceModel};
use milepost_rewards::ScoreReport;

use super::{ModelScorer, View};
use crate::TrainError;
use crate::agent::{TokenAgent, VerificationAid};

/// Pays a trajectory 1 where the policy that drew it says that its last turn was right, else 0: self-verification
/// (arXiv 2603.08660). No label is read.
///
/// The world poses the question ([`VerificationAid`]); the policy answers it with a turn of its own, well formed where
/// the world has a grammar, the working that precedes the verdict included. Each trajectory is asked about by itself,
/// from its own stream. A turn that no question can be asked about (one that is malformed) is not right, and counted as
/// `unread`; the tokens that verdicts took are counted as `tokens`.
#[derive(Debug)]
pub struct SelfVerification<E> {
    pub(crate) channel: String,
    pub(crate) temperature: f64,
    pub(crate) run_seed: u64,
    /// The prototype that episodes are drawn from.
    pub(crate) world: E,
    pub(crate) aid: VerificationAid<E>,
}

impl<E: TokenEnvironment> SelfVerification<E> {
    /// The question about each trajectory, in the batch's order.
    fn questions(&self, batch: &Batch<()>) -> Result<Vec<Option<E>>, TrainError> {
        let mut world = self.world.clone();
        let mut questions = Vec::new();
        for group in &batch.groups {
            world.reset(group.task())?;
            questions.extend(group.members().iter().map(|member| (self.aid.ask)(&world, &last_turn(member))));
        }
        Ok(questions)
    }

    fn stream(&self, iteration: u64, trajectory: usize) -> Stream {
        let key = StreamKey::new(self.run_seed, Purpose::named("self-verification"));
        Stream::new(StreamKey { task: trajectory as u64, episode: iteration, ..key })
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
        let prompts: Vec<Vec<u32>> = questions
            .iter()
            .map(|question| {
                let mut prompt = Vec::new();
                if let Some(world) = question {
                    world.observe(&mut prompt);
                }
                prompt
            })
            .collect();
        let requests = questions.iter().zip(&prompts).enumerate().filter_map(|(n, (question, context))| {
            let environment = question.as_ref()?;
            let stream = self.stream(view.iteration, n);
            Some(TurnRequest { context, environment, constrained: true, stream })
        });
        let policy = ModelPolicy::freeze(view.model, Version(view.iteration));
        let mut answers = policy.with_temperature(self.temperature)?.draw(requests.collect())?.into_iter();

        let mut report = ScoreReport::default();
        let (mut paid, mut unread, mut tokens) = (0.0, 0, 0);
        for (trajectory, question) in batch.trajectories_mut().zip(&questions) {
            let right = if let Some(world) = question {
                let answer = answers.next().expect("one for each question").tokens;
                tokens += answer.len() as u64;
                (self.aid.says_yes)(world, &answer)
            } else {
                unread += 1;
                false
            };
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
        report.count("tokens", tokens);
        report.metric("mean", paid / questions.len().max(1) as f64);
        Ok(report)
    }
}
