use milepost_core::Stream;

use super::world::World;

/// How a candidate differs from the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Shaped, scaled and shifted: the same preferences.
    Equivalent,
    /// Noise on every transition that can happen.
    Noisy,
    /// The mean of noisy observations of every cell.
    Learned,
    /// The goal elsewhere.
    WrongGoal,
    /// Noise on transitions that cannot happen: the same behaviour.
    Impossible,
    /// Noise on all transitions, more of it on those that cannot happen.
    NoisyImpossible,
}

impl Kind {
    pub(super) const ALL: [Self; 6] = [
        Self::Equivalent,
        Self::Noisy,
        Self::Learned,
        Self::WrongGoal,
        Self::Impossible,
        Self::NoisyImpossible,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Equivalent => "shaped, scaled and shifted",
            Self::Noisy => "noisy",
            Self::Learned => "learned",
            Self::WrongGoal => "wrong goal",
            Self::Impossible => "wrong where nothing can happen",
            Self::NoisyImpossible => "noisy, more so where nothing can happen",
        }
    }
}

/// A reward that somebody might believe.
pub(super) struct Candidate {
    pub(super) kind: Kind,
    /// `R[s, a, s']`.
    pub(super) reward: Vec<f64>,
}

/// `count` candidates of each kind, from nearly right to wrong.
pub(super) fn candidates(world: &World, count: usize, shared: bool, stream: &mut Stream) -> Vec<Candidate> {
    let mut all = Vec::with_capacity(Kind::ALL.len() * count);
    for kind in Kind::ALL {
        for index in 0..count {
            let wrong = (index + 1) as f64 / count as f64;
            all.push(Candidate { kind, reward: reward(world, kind, wrong, shared, stream) });
        }
    }
    all
}

fn reward(world: &World, kind: Kind, wrong: f64, shared: bool, stream: &mut Stream) -> Vec<f64> {
    let truth = world.reward();
    match kind {
        Kind::Equivalent => {
            let (scale, shift) = (0.5 + stream.uniform(), stream.normal());
            let potential: Vec<f64> = (0..world.states()).map(|_| stream.normal()).collect();
            let shaped = |(index, reward): (usize, &f64)| {
                let (from, to) = (index / (world.states() * World::ACTIONS), index % world.states());
                scale * reward + shift + world.discount() * potential[to] - potential[from]
            };
            truth.iter().enumerate().map(shaped).collect()
        }
        Kind::Noisy => {
            let possible = world.transitions();
            let noisy = |(reward, p): (&f64, &f64)| {
                let noise = stream.normal();
                if *p > 0.0 { reward + wrong * noise } else { *reward }
            };
            truth.iter().zip(possible).map(noisy).collect()
        }
        Kind::Learned => {
            // From 64 observations of each cell down to one, with noise of one standard deviation.
            let observations = libm::exp2(6.0 * (1.0 - wrong)).round();
            let of_cell: Vec<f64> =
                (0..world.states()).map(|_| stream.normal() / observations.sqrt()).collect();
            truth.iter().enumerate().map(|(index, r)| r + of_cell[index % world.states()]).collect()
        }
        Kind::WrongGoal => {
            let mut others: Vec<usize> = (0..world.states()).filter(|cell| *cell != world.goal()).collect();
            others.sort_by_key(|cell| (world.steps_between(*cell, world.goal()), *cell));
            // Spread over all other cells, nearest first.
            let at = (wrong * others.len() as f64) as usize;
            world.goal_reward(others[at.clamp(1, others.len()) - 1])
        }
        Kind::Impossible => disturbed(world, 0.0, 3.0 * wrong, shared, stream),
        Kind::NoisyImpossible => {
            let size = 3.0 * stream.uniform();
            disturbed(world, wrong, size, shared, stream)
        }
    }
}

/// The truth with noise on transitions that can and that cannot happen. The latter is independent, or one
/// error for each state that is left, as that of a model which was never shown such transitions.
fn disturbed(world: &World, possible: f64, impossible: f64, shared: bool, stream: &mut Stream) -> Vec<f64> {
    let from_state: Vec<f64> = (0..world.states()).map(|_| stream.normal()).collect();
    let noisy = |(index, (reward, p)): (usize, (&f64, &f64))| {
        let own = stream.normal();
        if *p > 0.0 {
            reward + possible * own
        } else {
            let state = index / (world.states() * World::ACTIONS);
            reward + impossible * if shared { from_state[state] } else { own }
        }
    };
    world.reward().iter().zip(world.transitions()).enumerate().map(noisy).collect()
}
