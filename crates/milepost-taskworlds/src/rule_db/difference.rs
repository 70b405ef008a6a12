use std::collections::{BTreeMap, BTreeSet};

use super::canonical::lasting;
use super::tables::{Database, Item, Order, User};

/// One change between two states. Users and items change by column; orders, whose ids mean nothing, by row: an
/// order that changes is one row less and one row more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Atom {
    /// A number of an item or a user.
    Column {
        /// `items` or `users`.
        table: Table,
        /// The row's id.
        key: u8,
        /// Position of the column.
        column: u8,
        /// Before; `None` where the row was not there.
        old: Option<i8>,
        /// After; `None` where the row is gone.
        new: Option<i8>,
    },
    /// An order that is there after, but was not before.
    Added {
        /// The row, its volatile column 0.
        row: Order,
        /// Tells equal rows apart: the how-manieth.
        copy: u8,
    },
    /// An order that was there before, but is not after.
    Removed {
        /// The row, its volatile column 0.
        row: Order,
        /// Tells equal rows apart: the how-manieth.
        copy: u8,
    },
}

/// A table whose rows change by column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// `items`: stock, price, band.
    Items,
    /// `users`: tier, balance, open.
    Users,
}

/// `Δ(before, after)`: what changed between two states, volatile columns left out.
///
/// It is empty iff the states are [`equivalent`](super::equivalent), and for one `before`, equal iff the two
/// `after` are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Difference {
    atoms: BTreeSet<Atom>,
}

impl Difference {
    /// What changed from `before` to `after`.
    #[must_use]
    pub fn between(before: &Database, after: &Database) -> Self {
        let mut atoms = BTreeSet::new();
        let item = |row: &Item| [row.stock, row.price, row.band];
        let user = |row: &User| [row.tier as i8, row.balance, row.open];
        columns(Table::Items, &before.items, &after.items, item, &mut atoms);
        columns(Table::Users, &before.users, &after.users, user, &mut atoms);
        let (old, new) = (counted(before), counted(after));
        for row in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
            let count = |rows: &BTreeMap<Order, u8>| rows.get(row).copied().unwrap_or(0);
            let (old, new) = (count(&old), count(&new));
            atoms.extend((old..new).map(|copy| Atom::Added { row: *row, copy }));
            atoms.extend((new..old).map(|copy| Atom::Removed { row: *row, copy }));
        }
        Self { atoms }
    }

    /// The changes, in order.
    pub fn atoms(&self) -> impl ExactSizeIterator<Item = &Atom> {
        self.atoms.iter()
    }

    /// How many changes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.atoms.len()
    }

    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.atoms.is_empty()
    }

    /// How far these changes are those of `wanted`.
    #[must_use]
    pub fn agreement(&self, wanted: &Self) -> Agreement {
        let common = self.atoms.intersection(&wanted.atoms).count();
        Agreement { common, made: self.len(), wanted: wanted.len() }
    }

    /// The rows of `items` and `users` that change: `n` of the explorer.
    #[must_use]
    pub fn rows(&self) -> usize {
        let rows = self.atoms.iter().map(|atom| match atom {
            Atom::Column { table, key, .. } => (*table as u8, u16::from(*key), 0),
            Atom::Added { row, copy } => (2, u16::from(row.user) << 8 | u16::from(row.item), *copy),
            Atom::Removed { row, copy } => (3, u16::from(row.user) << 8 | u16::from(row.item), *copy),
        });
        rows.collect::<BTreeSet<_>>().len()
    }
}

fn columns<R>(
    table: Table,
    before: &BTreeMap<u8, R>,
    after: &BTreeMap<u8, R>,
    numbers: impl Fn(&R) -> [i8; 3],
    atoms: &mut BTreeSet<Atom>,
) {
    for key in before.keys().chain(after.keys()).copied().collect::<BTreeSet<u8>>() {
        let (old, new) = (before.get(&key).map(&numbers), after.get(&key).map(&numbers));
        for column in 0..3 {
            let at = |row: Option<[i8; 3]>| row.map(|row| row[usize::from(column)]);
            let (old, new) = (at(old), at(new));
            if old != new {
                atoms.insert(Atom::Column { table, key, column, old, new });
            }
        }
    }
}

/// How often each order is there.
fn counted(database: &Database) -> BTreeMap<Order, u8> {
    let mut counts = BTreeMap::new();
    for row in database.orders.values() {
        *counts.entry(lasting(*row)).or_insert(0) += 1;
    }
    counts
}

/// The changes that were made against those that were wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreement {
    /// Changes that were made and wanted.
    pub common: usize,
    /// Changes that were made.
    pub made: usize,
    /// Changes that were wanted.
    pub wanted: usize,
}

impl Agreement {
    /// `common / made`: punishes collateral changes. 1 where nothing was made.
    #[must_use]
    pub fn precision(self) -> f64 {
        if self.made == 0 { 1.0 } else { self.common as f64 / self.made as f64 }
    }

    /// `common / wanted`: blind to collateral changes. 1 where nothing was wanted.
    #[must_use]
    pub fn recall(self) -> f64 {
        if self.wanted == 0 { 1.0 } else { self.common as f64 / self.wanted as f64 }
    }

    /// `F = 2 common / (made + wanted)`, the harmonic mean of precision and recall; 1 where nothing was made and
    /// nothing wanted. 1 iff exactly what was wanted was made.
    #[must_use]
    pub fn f1(self) -> f64 {
        let all = self.made + self.wanted;
        if all == 0 { 1.0 } else { 2.0 * self.common as f64 / all as f64 }
    }

    /// Changes that were made and not wanted.
    #[must_use]
    pub const fn collateral(self) -> usize {
        self.made - self.common
    }
}

/// Step rewards `r_t = F_t − F_{t−1}` of the scores `F_0 … F_T` of the states, `[T + 1]` in and `[T]` out; the last
/// also gets `bonus` if the goal was met exactly. Their sum is `F_T − F_0`, and the bonus.
///
/// A reconstruction: the paper ([arXiv 2603.00540](https://arxiv.org/abs/2603.00540)) says that its reward is dense and
/// computed from states; its formula was not available to us.
#[must_use]
pub fn state_rewards(scores: &[f64], bonus: f64, exact: bool) -> Vec<f64> {
    let mut rewards: Vec<f64> = scores.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if let (Some(last), true) = (rewards.last_mut(), exact) {
        *last += bonus;
    }
    rewards
}
