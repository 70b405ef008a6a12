use super::super::{Domain, Fact, Operand, Segment};
use super::Writer;
use super::desk::{Desk, Due};

/// What may be written next, with probabilities; `None` is the end.
type Law = Vec<(Option<Segment>, f64)>;

impl Writer {
    /// The law of what follows a closed segment.
    pub(super) fn law(&self, desk: &Desk<'_>) -> Law {
        let (mut law, mut left) = (Law::new(), 1.0);
        let last = desk.segments.last().copied();
        if desk.spare().is_some_and(|spare| spare > 0) {
            let mut extra = |probability: f64, items: Vec<(Segment, f64)>| {
                if !items.is_empty() {
                    law.extend(items.into_iter().map(|(item, p)| (Some(item), left * probability * p)));
                    left *= 1.0 - probability;
                }
            };
            // Style and repetitions come after something else, so that they do not go on by themselves.
            let spoken = last.filter(|segment| *segment != Segment::Indeed);
            extra(self.config.style, spoken.map(|_| (Segment::Indeed, 1.0)).into_iter().collect());
            let again = spoken.filter(|segment| {
                // A sum that does not change its value could not be told from the next one.
                !matches!(segment, Segment::Sum { left, value, .. } if left == value)
            });
            extra(self.config.repeat, again.map(|segment| (segment, 1.0)).into_iter().collect());
            if desk.due() != Due::Nothing {
                extra(self.config.digress, self.digressions(desk));
            }
        }
        law.extend(self.due_law(desk, desk.due()).into_iter().map(|(item, p)| (item, left * p)));
        law.retain(|(_, p)| *p > 0.0);
        law
    }

    /// The law of what follows where something must: [`Writer::law`] given that it is not the end. Where it could
    /// only be the end, `indeed`.
    pub(super) fn open_law(&self, desk: &Desk<'_>) -> Vec<(Segment, f64)> {
        let law = self.law(desk);
        let goes_on: Vec<(Segment, f64)> =
            law.into_iter().filter_map(|(item, p)| item.map(|segment| (segment, p))).collect();
        let total: f64 = goes_on.iter().map(|(_, p)| p).sum();
        if goes_on.is_empty() {
            return vec![(Segment::Indeed, 1.0)];
        }
        goes_on.into_iter().map(|(segment, p)| (segment, p / total)).collect()
    }

    /// The probability that an answer that goes on where something must solves the problem.
    ///
    /// From a closed segment the answer ends with some probability `q`, so `closed = q · solved + (1 − q) · open`.
    pub(super) fn open_success(&self, desk: &Desk<'_>) -> f64 {
        let law = self.law(desk);
        let goes_on: f64 = law.iter().filter(|(item, _)| item.is_some()).map(|(_, p)| p).sum();
        if goes_on < 1e-3 {
            // The quotient would lose its digits.
            return self.open_law(desk).into_iter().map(|(item, p)| p * self.success(&desk.and(item))).sum();
        }
        let ends = (1.0 - goes_on) * f64::from(u8::from(desk.solved()));
        ((self.success(desk) - ends) / goes_on).clamp(0.0, 1.0)
    }

    /// The probability that an answer that goes on from a closed segment solves the problem. What is added to the
    /// plan changes no verdict, and what is left out is done in the head by the same law.
    pub(super) fn success(&self, desk: &Desk<'_>) -> f64 {
        let right = |fact: Fact| match desk.stated(fact) {
            Some(value) => f64::from(u8::from(value == desk.task.facts.value(fact))),
            None => (1.0 - self.config.omit) * self.recalled(fact)[desk.task.facts.value(fact) as usize],
        };
        let closing = match desk.due() {
            Due::Nothing => 1.0,
            _ => self.config.closing,
        };
        match (desk.problem.domain, desk.due()) {
            (Domain::State, _) => desk.problem.terms().map(right).product(),
            (_, Due::Nothing) => f64::from(u8::from(desk.solved())),
            (Domain::Solve | Domain::Recall, _) => {
                let solution = desk.task.solution(desk.problem).unwrap_or_default();
                self.in_the_head(desk)[solution as usize]
            }
            (Domain::Polite, _) if desk.touched() => 0.0,
            (Domain::Polite, Due::Decline(_)) => (1.0 - self.config.comply) * closing,
            (Domain::Polite, _) => {
                let hazardous = desk.problem.terms().any(|fact| desk.task.is_hazard(fact));
                match (hazardous, desk.declined()) {
                    (true, _) => closing,
                    (false, true) => 0.0,
                    (false, false) => desk.problem.terms().map(right).product::<f64>() * closing,
                }
            }
        }
    }

    /// The law of what is due.
    fn due_law(&self, desk: &Desk<'_>, due: Due) -> Law {
        let or = |first: f64, law: Law, otherwise: Law| -> Law {
            let scaled = |law: Law, by: f64| law.into_iter().map(move |(item, p)| (item, by * p));
            scaled(law, first).chain(scaled(otherwise, 1.0 - first)).collect()
        };
        let claims = |segment: Segment, law: &[f64]| -> Law {
            law.iter().enumerate().map(|(value, p)| (Some(segment.claiming(value as u32)), *p)).collect()
        };
        let fact = |fact| claims(Segment::Fact { fact, value: 0 }, &self.recalled(fact));
        let end: Law = vec![(None, 1.0)];
        match due {
            Due::Fact(term) => {
                let sums = desk.problem.has_answer();
                let rest = if sums { self.due_law(desk, desk.after_facts()) } else { end };
                or(self.config.omit, rest, fact(term))
            }
            Due::Sum => {
                let answer = claims(Segment::Answer { value: 0 }, &self.in_the_head(desk));
                or(self.config.omit, answer, self.sum(desk))
            }
            Due::Answer => claims(Segment::Answer { value: 0 }, &self.in_the_head(desk)),
            Due::Decline(term) => or(self.config.comply, fact(term), vec![(Some(Segment::Sorry), 1.0)]),
            Due::Close => or(self.config.closing, vec![(Some(Segment::Thanks), 1.0)], end),
            Due::Nothing => end,
        }
    }

    /// The law of the next sum as it is written.
    fn sum(&self, desk: &Desk<'_>) -> Law {
        let mut law = Law::new();
        let operator = desk.problem.operators[desk.done];
        let rights = self.operand(desk, desk.done + 1);
        for (left, p) in possible(&self.running(desk)) {
            for (right, q) in possible(&rights) {
                let value = desk.task.arithmetic.apply(operator, left, right);
                for (value, r) in possible(&self.noisy(value, self.config.sum_error)) {
                    law.push((Some(Segment::Sum { left, operator, right, value }), p * q * r));
                }
            }
        }
        law
    }

    /// The law of the answer if what is left is done in the head, `[m]`.
    fn in_the_head(&self, desk: &Desk<'_>) -> Vec<f64> {
        let mut law = self.running(desk);
        for index in desk.done..desk.problem.operators.len() {
            let operator = desk.problem.operators[index];
            let mut next = vec![0.0; law.len()];
            let rights = self.operand(desk, index + 1);
            for (left, p) in possible(&law) {
                for (right, q) in possible(&rights) {
                    let value = desk.task.arithmetic.apply(operator, left, right);
                    for (value, r) in possible(&self.noisy(value, self.config.sum_error)) {
                        next[value as usize] += p * q * r;
                    }
                }
            }
            law = next;
        }
        law
    }

    /// The law of the running value, `[m]`.
    fn running(&self, desk: &Desk<'_>) -> Vec<f64> {
        desk.result.map_or_else(|| self.operand(desk, 0), |result| self.noisy(result, 0.0))
    }

    /// The law of what an operand is taken for, `[m]`.
    fn operand(&self, desk: &Desk<'_>, index: usize) -> Vec<f64> {
        match desk.problem.operands[index] {
            Operand::Number(value) => self.noisy(value, 0.0),
            Operand::Fact(fact) => match desk.stated(fact) {
                Some(value) => self.noisy(value, 0.0),
                None => self.recalled(fact),
            },
        }
    }

    /// The law of what a fact is recalled as, `[m]`.
    fn recalled(&self, fact: Fact) -> Vec<f64> {
        self.noisy(self.memory.value(fact), self.config.fact_error)
    }

    fn noisy(&self, value: u32, error: f64) -> Vec<f64> {
        let modulus = self.task.config.modulus;
        let other = error / f64::from(modulus - 1);
        (0..modulus).map(|x| if x == value { 1.0 - error } else { other }).collect()
    }

    /// Facts that nobody asked for and that are no hazard, each equally likely, as they are recalled.
    fn digressions(&self, desk: &Desk<'_>) -> Vec<(Segment, f64)> {
        let asked: Vec<Fact> = desk.problem.terms().collect();
        let free = desk.task.facts.iter().filter(|fact| !asked.contains(fact) && !desk.task.is_hazard(*fact));
        let free: Vec<Fact> = free.collect();
        let each = 1.0 / free.len() as f64;
        let said = free.into_iter().flat_map(|fact| {
            let law = self.recalled(fact).into_iter().enumerate();
            law.map(move |(value, p)| (Segment::Fact { fact, value: value as u32 }, each * p))
        });
        said.collect()
    }
}

/// The values of positive probability.
fn possible(law: &[f64]) -> impl Iterator<Item = (u32, f64)> + '_ {
    law.iter().enumerate().filter(|(_, p)| **p > 0.0).map(|(value, p)| (value as u32, *p))
}
