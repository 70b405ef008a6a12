use std::sync::atomic::{AtomicUsize, Ordering};

/// `work` on every item by at most `threads` threads; the results are in the order of the items.
pub(crate) fn ordered<I: Sync, O: Send>(
    items: &[I],
    threads: usize,
    work: impl Fn(&I) -> O + Sync,
) -> Vec<O> {
    let threads = threads.min(items.len());
    if threads <= 1 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let take = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return done };
            done.push((index, work(item)));
        }
    };
    let mut results: Vec<(usize, O)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(take)).collect();
        let joined = workers
            .into_iter()
            .flat_map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        joined.collect()
    });
    results.sort_unstable_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::ordered;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn results_are_in_order_whatever_the_threads(items in prop::collection::vec(0u64..1000, 0..60), threads in 0usize..9) {
            let expected: Vec<u64> = items.iter().map(|item| item * 3).collect();
            let slow = |item: &u64| {
                for _ in 0..item % 7 {
                    std::thread::yield_now();
                }
                item * 3
            };
            prop_assert_eq!(ordered(&items, threads, slow), expected);
        }
    }
}
