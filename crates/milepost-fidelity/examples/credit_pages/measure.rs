//! Runs the rows.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use milepost_eval::Bootstrap;
use milepost_fidelity::FidelityError;
use milepost_fidelity::protocol::{ArmSummary, Instance, Sampling, run, summarize};

use crate::rules::{Arm, Page};
use crate::worlds::instance;

const SEEDS: u64 = 20;
const BATCHES: u64 = 1000;

/// One measured row.
pub(crate) struct Row {
    pub(crate) page: usize,
    pub(crate) instance: &'static str,
    pub(crate) summary: ArmSummary,
}

/// Runs all rows, on as many threads as there are cores; their order does not depend on that.
pub(crate) fn measure(pages: &[Page]) -> Result<Vec<Row>, FidelityError> {
    let rows: Vec<(usize, &Arm, &'static str)> = pages
        .iter()
        .enumerate()
        .flat_map(|(page, Page { arms, .. })| arms.iter().map(move |arm| (page, arm)))
        .flat_map(|(page, arm)| arm.instances.iter().map(move |name| (page, arm, *name)))
        .collect();
    let mut instances: BTreeMap<&str, Instance> = BTreeMap::new();
    for (.., name) in &rows {
        if !instances.contains_key(name) {
            instances.insert(name, instance(name).1.build()?);
        }
    }
    let stop = AtomicBool::new(false);
    let bootstrap = Bootstrap { replicates: 2000, ..Bootstrap::default() };
    let measure = |(page, arm, name): (usize, &Arm, &'static str)| -> Result<Row, FidelityError> {
        let records = (0..SEEDS)
            .map(|seed| {
                let sampling = Sampling { group: 8, batches: BATCHES, seed };
                run(&instances[name], (arm.build)().as_mut(), sampling, &stop)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let summary = summarize(&records.iter().collect::<Vec<_>>(), &bootstrap)?;
        Ok(Row { page, instance: name, summary })
    };
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(row) = rows.get(index) else { break };
                    let result = measure(*row);
                    done.lock().expect("no thread panics with the lock").insert(index, result);
                }
            });
        }
    });
    done.into_inner().expect("no thread panics with the lock").into_values().collect()
}
