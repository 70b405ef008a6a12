use milepost_core::Vocabulary;

use super::facts::ENTITIES;
use super::segment::{Expects, Open, PlacedSegment, Reading, Segment};
use super::{Domain, Fact, Operand, Relation, TraceLabConfig, TraceProblem};
use crate::error::TaskError;
use crate::tokens::Operator;

/// The ids of the language's words: values, operators, relations, entities, marks, domains and criteria.
/// They depend on the modulus and the numbers of relations and entities only.
#[derive(Debug, Clone)]
pub(super) struct Words {
    pub(super) vocabulary: Vocabulary,
    zero: u32,
    modulus: u32,
    relations: u32,
    entities: u32,
}

/// Words with one meaning each, in the order of their ids after the entities.
const MARKS: [&str; 7] = ["=", ";", "answer", "sorry", "thanks", "indeed", "?"];
const EQUALS: u32 = 0;
const NEXT: u32 = 1;
const ANSWER: u32 = 2;
const SORRY: u32 = 3;
const THANKS: u32 = 4;
const INDEED: u32 = 5;
const ASKS: u32 = 6;

impl Words {
    pub(super) fn new(config: &TraceLabConfig) -> Result<Self, TaskError> {
        let values = (0..config.modulus).map(|value| value.to_string());
        let operators = Operator::ALL.map(Operator::word);
        let relations = Relation::ALL.map(Relation::word).into_iter().take(config.relations as usize);
        let entities = ENTITIES.into_iter().take(config.entities as usize);
        let domains = Domain::ALL.map(Domain::word).into_iter().chain(Domain::ALL.map(Domain::criterion));
        let fixed = operators.into_iter().chain(relations).chain(entities).chain(MARKS).chain(domains);
        let vocabulary = Vocabulary::new(values.chain(fixed.map(str::to_owned)))
            .map_err(|error| TaskError::words("trace-lab", &error))?;
        let zero = Vocabulary::RESERVED.len() as u32;
        let TraceLabConfig { modulus, relations, entities, .. } = *config;
        Ok(Self { vocabulary, zero, modulus, relations, entities })
    }

    const fn value(&self, value: u32) -> u32 {
        self.zero + value
    }

    const fn operator(&self, operator: Operator) -> u32 {
        self.zero + self.modulus + operator as u32
    }

    const fn relation(&self, relation: Relation) -> u32 {
        self.zero + self.modulus + Operator::ALL.len() as u32 + relation as u32
    }

    const fn entity(&self, entity: u32) -> u32 {
        self.relation(Relation::Rate) + self.relations + entity
    }

    const fn mark(&self, mark: u32) -> u32 {
        self.entity(0) + self.entities + mark
    }

    const fn domain(&self, domain: Domain) -> u32 {
        self.mark(0) + MARKS.len() as u32 + domain as u32
    }

    const fn criterion(&self, domain: Domain) -> u32 {
        self.domain(Domain::State) + Domain::ALL.len() as u32 + domain as u32
    }

    fn as_value(&self, token: u32) -> Option<u32> {
        token.checked_sub(self.zero).filter(|value| *value < self.modulus)
    }

    fn as_operator(&self, token: u32) -> Option<Operator> {
        Operator::ALL.into_iter().find(|operator| self.operator(*operator) == token)
    }

    fn as_relation(&self, token: u32) -> Option<Relation> {
        let known = Relation::ALL.into_iter().take(self.relations as usize);
        known.into_iter().find(|relation| self.relation(*relation) == token)
    }

    fn as_entity(&self, token: u32) -> Option<u32> {
        token.checked_sub(self.entity(0)).filter(|entity| *entity < self.entities)
    }

    pub(super) fn prompt(&self, problem: &TraceProblem, into: &mut Vec<u32>) {
        into.push(Vocabulary::BEGIN);
        into.extend(problem.criterion.map(|criterion| self.criterion(criterion)));
        into.push(self.domain(problem.domain));
        for (index, operand) in problem.operands.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|before| problem.operators.get(before));
            into.extend(before.map(|operator| self.operator(*operator)));
            match operand {
                Operand::Number(value) => into.push(self.value(*value)),
                Operand::Fact(fact) => into.extend(self.named(*fact)),
            }
        }
        into.push(self.mark(ASKS));
    }

    const fn named(&self, fact: Fact) -> [u32; 2] {
        [self.relation(fact.relation), self.entity(fact.entity)]
    }

    pub(super) fn write(&self, segments: &[Segment]) -> Vec<u32> {
        let mut turn = Vec::new();
        for segment in segments {
            match *segment {
                Segment::Fact { fact, value } => {
                    turn.extend(self.named(fact));
                    turn.extend([self.mark(EQUALS), self.value(value)]);
                }
                Segment::Sum { left, operator, right, value } => turn.extend([
                    self.value(left),
                    self.operator(operator),
                    self.value(right),
                    self.mark(EQUALS),
                    self.value(value),
                ]),
                Segment::Answer { value } => turn.extend([self.mark(ANSWER), self.value(value)]),
                Segment::Sorry => turn.push(self.mark(SORRY)),
                Segment::Thanks => turn.push(self.mark(THANKS)),
                Segment::Indeed => turn.push(self.mark(INDEED)),
            }
            turn.push(self.mark(NEXT));
        }
        if let Some(last) = turn.last_mut() {
            *last = Vocabulary::END;
        }
        turn
    }

    /// Reads an answer of at most `limit` segments, or the beginning of one.
    pub(super) fn parse(&self, tokens: &[u32], limit: u32) -> Option<Reading> {
        let mut reading = Reading { segments: Vec::new(), expects: Expects::Segment };
        let mut begin = 0;
        for (at, token) in tokens.iter().enumerate() {
            if let Expects::Close(segment) = reading.expects {
                reading.segments.push(PlacedSegment { tokens: begin..at + 1, segment });
                begin = at + 1;
            }
            let full = reading.segments.len() >= limit as usize;
            reading.expects = self.read(reading.expects, full, *token)?;
        }
        Some(reading)
    }

    fn read(&self, expects: Expects, full: bool, token: u32) -> Option<Expects> {
        let mark = token.checked_sub(self.mark(0));
        match expects {
            Expects::Segment => match mark {
                Some(ANSWER) => Some(Expects::Claim(Open::Answer)),
                Some(SORRY) => Some(Expects::Close(Segment::Sorry)),
                Some(THANKS) => Some(Expects::Close(Segment::Thanks)),
                Some(INDEED) => Some(Expects::Close(Segment::Indeed)),
                _ => match self.as_value(token) {
                    Some(left) => Some(Expects::Operator(left)),
                    None => self.as_relation(token).map(Expects::Entity),
                },
            },
            Expects::Entity(relation) => {
                let entity = self.as_entity(token)?;
                Some(Expects::Equals(Open::Fact(Fact { relation, entity })))
            }
            Expects::Operator(left) => Some(Expects::Right(left, self.as_operator(token)?)),
            Expects::Right(left, operator) => {
                Some(Expects::Equals(Open::Sum(left, operator, self.as_value(token)?)))
            }
            Expects::Equals(open) => (mark == Some(EQUALS)).then_some(Expects::Claim(open)),
            Expects::Claim(open) => Some(Expects::Close(open.claiming(self.as_value(token)?))),
            Expects::Close(_) if token == Vocabulary::END => Some(Expects::Nothing),
            Expects::Close(_) => (mark == Some(NEXT) && !full).then_some(Expects::Segment),
            Expects::Nothing => None,
        }
    }

    /// The tokens that [`Words::read`] accepts, in increasing order; `full` if the segment that closes is the last.
    pub(super) fn may_follow(&self, expects: Expects, full: bool, into: &mut Vec<u32>) {
        let values = (0..self.modulus).map(|value| self.value(value));
        match expects {
            Expects::Segment => {
                into.extend(values);
                into.extend((0..self.relations).map(|relation| self.relation(Relation::Rate) + relation));
                into.extend([ANSWER, SORRY, THANKS, INDEED].map(|mark| self.mark(mark)));
            }
            Expects::Entity(_) => into.extend((0..self.entities).map(|entity| self.entity(entity))),
            Expects::Equals(_) => into.push(self.mark(EQUALS)),
            Expects::Claim(_) | Expects::Right(..) => into.extend(values),
            Expects::Operator(_) => {
                into.extend(Operator::ALL.map(|operator| self.operator(operator)));
            }
            Expects::Close(_) => {
                into.push(Vocabulary::END);
                into.extend((!full).then(|| self.mark(NEXT)));
            }
            Expects::Nothing => {}
        }
    }
}
