//! Measures every credit rule of the documentation on R1 and on instances where it is known to fail.
//!
//! Without an argument the whole table goes to standard output. With the folder of the documentation's source, the
//! tables between marks like `<!-- measured -->` and `<!-- end -->` are written anew: the overview in `credit.md`,
//! the whole table in `credit/measured.md`, each rule's rows in its page, and in `credit-bench.md` the published
//! numbers of R1 and the expected orderings.

mod bench;
mod measure;
mod own;
mod rules;
mod tables;
mod worlds;

use std::path::Path;

use bench::{orderings, reference};
use measure::measure;
use rules::Page;
use tables::{instances, overview, table_of};

/// Replaces what stands between the marks of a page.
fn fill(path: &Path, mark: &str, table: &str) -> Result<(), Box<dyn std::error::Error>> {
    let (begin, end) = (format!("<!-- {mark} -->\n"), "<!-- end -->");
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let parts = text.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    let (before, after) = parts.ok_or_else(|| format!("{} has no {mark} table to fill", path.display()))?;
    std::fs::write(path, format!("{before}{begin}\n{table}\n{end}{after}"))?;
    Ok(())
}

#[allow(clippy::print_stdout, reason = "an example speaks")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pages = rules::pages();
    let rows = measure(&pages)?;
    let whole = format!("{}\n{}", instances(&rows), table_of(rows.iter()));
    let Some(folder) = std::env::args().nth(1) else {
        print!("{whole}");
        return Ok(());
    };
    let source = Path::new(&folder);
    fill(&source.join("credit.md"), "measured", &overview(&pages, &rows))?;
    fill(&source.join("credit/measured.md"), "measured", &whole)?;
    fill(&source.join("credit-bench.md"), "reference", &reference()?)?;
    fill(&source.join("credit-bench.md"), "orderings", &orderings()?)?;
    for (index, Page { file, .. }) in pages.iter().enumerate().filter(|(_, page)| page.file != "controls") {
        let own = rows.iter().filter(|row| row.page == index);
        fill(&source.join(format!("credit/{file}.md")), "measured", &table_of(own))?;
    }
    Ok(())
}
