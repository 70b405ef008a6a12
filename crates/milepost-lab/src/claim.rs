//! Claims against records, whatever kind of experiment they are about.

use milepost_eval::verdict::Direction;
use milepost_eval::{Bootstrap, PairedDifferences, StatsError, Verdict, VerdictRule};
use serde::{Deserialize, Serialize};

use crate::analysis::summary::{FEWEST_SEEDS, better_of, paired};
use crate::config::{Claim, Scale};

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// The claim in words.
    pub claim: String,
    /// The metric it is about.
    pub metric: String,
    /// The rule, fixed before the run, in words.
    pub rule: String,
    /// The verdict, where there are seeds for one.
    pub verdict: Option<Verdict>,
    /// The verdict, or why there is none, in one sentence.
    pub sentence: String,
}

/// The finished seeds of an arm.
pub(crate) trait Results {
    /// The arm.
    fn name(&self) -> &str;

    /// Each seed's value of a metric, or why it has none.
    fn results(&self, metric: &str) -> Vec<(u64, Result<f64, String>)>;

    /// The seeds for which a metric is defined, with its values.
    fn scores(&self, metric: &str) -> Vec<(u64, f64)> {
        self.results(metric).into_iter().filter_map(|(seed, result)| Some((seed, result.ok()?))).collect()
    }
}

/// What a claim is a part of.
pub(crate) struct Circumstances<'a> {
    /// The scale of the run.
    pub(crate) scale: Scale,
    /// The experiment's claim in words, for a claim that has none of its own.
    pub(crate) words: &'a str,
    /// The metric of a claim that names none.
    pub(crate) primary: &'a str,
    /// Which values of a metric are better.
    pub(crate) direction: &'a dyn Fn(&str) -> Direction,
}

/// The best score of each seed over some arms.
fn side(
    arms: &[impl Results],
    first: &str,
    others: &[String],
    metric: &str,
    direction: Direction,
) -> Vec<(u64, f64)> {
    let scores = |name: &str| {
        arms.iter().find(|arm| arm.name() == name).map_or_else(Vec::new, |arm| arm.scores(metric))
    };
    let higher = direction == Direction::HigherIsBetter;
    others.iter().fold(scores(first), |best, other| better_of(&best, &scores(other), higher))
}

fn named(first: &str, others: &[String]) -> String {
    if others.is_empty() { first.to_owned() } else { format!("the best of {first}, {}", others.join(", ")) }
}

/// The two sides of a claim in words: `gain over terminal by 0.1`.
fn comparison(claim: &Claim) -> String {
    let better = named(&claim.better, &claim.better_or);
    let against = match (&claim.than, claim.at_least, claim.at_most) {
        (Some(than), ..) => format!("over {}", named(than, &claim.than_or)),
        (None, Some(level), _) => format!("above {level}"),
        (None, None, Some(level)) => format!("below {level}"),
        (None, None, None) => String::new(),
    };
    let margin = match claim.margin {
        0.0 => String::new(),
        margin if margin > 0.0 => format!(", by more than {margin}"),
        margin => format!(", or at most {} worse", -margin),
    };
    format!("{better} {against}{margin}")
}

/// Judges one claim of an experiment.
pub(crate) fn judge(
    circumstances: &Circumstances<'_>,
    claim: &Claim,
    arms: &[impl Results],
) -> Result<Judged, StatsError> {
    let Circumstances { scale, words, primary, direction } = circumstances;
    let metric_name = claim.metric.as_deref().unwrap_or(primary);
    let direction = claim.direction(direction(metric_name));
    let comparison = comparison(claim);
    let rule = format!(
        "{comparison} in {metric_name}, paired by seed: {} % interval above 0, and at least {} of every {} seeds agree",
        claim.confidence * 100.0,
        claim.agree,
        claim.of
    );
    let words = if claim.claim.is_empty() { words } else { claim.claim.as_str() };
    let judged = |verdict: Option<Verdict>, sentence: String| Judged {
        claim: words.to_owned(),
        metric: metric_name.to_owned(),
        rule,
        verdict,
        sentence,
    };
    if *scale == Scale::Smoke {
        let sentence = "no verdict: the smoke scale only shows that the machinery runs";
        return Ok(judged(None, sentence.into()));
    }
    let better = side(arms, &claim.better, &claim.better_or, metric_name, direction);
    let against = match (&claim.than, claim.at_least.or(claim.at_most)) {
        (Some(than), _) => side(arms, than, &claim.than_or, metric_name, direction),
        (None, level) => better.iter().filter_map(|(seed, _)| Some((*seed, level?))).collect(),
    };
    let (scores, mut against) = paired(&better, &against);
    if scores.is_empty() {
        let sentence = format!("no verdict: {comparison}, {metric_name}: no finished seed in common");
        return Ok(judged(None, sentence));
    }
    let worse_by = if direction == Direction::HigherIsBetter { claim.margin } else { -claim.margin };
    for score in &mut against {
        *score += worse_by;
    }
    let rule = VerdictRule {
        level: claim.confidence,
        agree: claim.agree as usize,
        of: claim.of as usize,
        minimum_seeds: FEWEST_SEEDS,
        direction,
    };
    let bootstrap = Bootstrap { level: claim.confidence, ..Bootstrap::default() };
    let verdict = rule.judge(&PairedDifferences::of_seeds(&scores, &against)?, &bootstrap)?;
    let missing = undefined(claim, arms, metric_name);
    Ok(judged(Some(verdict), format!("{comparison}, {metric_name}: {verdict}{missing}")))
}

/// Seeds of the named arms in which the metric is undefined, and the first reason.
fn undefined(claim: &Claim, arms: &[impl Results], metric: &str) -> String {
    let named = arms.iter().filter(|arm| claim.arms().any(|name| name == arm.name()));
    let reasons: Vec<String> =
        named.flat_map(|arm| arm.results(metric)).filter_map(|(_, result)| result.err()).collect();
    reasons.first().map_or_else(String::new, |reason| {
        format!("; undefined in {} runs, which are left out ({reason})", reasons.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An arm with one metric.
    struct Arm(&'static str, Vec<Option<f64>>);

    impl Results for Arm {
        fn name(&self) -> &str {
            self.0
        }

        fn results(&self, _: &str) -> Vec<(u64, Result<f64, String>)> {
            (0..).zip(self.1.iter().map(|score| score.ok_or_else(|| "all alike".to_owned()))).collect()
        }
    }

    fn arm(name: &'static str, scores: &[Option<f64>]) -> Arm {
        Arm(name, scores.to_vec())
    }

    fn outcome(toml: &str, arms: &[Arm]) -> (String, Judged) {
        let table: toml::Table = toml::from_str(&format!("claim = {{ {toml} }}")).expect("a table");
        let claim: Claim = table["claim"].clone().try_into().expect("a claim");
        let circumstances = Circumstances {
            scale: Scale::Small,
            words: "c",
            primary: "rank-agreement",
            direction: &|_| Direction::HigherIsBetter,
        };
        let judged = judge(&circumstances, &claim, arms).expect("judged");
        let outcome =
            judged.verdict.map_or_else(|| "none".into(), |verdict| format!("{:?}", verdict.outcome));
        (outcome, judged)
    }

    #[test]
    fn a_margin_moves_the_line_between_reproduced_and_not() {
        let a: Vec<Option<f64>> = [0.50, 0.52, 0.49, 0.51, 0.50, 0.53].map(Some).into();
        let b: Vec<Option<f64>> = [0.40, 0.41, 0.40, 0.42, 0.39, 0.40].map(Some).into();
        let arms = [arm("a", &a), arm("b", &b)];
        for (rule, expected) in [
            (r#"better = "a", than = "b""#, "Reproduced"),
            (r#"better = "a", than = "b", margin = 0.2"#, "NotReproduced"),
            (r#"better = "b", than = "a""#, "NotReproduced"),
            (r#"better = "b", than = "a", margin = -0.2"#, "Reproduced"),
            (r#"better = "a", at-least = 0.45"#, "Reproduced"),
            (r#"better = "b", at-least = 0.45"#, "NotReproduced"),
            (r#"better = "b", better-or = ["a"], at-least = 0.45"#, "Reproduced"),
            (r#"better = "b", at-most = 0.45"#, "Reproduced"),
            (r#"better = "a", at-most = 0.45"#, "NotReproduced"),
            (r#"better = "a", at-most = 0.45, margin = -0.1"#, "Reproduced"),
            (r#"better = "b", than = "a", lower-is-better = true"#, "Reproduced"),
        ] {
            assert_eq!(outcome(rule, &arms).0, expected, "{rule}");
        }
    }

    #[test]
    fn undefined_seeds_are_left_out_and_told() {
        let a: Vec<Option<f64>> = [Some(0.5), None, Some(0.6), Some(0.5), Some(0.7), Some(0.6)].into();
        let (result, judged) = outcome(r#"better = "a", at-least = 0.1"#, &[arm("a", &a)]);
        assert_eq!(result, "Reproduced");
        assert!(judged.sentence.contains("undefined in 1 runs") && judged.sentence.contains("all alike"));
        let none = outcome(r#"better = "a", at-least = 0.1"#, &[arm("a", &[None, None])]);
        assert_eq!(none.0, "none");
    }

    #[test]
    fn a_claim_that_makes_no_sense_is_refused_by_its_key() {
        for (rule, key) in [
            (r#"better = "a""#, "verdict.than"),
            (r#"better = "a", than = "b", at-least = 1.0"#, "verdict.than"),
            (r#"better = "c", than = "b""#, "verdict.better"),
            (r#"better = "a", than = "b", metric = "rank""#, "verdict.metric"),
            (r#"better = "a", than = "b", agree = 9"#, "verdict.agree"),
            (r#"better = "a", than = "b", margn = 0.1"#, "margn"),
        ] {
            let file = include_str!("../../milepost-studies/experiments/reward-distance.toml");
            let start = file.find("[verdict]").expect("a verdict");
            let end = file.find("[scales.smoke]").expect("scales");
            let (head, arms) =
                (&file[..start], "[arms.a]\ndistance = \"epic\"\n[arms.b]\ndistance = \"dard\"\n");
            let head = head.replace("distance = \"epic\"", "");
            let scales = &file[end..file.find("[arms.epic]").expect("arms")];
            let text = format!("verdict = {{ {rule} }}\n{head}\n{scales}\n{arms}");
            let error = crate::config::parse_any("t", &text).expect_err(rule).to_string();
            assert!(error.contains(key), "{rule}: {error}");
        }
    }
}
