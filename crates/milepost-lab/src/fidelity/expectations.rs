use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering as Memory};

use milepost_fidelity::FidelityError;
use milepost_fidelity::orderings::{self, Effort, Ordering};

use super::execute::Settings;

/// Runs what the expected orderings need and judges them; the same whatever the number of threads.
pub(super) fn check(settings: &Settings) -> Result<Vec<Ordering>, FidelityError> {
    let next = AtomicU8::new(*orderings::ROWS.start());
    let found = Mutex::new(Vec::new());
    let work = || {
        loop {
            let row = next.fetch_add(1, Memory::Relaxed);
            if !orderings::ROWS.contains(&row) {
                return;
            }
            let checked = orderings::check(row, Effort::STANDARD, &settings.stop);
            if let Ok(mut found) = found.lock() {
                found.push((row, checked));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..settings.threads {
            scope.spawn(work);
        }
        work();
    });
    let mut found = found.into_inner().unwrap_or_default();
    found.sort_by_key(|(row, _)| *row);
    found.into_iter().map(|(_, checked)| checked).collect()
}
