//! Pools of turns that start from the same anchor state.

use crate::normalize::{LANES, deviation, lane, total};
use crate::{Centre, CreditError, GroupsReport, Normalize, Scale};

/// Normalises scores within many small pools whose members lie anywhere.
///
/// The members of a pool are never gathered: each pass reads the entries in order and adds to the sums of the
/// pool at hand, in the order in which [`Normalize::apply`] adds, so the results have the same bits. Which pools
/// are large, and which have scores that differ, cannot be foreseen; no pass over the entries branches on it, and
/// only entries with something to compare take part in the arithmetic. The scratch space is reused: a batch
/// costs a few allocations in all.
pub(crate) struct AnchorPools {
    heads: Vec<Head>,
    entries: Vec<Entry>,
    sums: Vec<[f64; LANES]>,
    shapes: Vec<Shape>,
    credit: Vec<f64>,
}

/// One pool.
#[derive(Clone, Copy)]
struct Head {
    first: f64,
    size: u32,
    /// Whether the scores differ; later the place of the pool's shape, 0 if it does not take part.
    place: u32,
}

/// One entry of a pool that takes part.
#[derive(Clone, Copy, Default)]
struct Entry {
    at: u32,
    place: u32,
    lane: u32,
}

/// What becomes of a score: `factor · (score − centre)/divisor`.
#[derive(Clone, Copy)]
struct Shape {
    size: u32,
    mean: f64,
    centre: f64,
    factor: f64,
    divisor: f64,
}

impl Shape {
    /// Of a pool that does not take part.
    const NONE: Self = Self { size: 2, mean: 0.0, centre: 0.0, factor: 1.0, divisor: 1.0 };

    #[inline]
    fn centred(&self, score: f64) -> f64 {
        self.factor * (score - self.centre)
    }

    /// Divides by `divisor` unless that is 0.
    #[inline]
    fn divide_by(&mut self, divisor: f64) -> Result<(), CreditError> {
        if !divisor.is_finite() {
            return Err(CreditError::Overflow { what: "divisor", index: 0 });
        }
        self.divisor = if divisor > 0.0 { divisor } else { 1.0 };
        Ok(())
    }
}

impl AnchorPools {
    pub(crate) const fn new() -> Self {
        Self {
            heads: Vec::new(),
            entries: Vec::new(),
            sums: Vec::new(),
            shapes: Vec::new(),
            credit: Vec::new(),
        }
    }

    /// Finds the score of each entry relative to its pool: entry `i` belongs to pool `ids[i] < pools` and has the
    /// finite score `scores[i]`. Every pool has a member.
    pub(crate) fn normalize(
        &mut self,
        rule: &Normalize,
        ids: &[u32],
        pools: usize,
        scores: &[f64],
        report: &mut GroupsReport,
    ) -> Result<(), CreditError> {
        self.count_members(ids, pools, scores);
        let taking_part = self.count_pools(rule, report);
        self.enrol(ids, taking_part);
        self.add_up(scores, |_, score| score);
        self.centre(rule);
        self.scale(rule, scores)?;
        self.credit.clear();
        self.credit.resize(ids.len(), 0.0);
        for entry in &self.entries {
            let (at, shape) = (entry.at as usize, &self.shapes[entry.place as usize]);
            self.credit[at] = shape.centred(scores[at]) / shape.divisor;
        }
        Ok(())
    }

    /// The relative score of each entry.
    pub(crate) fn credit(&self) -> &[f64] {
        &self.credit
    }

    /// How many entries each pool has.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = u32> + '_ {
        self.heads.iter().map(|head| head.size)
    }

    /// How many entries a pool has.
    pub(crate) fn size(&self, id: u32) -> u32 {
        self.heads[id as usize].size
    }

    /// Size and range of each pool. Notes for each entry how many members came before it.
    fn count_members(&mut self, ids: &[u32], pools: usize, scores: &[f64]) {
        self.heads.clear();
        self.heads.resize(pools, Head { first: 0.0, size: 0, place: 0 });
        self.entries.clear();
        self.entries.extend(ids.iter().zip(scores).map(|(&id, &score)| {
            let head = &mut self.heads[id as usize];
            let rank = head.size;
            head.first = if rank == 0 { score } else { head.first };
            head.place |= u32::from(score != head.first);
            head.size += 1;
            Entry { lane: rank, ..Entry::default() }
        }));
    }

    /// Reports the pools and numbers those that take part: where members are compared, equal scores give 0.
    fn count_pools(&mut self, rule: &Normalize, report: &mut GroupsReport) -> usize {
        let compares = rule.compares();
        let (mut taking_part, mut dropped, mut zero_range) = (0, 0, 0);
        for head in &mut self.heads {
            let flat = head.place == 0;
            let alone = compares && head.size == 1;
            dropped += usize::from(alone);
            zero_range += usize::from(flat && !alone);
            let takes_part = !flat || !compares;
            taking_part += u32::from(takes_part);
            head.place = if takes_part { taking_part } else { 0 };
        }
        report.groups += self.heads.len();
        report.dropped += dropped;
        report.zero_range += zero_range;
        taking_part as usize
    }

    /// Keeps the entries that take part, and prepares their pools.
    fn enrol(&mut self, ids: &[u32], taking_part: usize) {
        let mut kept = 0;
        for (at, &id) in ids.iter().enumerate() {
            let head = &self.heads[id as usize];
            let lane = lane(self.entries[at].lane, head.size);
            self.entries[kept] = Entry { at: at as u32, place: head.place, lane };
            kept += usize::from(head.place > 0);
        }
        self.entries.truncate(kept);
        // Place 0 takes what nobody reads.
        self.shapes.clear();
        self.shapes.resize(taking_part + 1, Shape::NONE);
        for head in &self.heads {
            self.shapes[head.place as usize].size = head.size;
        }
        self.shapes[0] = Shape::NONE;
    }

    /// Sums `term` of every score over its pool.
    #[inline]
    fn add_up(&mut self, scores: &[f64], term: impl Fn(&Shape, f64) -> f64) {
        self.sums.clear();
        self.sums.resize(self.shapes.len(), [0.0; LANES]);
        for &Entry { at, place, lane } in &self.entries {
            let score = scores[at as usize];
            self.sums[place as usize][lane as usize] += term(&self.shapes[place as usize], score);
        }
    }

    fn centre(&mut self, rule: &Normalize) {
        for (shape, sums) in self.shapes.iter_mut().zip(&self.sums) {
            let size = f64::from(shape.size);
            shape.mean = total(sums) / size;
            (shape.centre, shape.factor) = match rule.centre {
                Centre::Mean => (shape.mean, 1.0),
                Centre::LeaveOneOut => (shape.mean, size / (size - 1.0)),
                Centre::None => (0.0, 1.0),
            };
        }
    }

    fn scale(&mut self, rule: &Normalize, scores: &[f64]) -> Result<(), CreditError> {
        match rule.scale {
            Scale::None => Ok(()),
            Scale::MaxAbs => {
                let mut largest = vec![0.0_f64; self.shapes.len()];
                for &Entry { at, place, .. } in &self.entries {
                    let largest = &mut largest[place as usize];
                    *largest = largest.max(self.shapes[place as usize].centred(scores[at as usize]).abs());
                }
                self.shapes.iter_mut().zip(largest).try_for_each(|(shape, largest)| shape.divide_by(largest))
            }
            Scale::Std { ddof, epsilon } => {
                self.add_up(scores, |shape, score| (score - shape.mean) * (score - shape.mean));
                self.shapes.iter_mut().zip(&self.sums).skip(1).try_for_each(|(shape, squares)| {
                    shape.divide_by(deviation(total(squares), shape.size as usize, ddof)? + epsilon)
                })
            }
        }
    }
}
