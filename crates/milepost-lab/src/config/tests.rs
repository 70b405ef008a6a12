use super::*;

const BASE: &str = r#"
name = "tiny"
dossier = "d"
claim = "c"
question = "q"
seeds = 2
budget = { environment-steps = 100 }
environment = { kind = "minigrid", level = "MiniGrid-Empty-5x5-v0" }
policy = { kind = "tabular", states = 100 }
evaluation = { tasks = 3, every = 50 }
metric = { primary = "final-return" }
verdict = { better = "b", than = "a", agree = 2 }
[scales.smoke]
seeds = 1
[scales.small]
[method]
sampler = { kind = "segments", environments = 2, steps = 10 }
normalize = { pool = "none", centre = "none", scale = { kind = "none" } }
credit = { kind = "gae", gamma = 0.99, lambda = 0.95 }
learner = { epochs = 2, minibatch = 64 }
[method.objective]
surrogate = { kind = "clip", low = 0.2, high = 0.2 }
aggregation = { kind = "token-mean" }
value-coefficient = 1.0
entropy-coefficient = 0.01
[arms.a]
scorers = [{ kind = "outcome" }]
combine = { terms = [{ channel = "outcome", weight = 1.0 }] }
[arms.b]
scorers = [{ kind = "outcome" }]
combine = { terms = [{ channel = "outcome", weight = 1.0 }] }
credit = { kind = "reward-to-go", gamma = 0.9 }
"#;

fn with(sets: &[&str], scale: Option<Scale>) -> Result<Experiment, ConfigError> {
    let mut layers = layers::Layers::default();
    layers.file("tiny.toml", BASE)?;
    for set in sets {
        layers.set(set)?;
    }
    Experiment::resolve(&layers, scale)
}

fn refusal(sets: &[&str]) -> String {
    with(sets, None).expect_err("refused").to_string()
}

#[test]
fn the_resolved_file_reads_back_as_the_same_experiment_with_the_same_hash() {
    let experiment = with(&["seeds=7", "arms.b.credit.gamma=0.5"], None).expect("valid");
    let text = experiment.to_toml().expect("TOML");
    let again = parse("resolved.toml", &text).expect("valid");
    assert_eq!(again, experiment);
    assert_eq!(again.hash().expect("TOML"), experiment.hash().expect("TOML"));
    assert_ne!(again.hash().expect("TOML"), with(&[], None).expect("valid").hash().expect("TOML"));
}

#[test]
fn options_beat_scales_and_scales_beat_the_file() {
    assert_eq!(with(&[], None).expect("valid").settings.seeds, 2);
    assert_eq!(with(&[], Some(Scale::Smoke)).expect("valid").settings.seeds, 1);
    assert_eq!(with(&["seeds=9"], Some(Scale::Smoke)).expect("valid").settings.seeds, 9);
}

#[test]
fn unknown_keys_anywhere_are_refused_with_their_path_and_the_nearest_name() {
    for (set, path, nearest) in [
        ("budgit.environment-steps=5", "`budgit`", "`budget`"),
        ("budget.environment-step=5", "`budget.environment-step`", "`environment-steps`"),
        ("method.learner.epoch=5", "`method.learner.epoch`", "`epochs`"),
        ("arms.b.credit.gama=0.5", "`arms.b.credit.gama`", "`gamma`"),
        ("arms.a.scorer=1", "`arms.a.scorer`", "`scorers`"),
        ("evaluation.task=1", "`evaluation.task`", "`tasks`"),
        ("arms.a.scorers.0.sorce=1", "`arms.a.scorers.0.sorce`", "`source`"),
        ("method.objective.surrogate.hi=1", "`method.objective.surrogate.hi`", "high"),
    ] {
        let message = refusal(&[set]);
        assert!(
            message.contains(path) && message.contains(nearest) && message.contains(&format!("--set {set}")),
            "{set}: {message}"
        );
    }
}

#[test]
fn bad_values_are_refused_with_their_path() {
    for (set, path) in [
        ("seeds=many", "`seeds`"),
        ("seeds=0", "`seeds`"),
        ("verdict.better=c", "`verdict.better`"),
        ("metric.primary=final-sucess", "`metric.primary`"),
        ("arms.a.scorers.3.kind=x", "`arms.a.scorers`"),
    ] {
        let message = refusal(&[set]);
        assert!(message.contains(path), "{set}: {message}");
    }
    assert!(refusal(&["metric.primary=final-sucess"]).contains("`final-success`"));
    assert!(refusal(&["scale=tiny"]).contains("unknown scale `tiny`"));
    assert!(refusal(&["seeds"]).contains("KEY=VALUE"));
    assert!(
        with(&[], Some(Scale::Full)).expect_err("no such scale").to_string().contains("unknown scale `full`")
    );
}

#[test]
fn a_base_setting_that_every_arm_replaces_is_refused() {
    let message = refusal(&["method.scorers=[]"]);
    assert!(message.contains("`method.scorers` has no effect"), "{message}");
}

#[test]
fn unknown_names_are_answered_with_the_nearest() {
    let unknown = load(&Request { experiment: "quikstart".into(), ..Request::default() });
    assert_eq!(
        unknown.expect_err("unknown").to_string(),
        "unknown experiment `quikstart`; did you mean `quickstart`?"
    );
    let missing = load(&Request { experiment: "nowhere/x.toml".into(), ..Request::default() });
    assert!(missing.expect_err("missing").to_string().contains("nowhere/x.toml cannot be read"));
    let mut experiment = with(&[], None).expect("valid");
    assert!(
        experiment
            .keep_arms(&["bb".into()])
            .expect_err("no such arm")
            .to_string()
            .contains("did you mean `b`")
    );
}

#[test]
fn every_built_in_experiment_is_valid_at_every_scale() {
    for (name, _) in builtin_experiments() {
        for scale in Scale::ALL {
            let request = Request { experiment: name.into(), scale: Some(scale), ..Request::default() };
            let experiment =
                load_any(&request).unwrap_or_else(|error| panic!("{name} at {scale:?}: {error}"));
            assert_eq!(experiment.name(), name, "the file is named for its experiment");
            // What a run writes down resolves to itself.
            let text = experiment.to_toml().expect("can be written");
            assert_eq!(parse_any(name, &text).expect("can be read again"), experiment);
        }
    }
}

#[test]
fn worlds_of_tokens_their_policies_and_settings_come_together_or_not_at_all() {
    let refused = |experiment: &str, sets: &[&str]| {
        let sets = sets.iter().map(ToString::to_string).collect();
        let request = Request { experiment: experiment.into(), sets, ..Request::default() };
        load(&request).expect_err("refused").to_string()
    };
    for (set, path) in [
        ("policy={kind=\"mlp\"}", "`policy.kind`"),
        ("evaluation.greedy=true", "`evaluation.greedy`"),
        ("method.warm-start.cost=1000", "warm-start`"),
        ("method.warm-start.noise=2.0", "warm-start`"),
        ("method.warm-start.demonstration=2", "`demonstrations`"),
        ("environment.family.room=3", "`rooms`"),
        ("verdict.better-or=[\"ppo\"]", "`verdict.better-or`"),
        ("tokens.context.max-token=3", "`max-tokens`"),
    ] {
        let message = refused("multi-turn-recipe", &[set]);
        assert!(message.contains(path), "{set}: {message}");
    }
    let message = refused("quickstart", &["policy={kind=\"gru\"}"]);
    assert!(message.contains("`policy.kind`") && message.contains("features"), "{message}");
    let message = refused("quickstart", &["method.warm-start={demonstrations=5}"]);
    assert!(message.contains("warm-start`"), "{message}");
    let message = refused("quickstart", &["evaluation.credit-tasks=2"]);
    assert!(message.contains("`evaluation.credit-tasks`") && message.contains("text-quest"), "{message}");
    let context = "{view=\"full\",max-tokens=9,overflow=\"error\"}";
    let message = refused("quickstart", &[&format!("tokens={{context={context},max-turns=3}}")]);
    assert!(message.contains("`tokens`"), "{message}");
}

#[test]
fn a_budget_has_one_unit() {
    let with = |sets: &[&str]| {
        let sets = sets.iter().map(ToString::to_string).collect();
        load(&Request { experiment: "quickstart".into(), sets, ..Request::default() })
    };
    let steps = with(&[]).expect("valid").settings.budget;
    assert_eq!(steps.unit(), BudgetUnit::EnvironmentSteps);
    let both = with(&["budget.drawn-tokens=10"]).expect_err("two units").to_string();
    assert!(both.contains("`environment-steps` or `drawn-tokens`, not both"), "{both}");
    let tokens = load(&Request { experiment: "sampler-budget".into(), ..Request::default() }).expect("valid");
    assert_eq!(tokens.settings.budget.unit(), BudgetUnit::DrawnTokens);
    assert!(tokens.settings.budget.words().ends_with("drawn tokens"));
}

#[test]
fn an_arm_may_train_elsewhere_and_all_may_be_judged_elsewhere() {
    let named = |name: &str| load(&Request { experiment: name.into(), ..Request::default() }).expect("valid");
    let complexity = named("multi-turn-complexity");
    let (small, rooms) = (complexity.arm("small").expect("there"), complexity.arm("rooms").expect("there"));
    assert_eq!(complexity.environments(small).0, &complexity.settings.environment);
    let (trained, held_out) = complexity.environments(rooms);
    assert_eq!(trained, held_out, "judged where it trains");
    assert!(trained.label().contains("w4-o3-q4"), "{}", trained.label());
    let transfer = named("multi-turn-transfer");
    let (trained, held_out) = transfer.environments(transfer.arm("small").expect("there"));
    assert!(trained.label().contains("w2-o3-q4") && held_out.label().contains("w4-o6-q4"));
    let text = complexity.to_toml().expect("writes");
    assert_eq!(parse("resolved", &text).expect("reads"), complexity);
}

#[test]
fn every_arm_is_run_in_each_of_the_named_environments() {
    let level = |size: u32| format!("environments.s{size}.level=MiniGrid-Empty-{size}x{size}-v0");
    let (small, large) = (level(5), level(6));
    let claim = ["verdict.better=b-s5", "verdict.than=a-s5"];
    let experiment = with(&[&small, &large, claim[0], claim[1]], None).expect("valid");
    let names: Vec<&str> = experiment.arms.iter().map(|arm| arm.name.as_str()).collect();
    assert_eq!(names, ["a-s5", "a-s6", "b-s5", "b-s6"]);
    let (trained, held_out) = experiment.environments(&experiment.arms[3]);
    assert_eq!(trained, held_out);
    assert_eq!(trained.label(), "MiniGrid-Empty-6x6-v0");
    assert_eq!(experiment.arms[2].method, experiment.arms[3].method);
    let again = parse("again", &experiment.to_toml().expect("writes")).expect("valid");
    assert_eq!(again, experiment);
    assert!(refusal(&[&small]).contains("b-s5"), "a claim names arms as they are run");
    let taken = refusal(&[&small, "arms.a.environment.level=MiniGrid-Empty-8x8-v0"]);
    assert!(taken.contains("arms.a.environment") && taken.contains("each of [environments]"), "{taken}");
}
