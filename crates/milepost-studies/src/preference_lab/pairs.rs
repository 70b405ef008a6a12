use milepost_core::{Purpose, Stream, StreamKey};
use milepost_microworlds::tokens::{Segment, TraceProblem, TurnTask};
use milepost_preferences::oracle::{Oracle, Query, Teacher};
use milepost_preferences::{Label, PreferencePair, PreferenceSet};
use serde::{Deserialize, Serialize};

use super::Bench;
use crate::StudyError;

/// Style that goes with the labels and means nothing: one to three `indeed` at the head of one answer of a pair, none
/// in the other.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Planted {
    /// Share of pairs in which the preferred answer has it.
    pub preferred: f64,
    /// Share in which the other one has it.
    pub other: f64,
}

impl Bench {
    /// `count` pairs of the writer's answers, prompt and answer in one sequence, labelled by `teacher`, with style
    /// planted if asked for. Teachers who differ see the same answers and the same luck.
    pub(crate) fn pairs(
        &self,
        count: usize,
        teacher: &Teacher,
        planted: Option<Planted>,
        seed: u64,
    ) -> Result<PreferenceSet<Vec<u32>>, StudyError> {
        let part = "the pairs";
        let mut set = PreferenceSet::new(["writer"]).map_err(StudyError::part(part))?;
        for index in 0..count {
            let stream = |purpose| {
                let key = StreamKey::new(seed, Purpose::named(purpose));
                Stream::new(StreamKey { task: index as u64, ..key })
            };
            let mut draws = stream("preference-lab/pairs");
            let problem = self.task.draw(&mut draws);
            let answers = [0; 2].map(|_| self.writer.answer(&problem, &mut draws));
            let rewards =
                [0, 1].map(|i| self.task.oracle_by_segment(&problem, &answers[i]).unwrap_or_default());
            let query = Query { asked: index as u64, ..Query::new(&rewards[0], &rewards[1]) };
            let answer = teacher
                .answer(&query, &mut stream("preference-lab/teacher"))
                .map_err(StudyError::part("the teacher"))?;
            let styled = match planted {
                Some(planted) => {
                    self.styled(answers, answer.label, planted, &mut stream("preference-lab/style"))
                }
                None => answers,
            };
            let [first, second] = styled.map(|answer| self.sequence(&problem, &answer));
            set.push(PreferencePair::new(first, second, answer.label)).map_err(StudyError::part(part))?;
        }
        Ok(set)
    }

    /// Prompt and answer.
    fn sequence(&self, problem: &TraceProblem, answer: &[u32]) -> Vec<u32> {
        let mut sequence = Vec::new();
        self.task.prompt(problem, &mut sequence);
        sequence.extend_from_slice(answer);
        sequence
    }

    fn styled(
        &self,
        answers: [Vec<u32>; 2],
        label: Label,
        planted: Planted,
        stream: &mut Stream,
    ) -> [Vec<u32>; 2] {
        let (luck, times) = (stream.uniform(), 1 + stream.below(3) as usize);
        let preferred = match label.probability() {
            Some(p) if p > 0.5 => 0,
            Some(p) if p < 0.5 => 1,
            _ => return answers,
        };
        let with = if luck < planted.preferred {
            Some(preferred)
        } else if luck < planted.preferred + planted.other {
            Some(1 - preferred)
        } else {
            None
        };
        [0, 1].map(|side| self.with_style(&answers[side], if with == Some(side) { times } else { 0 }))
    }

    /// The answer with exactly so many `indeed`, at its head; fewer where there is no room for more.
    fn with_style(&self, answer: &[u32], times: usize) -> Vec<u32> {
        let said = self.task.segments(answer).unwrap_or_default();
        let said: Vec<Segment> =
            said.into_iter().map(|placed| placed.segment).filter(|s| *s != Segment::Indeed).collect();
        if said.is_empty() {
            return answer.to_vec();
        }
        let room = (self.task.config().segments as usize).saturating_sub(said.len());
        let style = std::iter::repeat_n(Segment::Indeed, times.min(room));
        self.task.write(&style.chain(said).collect::<Vec<_>>())
    }
}
