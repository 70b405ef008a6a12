//! Runs one arm of a study file for some seeds, without the lab: `run_study FILE ARM [SEEDS] [SCALE]`.

use anyhow::{Context as _, bail};
use milepost_policies::DeviceChoice;
use milepost_studies::{Context, Memory, StudyConfig};
use toml::{Table, Value};

/// Lays a table over another.
fn lay(over: &Table, base: &mut Table) {
    for (key, value) in over {
        match (base.get_mut(key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay(above, below),
            _ => drop(base.insert(key.clone(), value.clone())),
        }
    }
}

#[allow(clippy::print_stdout, reason = "an example speaks to its user")]
fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, arm, rest @ ..] = &arguments[..] else { bail!("usage: run_study FILE ARM [SEEDS] [SCALE]") };
    let seeds: u64 = rest.first().map_or(Ok(1), |count| count.parse())?;
    let mut tree: Table = std::fs::read_to_string(file)?.parse()?;
    if let Some(scale) = rest.get(1) {
        let scales = tree.get("scales").and_then(Value::as_table);
        let over = scales.and_then(|scales| scales.get(scale)).and_then(Value::as_table);
        let over = over.with_context(|| format!("there is no scale {scale}"))?.clone();
        lay(&over, &mut tree);
    }
    let table = |value: Option<&Value>| value.and_then(Value::as_table).cloned();
    let mut study = table(tree.get("study")).context("the file has no [study] table")?;
    let mut over = table(table(tree.get("arms")).and_then(|arms| arms.get(arm).cloned()).as_ref())
        .with_context(|| format!("there is no arm {arm}"))?;
    over.remove("about");
    lay(&over, &mut study);
    let study: StudyConfig = study.try_into()?;
    for seed in 0..seeds {
        let memory = Memory::of(&study, &Context { seed, device: DeviceChoice::Cpu })?;
        println!("seed {seed}");
        for (metric, value) in &memory.results {
            println!("    {metric}: {value:?}");
        }
        for (what, times) in &memory.counters {
            println!("    {what}: {times}");
        }
        for table in &memory.tables {
            println!("    {}: {}", table.name, table.columns.join(" | "));
            for (row, numbers) in &table.rows {
                println!("        {row}: {numbers:?}");
            }
        }
    }
    Ok(())
}
