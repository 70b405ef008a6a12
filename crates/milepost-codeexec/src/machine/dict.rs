//! Dicts: entries in insertion order, found through a table of indices.

use super::heap::{HANDLE_BYTES, Heap, Obj};
use super::val::{Ref, Val};
use super::{Res, type_error};

const EMPTY: u32 = u32::MAX;
const GONE: u32 = u32::MAX - 1;

/// A dict. Removed entries stay as gaps until the next growth.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dict {
    entries: Vec<Option<(i64, Val, Val)>>,
    /// Indices of entries by hash, a power of two, or empty.
    table: Vec<u32>,
    used: usize,
}

impl Dict {
    pub(super) fn len(&self) -> usize {
        self.used
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (Val, Val)> {
        self.entries.iter().flatten().map(|(_, key, value)| (*key, *value))
    }

    pub(super) fn bytes(&self) -> u64 {
        (self.entries.capacity() as u64) * (2 * HANDLE_BYTES + 8) + self.table.len() as u64 * 4
    }

    /// The first entry at or after a place, and the place behind it.
    pub(super) fn next_from(&self, mut at: usize) -> Option<(Val, Val, usize)> {
        while at < self.entries.len() {
            if let Some((_, key, value)) = self.entries[at] {
                return Some((key, value, at + 1));
            }
            at += 1;
        }
        None
    }

    /// The last entry before a place, and its place.
    pub(super) fn next_back_from(&self, mut at: usize) -> Option<(Val, Val, usize)> {
        at = at.min(self.entries.len());
        while at > 0 {
            at -= 1;
            if let Some((_, key, value)) = self.entries[at] {
                return Some((key, value, at));
            }
        }
        None
    }

    pub(super) fn places(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    fn slot(&self, hash: i64) -> usize {
        let mixed = (hash as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> 32) as usize & (self.table.len() - 1)
    }
}

impl Heap {
    pub(super) fn dict(&self, at: Ref) -> &Dict {
        static NONE: Dict = Dict { entries: Vec::new(), table: Vec::new(), used: 0 };
        match self.get(at) {
            Obj::Dict(dict) => dict,
            _ => &NONE,
        }
    }

    pub(super) fn dict_mut(&mut self, at: Ref) -> Option<&mut Dict> {
        match self.get_mut(at) {
            Obj::Dict(dict) => Some(dict),
            _ => None,
        }
    }

    pub(super) fn new_dict(&mut self) -> Res<Val> {
        self.add(Obj::Dict(Box::default()))
    }

    /// The table's slot and the entry of a key, or the free slot where it would go.
    fn find(&mut self, at: Ref, key: Val, hash: i64) -> Res<(usize, Option<usize>)> {
        if self.dict(at).table.is_empty() {
            return Ok((0, None));
        }
        let mut slot = self.dict(at).slot(hash);
        let mut free = None;
        loop {
            let dict = self.dict(at);
            match dict.table[slot] {
                EMPTY => return Ok((free.unwrap_or(slot), None)),
                GONE => free = free.or(Some(slot)),
                index => {
                    if let Some((other_hash, other, _)) = dict.entries[index as usize]
                        && other_hash == hash
                        && self.same(other, key)?
                    {
                        return Ok((slot, Some(index as usize)));
                    }
                }
            }
            self.spend(1)?;
            let dict = self.dict(at);
            slot = (slot + 1) & (dict.table.len() - 1);
        }
    }

    pub(super) fn dict_get(&mut self, at: Ref, key: Val) -> Res<Option<Val>> {
        let hash = self.hash(key)?;
        let (_, found) = self.find(at, key, hash)?;
        Ok(found.and_then(|index| self.dict(at).entries[index]).map(|(_, _, value)| value))
    }

    pub(super) fn dict_put(&mut self, at: Ref, key: Val, value: Val) -> Res<()> {
        let hash = self.hash(key)?;
        let (slot, found) = self.find(at, key, hash)?;
        if let Some(index) = found {
            if let Some(dict) = self.dict_mut(at)
                && let Some(entry) = &mut dict.entries[index]
            {
                entry.2 = value;
            }
            return Ok(());
        }
        let (used, places, table) = {
            let dict = self.dict(at);
            (dict.used, dict.entries.len(), dict.table.len())
        };
        if (places + 1) * 3 > table * 2 {
            self.rebuild(at, (used + 1) * 3)?;
            let (slot, _) = self.find(at, key, hash)?;
            self.insert_at(at, slot, hash, key, value);
        } else {
            self.insert_at(at, slot, hash, key, value);
        }
        Ok(())
    }

    fn insert_at(&mut self, at: Ref, slot: usize, hash: i64, key: Val, value: Val) {
        if let Some(dict) = self.dict_mut(at) {
            dict.table[slot] = dict.entries.len() as u32;
            dict.entries.push(Some((hash, key, value)));
            dict.used += 1;
        }
    }

    /// A table for at least `wanted` slots, without gaps.
    fn rebuild(&mut self, at: Ref, wanted: usize) -> Res<()> {
        let size = wanted.max(8).next_power_of_two();
        let room = size * 2 / 3;
        let old = self.dict(at).bytes();
        let new = room as u64 * (2 * HANDLE_BYTES + 8) + size as u64 * 4;
        self.charge(new.saturating_sub(old))?;
        let used = self.dict(at).used;
        self.spend_items(used)?;
        let Some(dict) = self.dict_mut(at) else { return Ok(()) };
        let mut entries = Vec::with_capacity(room);
        entries.extend(std::mem::take(&mut dict.entries).into_iter().flatten().map(Some));
        dict.entries = entries;
        dict.table = vec![EMPTY; size];
        for index in 0..dict.entries.len() {
            if let Some((hash, _, _)) = dict.entries[index] {
                let mut slot = dict.slot(hash);
                while dict.table[slot] != EMPTY {
                    slot = (slot + 1) & (size - 1);
                }
                dict.table[slot] = index as u32;
            }
        }
        Ok(())
    }

    pub(super) fn dict_remove(&mut self, at: Ref, key: Val) -> Res<Option<Val>> {
        let hash = self.hash(key)?;
        let (slot, Some(index)) = self.find(at, key, hash)? else { return Ok(None) };
        let Some(dict) = self.dict_mut(at) else { return Ok(None) };
        dict.table[slot] = GONE;
        dict.used -= 1;
        let removed = dict.entries[index].take().map(|(_, _, value)| value);
        Ok(removed)
    }

    pub(super) fn dict_copy(&mut self, at: Ref) -> Res<Val> {
        let copy = self.dict(at).clone();
        self.spend_items(copy.entries.len())?;
        self.add(Obj::Dict(Box::new(copy)))
    }

    /// Puts all pairs of another dict.
    pub(super) fn dict_merge(&mut self, at: Ref, other: Val) -> Res<()> {
        let Some(Obj::Dict(_)) = self.obj(other) else { return type_error() };
        let Val::Obj(from) = other else { return type_error() };
        if from == at {
            return Ok(());
        }
        let mut place = 0;
        while let Some((key, value, next)) = self.dict(from).next_from(place) {
            self.spend(1)?;
            self.dict_put(at, key, value)?;
            place = next;
        }
        Ok(())
    }
}
