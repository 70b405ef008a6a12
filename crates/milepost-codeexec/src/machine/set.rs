//! Sets, with CPython's table: where the order of a set's items does not depend on addresses or on the random
//! hash of strings, it is CPython's order.

use super::Res;
use super::heap::{HANDLE_BYTES, Heap, Obj};
use super::val::{Ref, Val};

const MIN_SIZE: usize = 8;
const LINEAR_PROBES: usize = 9;
const PERTURB_SHIFT: u32 = 5;

#[derive(Debug, Clone, Copy)]
enum Slot {
    Empty,
    Dummy,
    Item(i64, Val),
}

/// A set, as CPython's `setobject.c` lays it out.
#[derive(Debug, Clone)]
pub(crate) struct Set {
    pub(super) frozen: bool,
    table: Vec<Slot>,
    /// Items and dummies.
    fill: usize,
    used: usize,
    /// Where `pop` looks next.
    finger: usize,
}

impl Set {
    pub(super) fn new(frozen: bool) -> Self {
        Self { frozen, table: Vec::new(), fill: 0, used: 0, finger: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.used
    }

    pub(super) fn bytes(&self) -> u64 {
        self.table.len() as u64 * (HANDLE_BYTES + 8)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Val> {
        self.table.iter().filter_map(|slot| match slot {
            Slot::Item(_, val) => Some(*val),
            _ => None,
        })
    }

    /// The first item at or after a place, and the place behind it.
    pub(super) fn next_from(&self, mut at: usize) -> Option<(Val, usize)> {
        while at < self.table.len() {
            if let Slot::Item(_, val) = self.table[at] {
                return Some((val, at + 1));
            }
            at += 1;
        }
        None
    }

    /// An empty table is laid out at the first use; CPython's is always there.
    fn mask(&self) -> usize {
        self.table.len().max(MIN_SIZE) - 1
    }

    fn insert_clean(table: &mut [Slot], hash: i64, val: Val) {
        let mask = table.len() - 1;
        let mut perturb = hash as u64;
        let mut at = perturb as usize & mask;
        loop {
            let probes = if at + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
            for probe in at..=at + probes {
                if matches!(table[probe], Slot::Empty) {
                    table[probe] = Slot::Item(hash, val);
                    return;
                }
            }
            perturb >>= PERTURB_SHIFT;
            at = at.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb as usize) & mask;
        }
    }

    /// CPython's `frozenset_hash`.
    pub(super) fn hash(&self) -> i64 {
        let shuffle = |h: u64| ((h ^ 0x055b_4db3) ^ (h << 16)).wrapping_mul(3_644_798_167);
        let mut hash: u64 = 0;
        for slot in &self.table {
            hash ^= match slot {
                Slot::Empty => shuffle(0),
                Slot::Dummy => shuffle(u64::MAX),
                Slot::Item(h, _) => shuffle(*h as u64),
            };
        }
        if self.table.is_empty() {
            hash = 0;
        }
        if (self.mask() + 1 - self.fill) & 1 == 1 {
            hash ^= shuffle(0);
        }
        if (self.fill - self.used) & 1 == 1 {
            hash ^= shuffle(u64::MAX);
        }
        hash ^= (self.used as u64 + 1).wrapping_mul(1_927_868_237);
        hash ^= (hash >> 11) ^ (hash >> 25);
        hash = hash.wrapping_mul(69_069).wrapping_add(907_133_923);
        if hash == u64::MAX { 590_923_713 } else { hash as i64 }
    }
}

impl Heap {
    pub(super) fn set(&self, at: Ref) -> &Set {
        static NONE: Set = Set { frozen: false, table: Vec::new(), fill: 0, used: 0, finger: 0 };
        match self.get(at) {
            Obj::Set(set) => set,
            _ => &NONE,
        }
    }

    pub(super) fn set_mut(&mut self, at: Ref) -> Option<&mut Set> {
        match self.get_mut(at) {
            Obj::Set(set) => Some(set),
            _ => None,
        }
    }

    pub(super) fn new_set(&mut self, frozen: bool) -> Res<Ref> {
        match self.add(Obj::Set(Box::new(Set::new(frozen))))? {
            Val::Obj(at) => Ok(at),
            _ => Ok(Ref(0)),
        }
    }

    /// Where an item is, or where it would go: the last dummy on the way, else the empty slot at its end.
    fn set_find(&mut self, at: Ref, val: Val, hash: i64) -> Res<(usize, bool)> {
        let mut dummy = None;
        let mask = self.set(at).mask();
        let mut perturb = hash as u64;
        let mut place = perturb as usize & mask;
        loop {
            let probes = if place + LINEAR_PROBES <= mask { LINEAR_PROBES } else { 0 };
            for probe in place..=place + probes {
                match self.set(at).table[probe] {
                    Slot::Empty => return Ok((dummy.unwrap_or(probe), false)),
                    Slot::Dummy => dummy = Some(probe),
                    Slot::Item(other, found) if other == hash => {
                        if self.same(found, val)? {
                            return Ok((probe, true));
                        }
                    }
                    Slot::Item(..) => {}
                }
                self.spend(u64::from(probe > place))?;
            }
            self.spend(1)?;
            perturb >>= PERTURB_SHIFT;
            place = place.wrapping_mul(5).wrapping_add(1).wrapping_add(perturb as usize) & mask;
        }
    }

    pub(super) fn set_has(&mut self, at: Ref, val: Val) -> Res<bool> {
        let hash = self.hash(val)?;
        if self.set(at).used == 0 {
            return Ok(false);
        }
        self.set_find(at, val, hash).map(|(_, found)| found)
    }

    pub(super) fn set_add(&mut self, at: Ref, val: Val) -> Res<()> {
        let hash = self.hash(val)?;
        self.set_add_hashed(at, val, hash)
    }

    fn set_add_hashed(&mut self, at: Ref, val: Val, hash: i64) -> Res<()> {
        if self.set(at).table.is_empty() {
            self.set_resize(at, 0)?;
        }
        let (place, found) = self.set_find(at, val, hash)?;
        if found {
            return Ok(());
        }
        let Some(set) = self.set_mut(at) else { return Ok(()) };
        let reused = matches!(std::mem::replace(&mut set.table[place], Slot::Item(hash, val)), Slot::Dummy);
        set.used += 1;
        if reused {
            return Ok(());
        }
        set.fill += 1;
        if set.fill * 5 < set.mask() * 3 {
            return Ok(());
        }
        let wanted = if set.used > 50_000 { set.used * 2 } else { set.used * 4 };
        self.set_resize(at, wanted)
    }

    fn set_resize(&mut self, at: Ref, wanted: usize) -> Res<()> {
        let mut size = MIN_SIZE;
        while size <= wanted {
            size *= 2;
        }
        let old = self.set(at).table.len();
        self.charge(size.saturating_sub(old) as u64 * (HANDLE_BYTES + 8))?;
        self.spend_items(old + size)?;
        let Some(set) = self.set_mut(at) else { return Ok(()) };
        let mut table = vec![Slot::Empty; size];
        for slot in &set.table {
            if let Slot::Item(hash, val) = slot {
                Set::insert_clean(&mut table, *hash, *val);
            }
        }
        set.table = table;
        set.fill = set.used;
        Ok(())
    }

    /// Whether the item was there.
    pub(super) fn set_discard(&mut self, at: Ref, val: Val) -> Res<bool> {
        let hash = self.hash(val)?;
        if self.set(at).used == 0 {
            return Ok(false);
        }
        let (place, found) = self.set_find(at, val, hash)?;
        if found && let Some(set) = self.set_mut(at) {
            set.table[place] = Slot::Dummy;
            set.used -= 1;
        }
        Ok(found)
    }

    pub(super) fn set_pop(&mut self, at: Ref) -> Res<Option<Val>> {
        let (used, mut place, mask) = {
            let set = self.set(at);
            (set.used, set.finger & set.mask(), set.mask())
        };
        if used == 0 {
            return Ok(None);
        }
        loop {
            self.spend(1)?;
            if let Slot::Item(_, val) = self.set(at).table[place] {
                if let Some(set) = self.set_mut(at) {
                    set.table[place] = Slot::Dummy;
                    set.used -= 1;
                    set.finger = place + 1;
                }
                return Ok(Some(val));
            }
            place = if place >= mask { 0 } else { place + 1 };
        }
    }

    pub(super) fn set_clear(&mut self, at: Ref) {
        if let Some(set) = self.set_mut(at) {
            *set = Set::new(set.frozen);
        }
    }

    /// CPython's `set_merge`.
    pub(super) fn set_merge(&mut self, at: Ref, other: Ref) -> Res<()> {
        if at == other || self.set(other).used == 0 {
            return Ok(());
        }
        let (from_used, from_fill, from_mask) = {
            let other = self.set(other);
            (other.used, other.fill, other.mask())
        };
        if (self.set(at).fill + from_used) * 5 >= self.set(at).mask() * 3 {
            let wanted = (self.set(at).used + from_used) * 2;
            self.set_resize(at, wanted)?;
        } else if self.set(at).table.is_empty() {
            self.set_resize(at, 0)?;
        }
        self.spend_items(from_mask)?;
        if self.set(at).fill == 0 {
            let table = self.set(other).table.clone();
            let copy = self.set(at).mask() == from_mask && from_fill == from_used;
            let Some(set) = self.set_mut(at) else { return Ok(()) };
            set.fill = from_used;
            set.used = from_used;
            if copy {
                set.table = table;
            } else {
                for slot in table {
                    if let Slot::Item(hash, val) = slot {
                        Set::insert_clean(&mut set.table, hash, val);
                    }
                }
            }
            return Ok(());
        }
        for place in 0..=from_mask {
            if let Slot::Item(hash, val) = self.set(other).table[place] {
                self.set_add_hashed(at, val, hash)?;
            }
        }
        Ok(())
    }

    /// Adds the items of another set one by one, in its order.
    pub(super) fn update_in_order(&mut self, at: Ref, other: Ref) -> Res<()> {
        let mut place = 0;
        while let Some((item, next)) = self.set(other).next_from(place) {
            self.set_add(at, item)?;
            place = next;
        }
        Ok(())
    }

    /// CPython's `make_new_set` of a set.
    pub(super) fn set_copy(&mut self, other: Ref, frozen: bool) -> Res<Ref> {
        let new = self.new_set(frozen)?;
        self.set_merge(new, other)?;
        Ok(new)
    }

    /// Adds the keys of a dict, as CPython's `set_update_internal`.
    pub(super) fn set_add_keys(&mut self, at: Ref, dict: Ref) -> Res<()> {
        let count = self.dict(dict).len();
        if (self.set(at).fill + count) * 5 >= self.set(at).mask() * 3 {
            let wanted = (self.set(at).used + count) * 2;
            self.set_resize(at, wanted)?;
        }
        let mut place = 0;
        while let Some((key, _, next)) = self.dict(dict).next_from(place) {
            self.set_add(at, key)?;
            place = next;
        }
        Ok(())
    }

    pub(super) fn set_intersection(&mut self, mut one: Ref, mut other: Ref, frozen: bool) -> Res<Ref> {
        let new = self.new_set(frozen)?;
        if self.set(other).used > self.set(one).used {
            std::mem::swap(&mut one, &mut other);
        }
        let mut place = 0;
        while let Some((val, next)) = self.set(other).next_from(place) {
            if self.set_has(one, val)? {
                self.set_add(new, val)?;
            }
            place = next;
        }
        Ok(new)
    }

    pub(super) fn set_difference(&mut self, one: Ref, other: Ref, frozen: bool) -> Res<Ref> {
        if self.set(one).used >> 2 > self.set(other).used {
            let new = self.set_copy(one, frozen)?;
            self.set_subtract(new, other)?;
            return Ok(new);
        }
        let new = self.new_set(frozen)?;
        let mut place = 0;
        while let Some((val, next)) = self.set(one).next_from(place) {
            if !self.set_has(other, val)? {
                self.set_add(new, val)?;
            }
            place = next;
        }
        Ok(new)
    }

    /// Removes the items of `other`.
    pub(super) fn set_subtract(&mut self, at: Ref, other: Ref) -> Res<()> {
        if at == other {
            self.set_clear(at);
            return Ok(());
        }
        let mut place = 0;
        while let Some((val, next)) = self.set(other).next_from(place) {
            self.set_discard(at, val)?;
            place = next;
        }
        self.set_compact(at)
    }

    /// More than a quarter of dummies are resized away.
    pub(super) fn set_compact(&mut self, at: Ref) -> Res<()> {
        let set = self.set(at);
        if set.fill - set.used <= set.mask() / 4 {
            return Ok(());
        }
        let wanted = if set.used > 50_000 { set.used * 2 } else { set.used * 4 };
        self.set_resize(at, wanted)
    }

    pub(super) fn set_symmetric(&mut self, at: Ref, other: Ref) -> Res<()> {
        if at == other {
            self.set_clear(at);
            return Ok(());
        }
        let mut place = 0;
        while let Some((val, next)) = self.set(other).next_from(place) {
            if !self.set_discard(at, val)? {
                self.set_add(at, val)?;
            }
            place = next;
        }
        Ok(())
    }

    /// Whether every item of `one` is in `other`.
    pub(super) fn set_within(&mut self, one: Ref, other: Ref) -> Res<bool> {
        if self.set(one).used > self.set(other).used {
            return Ok(false);
        }
        let mut place = 0;
        while let Some((val, next)) = self.set(one).next_from(place) {
            if !self.set_has(other, val)? {
                return Ok(false);
            }
            place = next;
        }
        Ok(true)
    }
}
