//! What a reader should know before relying on the page: thin, uneven or non-finite data.

use super::data::{Arm, ReportData};
use super::number::plural;

/// Seeds below which a comparison is only exploratory.
const COMPARISON_SEEDS: usize = 5;

/// One sentence per concern; empty when there is none.
pub(super) fn caveats(data: &ReportData) -> Vec<String> {
    let mut notes = Vec::new();
    let seeds: Vec<usize> = data.arms.iter().map(|a| a.final_scores.len()).collect();
    let fewest = seeds.iter().copied().min().unwrap_or(0);
    let most = seeds.iter().copied().max().unwrap_or(0);
    if data.verdict.exploratory || (fewest < COMPARISON_SEEDS && most > 0) {
        notes.push(format!(
            "Exploratory: at least {COMPARISON_SEEDS} seeds per arm are needed for a comparison; the thinnest arm \
             here has {fewest}."
        ));
    }
    if most == 0 {
        notes.push("No arm has a finished seed: there are no scores on this page.".to_owned());
    } else {
        for arm in data.arms.iter().filter(|a| a.final_scores.is_empty()) {
            notes.push(format!("Arm {} has no finished seed.", arm.name));
        }
        if fewest != most && fewest > 0 {
            notes.push(format!("Arms differ in their number of seeds ({fewest} to {most})."));
        }
    }
    if data.arms.len() == 1 {
        notes.push("A single arm: this page describes it and compares nothing.".to_owned());
    }
    for arm in &data.arms {
        let n = non_finite(arm);
        if n > 0 {
            let verb = if n == 1 { "is" } else { "are" };
            notes.push(format!(
                "Arm {}: {} {verb} not finite and not drawn; lines break there.",
                arm.name,
                plural(n, "recorded value")
            ));
        }
    }
    notes
}

/// Recorded numbers of an arm that are NaN or infinite.
fn non_finite(arm: &Arm) -> usize {
    let curves = arm.curves.iter().flat_map(|c| c.x.iter().chain(&c.y));
    let band = arm.aggregate.iter().flat_map(|b| b.x.iter().chain(&b.y).chain(&b.lower).chain(&b.upper));
    let ledger =
        arm.ledger.iter().flat_map(|l| l.steps.iter().chain(l.channels.iter().flat_map(|c| &c.share)));
    let gap = arm.hacking_gap.iter().flat_map(|g| g.steps.iter().chain(&g.proxy).chain(&g.gold));
    let steps = arm.xray.iter().flat_map(|x| x.steps.iter().flat_map(|s| [&s.reward, &s.advantage]));
    let scores = arm.final_scores.iter().map(|s| &s.score);
    let all = curves.chain(band).chain(ledger).chain(gap).chain(steps).chain(scores);
    all.filter(|v| !v.is_finite()).count()
}
