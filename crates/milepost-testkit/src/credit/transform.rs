//! The same batch in another form.

use super::{CaseTrajectory, CreditCase, Position};

/// A batch in another form, and where each position of the first went.
pub(super) struct Rearranged {
    pub(super) case: CreditCase,
    /// `moved[p]` is the new place of position `p`.
    pub(super) moved: Vec<usize>,
}

/// Inserts positions that the policy did not produce, as `insert(trajectory, index)` says: how many come
/// before position `index` of a trajectory, or after its last.
fn insert(case: &CreditCase, filler: Position, count: impl Fn(usize, usize) -> usize) -> Rearranged {
    let mut trajectories = case.trajectories();
    let (mut moved, mut place) = (Vec::new(), 0);
    for (number, trajectory) in trajectories.iter_mut().enumerate() {
        let old = std::mem::take(&mut trajectory.positions);
        for index in 0..=old.len() {
            // Foreign positions belong to the turn that they introduce; the last ones to the last turn.
            let near = old.get(index).or(old.last()).copied().unwrap_or_default();
            let foreign = Position { turn: near.turn, key: near.key, policy: false, ..filler };
            let many = count(number, index);
            trajectory.positions.extend(std::iter::repeat_n(foreign, many));
            place += many;
            if let Some(position) = old.get(index) {
                trajectory.positions.push(*position);
                moved.push(place);
                place += 1;
            }
        }
    }
    Rearranged { case: CreditCase::new(&trajectories), moved }
}

/// Observations spliced in everywhere, with values that mean nothing. They carry no reward: whether a reward
/// on such a position counts is a convention of its own.
pub(super) fn with_observations(case: &CreditCase) -> Rearranged {
    let filler = Position { value: -7.25, action: 99, ..Position::default() };
    insert(case, filler, |trajectory, index| (2 * trajectory + 3 * index + 1) % 3)
}

/// All rows as long as the longest, and two positions more.
pub(super) fn padded(case: &CreditCase) -> Rearranged {
    let width = case.lengths.iter().max().copied().unwrap_or_default() + 2;
    insert(
        case,
        Position::default(),
        |trajectory, index| {
            if index == case.lengths[trajectory] { width - index } else { 0 }
        },
    )
}

/// The trajectories in the order `order`, a list of their numbers; some may be left out.
pub(super) fn select(case: &CreditCase, order: &[usize]) -> (CreditCase, Vec<usize>) {
    let trajectories = case.trajectories();
    let rows: Vec<_> = case.rows().collect();
    let chosen: Vec<CaseTrajectory> = order.iter().map(|&number| trajectories[number].clone()).collect();
    (CreditCase::new(&chosen), order.iter().flat_map(|&number| rows[number].clone()).collect())
}

/// Every trajectory changed by `change`, which sees its number and its policy positions.
pub(super) fn changed(
    case: &CreditCase,
    mut change: impl FnMut(usize, &mut CaseTrajectory, &[usize]),
) -> CreditCase {
    let mut trajectories = case.trajectories();
    for (number, trajectory) in trajectories.iter_mut().enumerate() {
        let policy: Vec<usize> =
            (0..trajectory.positions.len()).filter(|&at| trajectory.positions[at].policy).collect();
        change(number, trajectory, &policy);
    }
    CreditCase::new(&trajectories)
}

/// All rewards and values times `factor`.
pub(super) fn scaled(case: &CreditCase, factor: f64) -> CreditCase {
    let mut case = case.clone();
    let columns = [&mut case.rewards, &mut case.values, &mut case.bootstraps];
    for number in columns.into_iter().flatten() {
        *number *= factor;
    }
    case
}

/// `amount` more at the last policy position of every trajectory, so that all returns grow alike.
pub(super) fn shifted(case: &CreditCase, amount: f64) -> CreditCase {
    changed(case, |_, trajectory, policy| {
        if let Some(&last) = policy.last() {
            trajectory.positions[last].reward += amount;
        }
    })
}

/// Every return equal to `reward`, paid at the end.
pub(super) fn equalised(case: &CreditCase, reward: f64) -> CreditCase {
    changed(case, |_, trajectory, policy| {
        for position in &mut trajectory.positions {
            position.reward = 0.0;
        }
        if let Some(&last) = policy.last() {
            trajectory.positions[last].reward = reward;
        }
    })
}
