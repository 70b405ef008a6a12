//! Runs the built-in suite at a scale (`smoke`, `small`, `full`) and prints its report.

use std::num::NonZero;
use std::sync::atomic::AtomicBool;

use milepost_eval::Bootstrap;
use milepost_fidelity::config::{Scale, credit_bench};
use milepost_fidelity::orderings::{Effort, ROWS, check};
use milepost_fidelity::protocol::{Options, run_suite};
use milepost_fidelity::report::Report;

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "an example speaks")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let scale = match std::env::args().nth(1).as_deref() {
        Some("small") => Scale::Small,
        Some("full") => Scale::Full,
        None | Some("smoke") => Scale::Smoke,
        Some(other) => return Err(format!("{other} is no scale; use smoke, small or full").into()),
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let stop = AtomicBool::new(false);
    let progress = |p: milepost_fidelity::protocol::Progress| {
        if p.done.is_multiple_of(200) || p.done == p.total {
            eprintln!("{} of {} runs", p.done, p.total);
        }
    };
    let options = Options { threads, clock: None, progress: &progress, stop: &stop };
    let outcome = run_suite(&credit_bench(scale), options)?;
    let orderings = if scale == Scale::Smoke {
        Vec::new()
    } else {
        ROWS.map(|row| check(row, Effort::STANDARD, &stop)).collect::<Result<_, _>>()?
    };
    print!(
        "{}",
        Report::new(&outcome, orderings, &Bootstrap { replicates: 1000, ..Bootstrap::default() })?.text()
    );
    Ok(())
}
