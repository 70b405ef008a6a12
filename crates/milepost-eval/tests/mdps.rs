//! Fixture tests of the exact solver: every section of `mdps.json.gz`.

use milepost_eval::exact::finite::Episode;
use milepost_eval::exact::{TabularMdp, TabularPolicy, discounted, finite};
use milepost_testkit::golden::{Case, Golden, Section, array, number, numbers};

/// One recorded world, its policy and the law of its first state.
struct Recorded<'a> {
    section: &'a Section,
    case: &'a Case,
    mdp: TabularMdp,
    policy: TabularPolicy,
    start: Vec<f64>,
}

impl<'a> Recorded<'a> {
    fn all(section: &'a Section, rewards: fn(&Case) -> Vec<f64>) -> Vec<Self> {
        assert!(!section.cases.is_empty());
        let build = |case: &'a Case| {
            let input = |name: &str| array(&case.inputs[name]).expect("an array").data;
            let terminal: Vec<bool> = input("terminal").iter().map(|flag| *flag != 0.0).collect();
            let actions = array(&case.inputs["theta"]).expect("an array").shape[1];
            let mdp =
                TabularMdp::from_dense(actions, &input("P"), &rewards(case), &terminal).expect("a process");
            let policy = TabularPolicy::softmax(&mdp, &input("theta")).expect("logits of every pair");
            Self { section, case, mdp, policy, start: input("d0") }
        };
        section.cases.iter().map(build).collect()
    }

    fn check(&self, name: &str, got: &[f64]) {
        let what = format!("{} {name}", self.case.name);
        self.section.tolerance.f64.check(&what, got, &numbers(&self.case.outputs[name]));
    }

    fn check_sets(&self, got: &[Vec<u32>]) {
        let recorded = &self.case.outputs["optimal_actions"];
        let want: Vec<Vec<u32>> = match recorded.get(0).and_then(|step| step.get(0)) {
            // By step, by state.
            Some(first) if first.is_array() => {
                let steps: Vec<Vec<Vec<u32>>> = serde_json::from_value(recorded.clone()).expect("sets");
                steps.into_iter().flatten().collect()
            }
            _ => serde_json::from_value(recorded.clone()).expect("sets"),
        };
        assert_eq!(got, want, "{} optimal actions", self.case.name);
    }

    fn objective(&self, values: &[f64]) -> f64 {
        self.start.iter().zip(values).map(|(p, v)| p * v).sum()
    }
}

fn recorded_rewards(case: &Case) -> Vec<f64> {
    array(&case.inputs["R"]).expect("an array").data
}

#[test]
fn discounted_solutions_match_the_fixture() {
    let golden = Golden::read("mdps.json.gz").expect("the fixture exists");
    for world in Recorded::all(golden.section("discounted"), recorded_rewards) {
        let discount = number(&world.case.inputs["gamma"]);
        let states = 0..world.mdp.states();
        let best = discounted::optimal(&world.mdp, discount).expect("stationary");
        world.check("V_star", best.values());
        world.check(
            "Q_star",
            &states.clone().flat_map(|s| best.action_values(s).to_vec()).collect::<Vec<_>>(),
        );
        world.check_sets(&states.clone().map(|s| best.best_actions(s)).collect::<Vec<_>>());
        world.check("J_star", &[world.objective(best.values())]);
        let under = discounted::evaluate(&world.mdp, &world.policy, discount).expect("stationary");
        world.check("pi", world.policy.probabilities());
        world.check("V_pi", under.values());
        world
            .check("Q_pi", &states.clone().flat_map(|s| under.action_values(s).to_vec()).collect::<Vec<_>>());
        world.check("A_pi", &states.flat_map(|s| under.advantages(s)).collect::<Vec<_>>());
        world.check("J_pi", &[world.objective(under.values())]);
        let visits = discounted::occupancy(&world.mdp, &world.policy, &world.start, discount);
        world.check("discounted_visitation", &visits.expect("stationary"));
        let gradient = discounted::policy_gradient(&world.mdp, &world.policy, &world.start, discount);
        world.check("policy_gradient_theta", &gradient.expect("stationary"));
    }
}

#[test]
fn finite_horizon_solutions_match_the_fixture() {
    let golden = Golden::read("mdps.json.gz").expect("the fixture exists");
    for world in Recorded::all(golden.section("finite_horizon"), recorded_rewards) {
        let horizon = number(&world.case.inputs["horizon"]) as u32;
        let episode = Episode { horizon, discount: number(&world.case.inputs["gamma"]) };
        let pairs = || (0..horizon).flat_map(|t| (0..world.mdp.states()).map(move |s| (t, s)));
        let best = finite::optimal(&world.mdp, episode).expect("valid");
        let all = |values: &finite::FiniteValues| {
            (0..=horizon).flat_map(|t| values.values(t).to_vec()).collect::<Vec<_>>()
        };
        world.check("V_star", &all(&best));
        world.check("Q_star", &pairs().flat_map(|(t, s)| best.action_values(t, s)).collect::<Vec<_>>());
        world.check_sets(&pairs().map(|(t, s)| best.best_actions(t, s)).collect::<Vec<_>>());
        world.check("J_star", &[world.objective(best.values(0))]);
        let under = finite::evaluate(&world.mdp, &world.policy, episode).expect("valid");
        world.check("pi", world.policy.probabilities());
        world.check("V_pi", &all(&under));
        world.check("Q_pi", &pairs().flat_map(|(t, s)| under.action_values(t, s)).collect::<Vec<_>>());
        world.check("A_pi", &pairs().flat_map(|(t, s)| under.advantages(t, s)).collect::<Vec<_>>());
        world.check("J_pi", &[world.objective(under.values(0))]);
        let visits = finite::occupancy(&world.mdp, &world.policy, &world.start, horizon);
        world.check("visitation_by_step", &visits.expect("fits"));
        let gradient = finite::policy_gradient(&world.mdp, &world.policy, &world.start, episode);
        world.check("policy_gradient_theta", &gradient.expect("valid"));
    }
}

#[test]
fn potential_shaping_keeps_what_the_fixture_says_it_keeps() {
    let golden = Golden::read("mdps.json.gz").expect("the fixture exists");
    let section = golden.section("potential_shaping");
    // R + γ Φ(s') − Φ(s), Φ = 0 on terminal states; the rows of terminal states are ignored.
    let shaped = |case: &Case| {
        let input = |name: &str| array(&case.inputs[name]).expect("an array").data;
        let (terminal, gamma) = (input("terminal"), number(&case.inputs["gamma"]));
        let phi: Vec<f64> =
            input("potential").iter().zip(&terminal).map(|(p, end)| p * (1.0 - end)).collect();
        let (states, mut r) = (phi.len(), input("R"));
        let rows = r.len() / states;
        for row in 0..rows {
            let state = row * states / rows;
            for next in 0..states {
                let r = &mut r[row * states + next];
                *r = if terminal[state] == 0.0 { *r + gamma * phi[next] - phi[state] } else { 0.0 };
            }
        }
        r
    };
    let flat = |mdp: &TabularMdp, values: &discounted::StationaryValues| {
        (0..mdp.states()).flat_map(|s| values.action_values(s).to_vec()).collect::<Vec<_>>()
    };
    // Everything is recorded of the shaped world.
    for world in Recorded::all(section, shaped) {
        let discount = number(&world.case.inputs["gamma"]);
        world.check("R_shaped", &shaped(world.case));
        let best = discounted::optimal(&world.mdp, discount).expect("stationary");
        world.check("V_star", best.values());
        world.check("Q_star", &flat(&world.mdp, &best));
        let under = discounted::evaluate(&world.mdp, &world.policy, discount).expect("stationary");
        world.check("Q_pi", &flat(&world.mdp, &under));
    }
    // Optimal sets and gradient are those of the world before shaping, too.
    let before = Recorded::all(section, recorded_rewards);
    for world in before.iter().chain(&Recorded::all(section, shaped)) {
        let discount = number(&world.case.inputs["gamma"]);
        let best = discounted::optimal(&world.mdp, discount).expect("stationary");
        world.check_sets(&(0..world.mdp.states()).map(|s| best.best_actions(s)).collect::<Vec<_>>());
        let gradient = discounted::policy_gradient(&world.mdp, &world.policy, &world.start, discount);
        world.check("policy_gradient_theta", &gradient.expect("stationary"));
    }
}
