use crate::report::context::Context;
use crate::report::data::{ClaimRow, Outcome};
use crate::report::page::{Block, Cell, Section, Table};

/// What was claimed, and what came out.
pub(in crate::report) fn section(context: &Context) -> Section {
    let row = |claim: &ClaimRow| {
        let (text, class) = match claim.outcome {
            Some(Outcome::Reproduced) => ("reproduced", "good"),
            Some(Outcome::NotReproduced) => ("not reproduced", "bad"),
            Some(Outcome::Inconclusive) => ("inconclusive", "dim"),
            None => ("no verdict", "dim"),
        };
        vec![
            Cell { text: text.into(), class, ..Cell::default() },
            Cell::text(&claim.claim),
            Cell::text(&claim.sentence),
        ]
    };
    let table = Table {
        title: "Claims".into(),
        caption: "What the seeds say about each claim; the first is the experiment's own. A claim is reproduced \
                  when the interval of the paired advantage lies above 0 and enough seeds agree; the rules were \
                  fixed before the run and stand in the configuration below."
            .into(),
        head: ["verdict", "claim", "numbers"].map(Cell::text).to_vec(),
        rows: context.data.claims.iter().map(row).collect(),
        ..Table::default()
    };
    Section {
        id: "claims",
        title: "Claims",
        lead: "What was claimed, and what came out.".into(),
        blocks: vec![Block::Table(table)],
    }
}
