//! How many reference solutions of the problem files MiniPy runs and solves: the table of the book's page.
//!
//! ```sh
//! cargo run -p milepost-codeexec --example problem_counts
//! ```
#![allow(clippy::print_stdout, reason = "the table is the point")]

use milepost_codeexec::{Judge, MiniPy, Problem, ProblemError, Verdict};
use milepost_testkit::fixtures;

type Read = fn(&str) -> Vec<Result<Problem, ProblemError>>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files: [(&str, &str, Read); 2] = [
        ("HumanEval", "parity/humaneval/problems.jsonl", Problem::humaneval),
        ("MBPP", "parity/mbpp/problems.jsonl", Problem::mbpp),
    ];
    println!("| problems | read | tests | left out | inside MiniPy | solved |");
    println!("|---|---|---|---|---|---|");
    for (name, path, read) in files {
        let problems: Vec<Problem> = read(&fixtures::text(path)?).into_iter().collect::<Result<_, _>>()?;
        let (mut inside, mut solved, mut refused) = (0, 0, Vec::new());
        for problem in &problems {
            let report = Judge::new(MiniPy).judge(&problem.solution, &problem.entry, &problem.tests);
            if report.tests.iter().any(|test| test.verdict == Verdict::Rejected) {
                let why = report.rejected.map_or("refused when reached".to_owned(), |why| why.to_string());
                refused.push(format!("{}: {why}", problem.id));
            } else {
                inside += 1;
                solved += usize::from(report.tests.iter().all(|test| test.verdict.is_pass()));
            }
        }
        let tests: usize = problems.iter().map(|problem| problem.tests.len()).sum();
        let left_out: usize = problems.iter().map(|problem| problem.left_out).sum();
        println!("| {name} | {} | {tests} | {left_out} | {inside} | {solved} |", problems.len());
        for line in refused {
            println!("  {line}");
        }
    }
    Ok(())
}
