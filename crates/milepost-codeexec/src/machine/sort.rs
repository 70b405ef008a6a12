//! Sorting: stable, with a comparison that may fail.

use super::heap::Heap;
use super::val::Val;
use super::{Res, reject};
use crate::syntax::ast::CompareOp;

impl Heap {
    /// Sorts items by their keys; equal keys keep their order, also in reverse.
    pub(super) fn sort_by_keys(&mut self, keys: &[Val], items: &mut Vec<Val>, reverse: bool) -> Res<()> {
        let mut order: Vec<u32> = (0..keys.len() as u32).collect();
        self.spend_items(keys.len())?;
        if keys.len() > 1 {
            for key in keys {
                if matches!(key, Val::Float(x) if x.is_nan()) {
                    return reject("sorting NaN");
                }
                if matches!(self.obj(*key), Some(super::heap::Obj::Set(_))) {
                    return reject("sorting sets");
                }
            }
        }
        if reverse {
            order.reverse();
        }
        let integers: Option<Vec<i64>> = keys
            .iter()
            .map(|key| match key {
                Val::Int(value) => Some(*value),
                _ => None,
            })
            .collect();
        if let Some(integers) = integers {
            let n = keys.len() as u64;
            self.spend(n * u64::from(n.max(1).ilog2()) / 8)?;
            order.sort_by_key(|index| integers[*index as usize]);
        } else {
            let mut spare = order.clone();
            self.merge_sort(keys, &mut order, &mut spare)?;
        }
        if reverse {
            order.reverse();
        }
        let sorted = order.iter().map(|index| items[*index as usize]).collect();
        *items = sorted;
        Ok(())
    }

    /// Bottom-up merges of runs; an item is moved ahead only if it is less.
    fn merge_sort(&mut self, keys: &[Val], order: &mut Vec<u32>, spare: &mut Vec<u32>) -> Res<()> {
        let n = order.len();
        let mut width = 1;
        while width < n {
            let mut start = 0;
            while start < n {
                let (middle, end) = ((start + width).min(n), (start + 2 * width).min(n));
                let (mut left, mut right) = (start, middle);
                for slot in start..end {
                    let take_right =
                        right < end && (left >= middle || self.less(keys, order[right], order[left])?);
                    spare[slot] = if take_right {
                        right += 1;
                        order[right - 1]
                    } else {
                        left += 1;
                        order[left - 1]
                    };
                }
                start = end;
            }
            std::mem::swap(order, spare);
            width *= 2;
        }
        Ok(())
    }

    fn less(&mut self, keys: &[Val], a: u32, b: u32) -> Res<bool> {
        self.ordered(CompareOp::Lt, keys[a as usize], keys[b as usize])
    }
}
