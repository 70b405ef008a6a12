//! Everything needed to make the run again.

use crate::report::context::Context;
use crate::report::data::Fact;
use crate::report::page::{Block, Section};

pub(in crate::report) fn section(context: &Context) -> Section {
    let run = &context.data.run;
    let seeds = run.seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let mut facts: Vec<Fact> = [
        ("Run", run.id.as_str()),
        ("Date", &run.date),
        ("Scale", &run.scale),
        ("Budget", &run.budget),
        ("Seeds", &seeds),
        ("Device", &run.device),
        ("Milepost", &run.version),
        ("Commit", &run.commit),
        ("Configuration hash", &run.config_hash),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(label, value)| Fact { label: label.to_owned(), value: value.to_owned() })
    .collect();
    facts.extend(run.facts.iter().cloned());
    let code = |label: &str, text: &str, folded: bool| Block::Code {
        label: label.to_owned(),
        text: text.trim_end().to_owned(),
        folded,
    };
    let mut blocks = vec![Block::Facts { facts }];
    if !run.command.is_empty() {
        blocks.insert(0, code("Make this run again", &run.command, false));
    }
    blocks.push(if run.config.is_empty() {
        Block::Missing { text: "The resolved configuration was not recorded.".to_owned() }
    } else {
        code("Resolved configuration (TOML)", &run.config, true)
    });
    Section {
        id: "config",
        title: "Configuration",
        lead: "What ran, exactly. The hash covers every resolved value.".to_owned(),
        blocks,
    }
}
