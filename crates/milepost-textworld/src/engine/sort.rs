/// Sorts as CPython 3.11 sorts fewer than 64 items: the first run is found, and turned around if it
/// descends strictly; what follows is inserted by binary search.
///
/// Copied exactly because `less` need not be an order: TextWorld compares actions by what they take from
/// each other, and another algorithm would give another plan. Longer lists, which CPython merges, are sorted
/// in the same way.
pub(super) fn python_sort<T>(mut items: Vec<T>, less: impl Fn(&T, &T) -> bool) -> Vec<T> {
    if items.len() < 2 {
        return items;
    }
    let mut run = 2;
    if less(&items[1], &items[0]) {
        while run < items.len() && less(&items[run], &items[run - 1]) {
            run += 1;
        }
        items[..run].reverse();
    } else {
        while run < items.len() && !less(&items[run], &items[run - 1]) {
            run += 1;
        }
    }
    for next in run..items.len() {
        let (mut low, mut high) = (0, next);
        while low < high {
            let middle = usize::midpoint(low, high);
            if less(&items[next], &items[middle]) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        items[low..=next].rotate_right(1);
    }
    items
}

#[cfg(test)]
mod tests {
    use super::python_sort;
    use proptest::prelude::*;

    #[test]
    fn a_relation_that_is_no_order_gives_what_cpython_gives() {
        // Recorded from CPython 3.11, with `__lt__(a, b)` being `(a - b) % 3 == 1`.
        let beats = |a: &i32, b: &i32| (a - b).rem_euclid(3) == 1;
        assert_eq!(python_sort(vec![0, 5, 7, 2, 1, 6, 4, 3], beats), [0, 6, 3, 5, 2, 7, 1, 4]);
    }

    proptest! {
        #[test]
        fn an_order_is_sorted_stably(items in prop::collection::vec((0u8..9, 0u8..200), 0..63)) {
            let mut expected = items.clone();
            expected.sort_by_key(|item| item.0);
            prop_assert_eq!(python_sort(items, |a, b| a.0 < b.0), expected);
        }
    }
}
