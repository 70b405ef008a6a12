//! Fixture tests: the reward-model and ranking sections of `preferences.json`, recorded from TRL, OpenRLHF and torch.

use milepost_preferences::Label;
use milepost_preferences::loss::{PairLoss, PairReport, PairScores, RankingLoss};
use milepost_testkit::golden::{Case, Golden, Section, array, number, numbers};

fn section(name: &str, run: impl Fn(&Section, &Case)) {
    let golden = Golden::read("preferences.json").expect("the fixture exists");
    let section = golden.section(name);
    assert!(!section.cases.is_empty());
    section.cases.iter().for_each(|case| run(section, case));
}

fn given(case: &Case, name: &str) -> Option<Vec<f64>> {
    case.inputs.get(name).filter(|value| !value.is_null()).map(numbers)
}

fn want(case: &Case, name: &str) -> Vec<f64> {
    numbers(&case.outputs[name])
}

fn evaluate(loss: &PairLoss, scores: &PairScores<'_>) -> (PairReport, Vec<f64>, Vec<f64>) {
    let (mut up, mut down) = (vec![f64::NAN; scores.first.len()], vec![f64::NAN; scores.first.len()]);
    let report = loss.evaluate(scores, &mut up, &mut down).expect("recorded input");
    (report, up, down)
}

#[test]
fn reward_losses_with_margin_and_centring_match_the_fixture_of_trl() {
    section("trl_reward_model", |section, case| {
        let [chosen, rejected] =
            ["rewards_chosen", "rewards_rejected"].map(|name| given(case, name).expect("given"));
        let margins = given(case, "margin");
        let centering = given(case, "center_rewards_coefficient").map_or(0.0, |c| c[0]);
        let labels = vec![Label::FIRST; chosen.len()];
        let scores =
            PairScores { margins: margins.as_deref(), ..PairScores::new(&chosen, &rejected, &labels) };
        let (report, up, down) = evaluate(&PairLoss { centering, ..PairLoss::default() }, &scores);
        let tolerance = section.tolerance.f64;
        tolerance.check(&case.name, &[report.loss], &want(case, "loss"));
        tolerance.check(&case.name, &up, &want(case, "grad_chosen"));
        tolerance.check(&case.name, &down, &want(case, "grad_rejected"));
        let accuracy = report.accuracy().expect("no ties");
        assert!((accuracy - number(&case.outputs["accuracy"])).abs() < 1e-6, "{}: {accuracy}", case.name);
    });
}

#[test]
fn reward_losses_match_the_fixture_of_openrlhf() {
    section("openrlhf_reward_model", |section, case| {
        let [chosen, rejected] =
            ["chosen_reward", "reject_reward"].map(|name| given(case, name).expect("given"));
        let tolerance = section.tolerance.f64;
        if let Some(losses) = case.outputs.get("losses") {
            let each = chosen.iter().zip(&rejected).map(|(a, b)| {
                let (report, up, _) =
                    evaluate(&PairLoss::default(), &PairScores::new(&[*a], &[*b], &[Label::FIRST]));
                (report.loss, up[0])
            });
            let (got, slopes): (Vec<f64>, Vec<f64>) = each.unzip();
            tolerance.check(&case.name, &got, &numbers(losses));
            tolerance.check(&case.name, &slopes, &want(case, "grad_chosen_of_sum"));
            return;
        }
        let margins = given(case, "margin");
        let labels = vec![Label::FIRST; chosen.len()];
        let scores =
            PairScores { margins: margins.as_deref(), ..PairScores::new(&chosen, &rejected, &labels) };
        let (report, up, down) = evaluate(&PairLoss::default(), &scores);
        tolerance.check(&case.name, &[report.loss], &want(case, "loss"));
        tolerance.check(&case.name, &up, &want(case, "grad_chosen"));
        tolerance.check(&case.name, &down, &want(case, "grad_rejected"));
    });
}

#[test]
fn soft_bradley_terry_matches_the_fixture_of_torch() {
    section("torch_bradley_terry_soft", |section, case| {
        let [a, b, p] = ["reward_a", "reward_b", "p_a_better"].map(|name| given(case, name).expect("given"));
        let labels: Vec<Label> = p.iter().map(|p| Label::Soft(*p)).collect();
        let (report, up, down) = evaluate(&PairLoss::default(), &PairScores::new(&a, &b, &labels));
        let tolerance = section.tolerance.f64;
        tolerance.check(&case.name, &[report.loss], &want(case, "loss"));
        tolerance.check(&case.name, &up, &want(case, "grad_a"));
        tolerance.check(&case.name, &down, &want(case, "grad_b"));
    });
}

#[test]
fn plackett_luce_matches_the_fixture_of_torch() {
    section("torch_plackett_luce", |section, case| {
        let rewards = array(&case.inputs["rewards"]).expect("an array");
        let ranking: Vec<usize> =
            numbers(&case.inputs["ranking_best_first"]).iter().map(|i| *i as usize).collect();
        let k = rewards.shape[1];
        let rows = rewards.shape[0] as f64;
        let (mut losses, mut gradient) = (Vec::new(), Vec::new());
        for (rewards, ranking) in rewards.rows().zip(ranking.chunks(k)) {
            let mut slopes = vec![0.0; k];
            losses.push(RankingLoss::Full.evaluate(rewards, ranking, &mut slopes).expect("recorded input"));
            gradient.extend(slopes.iter().map(|slope| slope / rows));
            // The last place is no choice: naming all but the last says the same.
            let mut top = vec![0.0; k];
            let all_but_one = RankingLoss::Top { k: k - 1 }.evaluate(rewards, ranking, &mut top);
            section.tolerance.f64.check(
                &case.name,
                &[all_but_one.expect("recorded input")],
                &losses[losses.len() - 1..],
            );
        }
        section.tolerance.f64.check(&case.name, &losses, &want(case, "nll_per_row"));
        section.tolerance.f64.check(&case.name, &gradient, &want(case, "grad_rewards_of_mean"));
    });
}
