//! Trees of steps, whose candidates are compared with one another.

use super::*;

#[test]
fn a_step_tree_trains_all_candidates_of_a_step_on_their_own_values() {
    let mut trainer = trainer(step_tree(3, JudgeConfig::default()), true, 1);
    let traces = trainer.trace(TaskSeed::literal(2), 2).expect("traces");
    let groups = traces.last().expect("there are steps").group + 1;
    assert_eq!(traces.len(), 3 * groups, "three candidates a step");
    for trace in &traces {
        let spans = &trace.trajectory.spans;
        let trained: Vec<_> = spans.iter().filter(|span| span.is_trained()).collect();
        assert!(matches!(trained[..], [span] if matches!(span.provenance, Provenance::Candidate { .. })));
        let value = trace.trajectory.signals.require(STEP_VALUE).expect("written").get(0).expect("present");
        assert_eq!(trace.rewards.iter().sum::<f64>(), value);
    }
    for group in traces.chunk_by(|a, b| a.group == b.group) {
        let advantages: f64 = group.iter().flat_map(|trace| &trace.token_advantages).sum();
        let lengths: Vec<usize> = group.iter().map(|trace| trace.token_advantages.len()).collect();
        if lengths.windows(2).all(|pair| pair[0] == pair[1]) {
            assert!(advantages.abs() < 1e-9, "relative to the step: {advantages}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn at_one_step_a_tree_is_grpo_over_responses_of_one_turn(seed: u64, candidates in 2u32..7) {
        let mut trainer = trainer(step_tree(candidates, JudgeConfig::default()), true, seed);
        trainer.agent.settings.max_turns = 1;
        let traces = trainer.trace(TaskSeed::literal(2), 3).expect("traces");
        let groups: Vec<_> = traces.chunk_by(|a, b| a.group == b.group).collect();
        prop_assert_eq!(groups.len(), 3, "one step a tree");
        for group in groups {
            prop_assert_eq!(group.len(), candidates as usize);
            let value = |row: &crate::Trace<()>| row.trajectory.signals.get(STEP_VALUE).and_then(|v| v.get(0));
            let values: Vec<f64> = group.iter().filter_map(value).collect();
            let mut grpo = vec![0.0; group.len()];
            milepost_credit::Normalize::grpo().apply(&values, &mut grpo).expect("one finite value each");
            for ((row, value), advantage) in group.iter().zip(&values).zip(&grpo) {
                prop_assert_eq!(&row.rewards, &[*value], "one turn, paid its value and no bonus");
                prop_assert!(*value == 0.0 || *value == 1.0, "as the judge has it: {value}");
                prop_assert!(row.token_advantages.iter().all(|token| token == advantage));
            }
        }
    }
}

proptest! {
    #[test]
    fn advantages_of_a_step_are_those_of_grpo(values in prop::collection::vec(-2.0..2.0f64, 1..9)) {
        let mut grpo = vec![0.0; values.len()];
        milepost_credit::Normalize::grpo().apply(&values, &mut grpo).expect("finite");
        for (one, other) in milepost_sampling::tree::step_advantages(&values).iter().zip(&grpo) {
            prop_assert!((one - other).abs() < 1e-9 * (1.0 + other.abs()), "{one} {other}");
        }
    }
}

#[test]
fn a_step_whose_candidates_are_worth_the_same_teaches_nothing_and_the_tree_grows_on() {
    let judge = AIDS.judge.map(|judge| TurnJudge { value: |_, _, _| 1.0, ..judge });
    let sampler = SamplerConfig::StepTree {
        tasks: TASKS,
        trees: GROUP,
        candidates: 3,
        temperature: 0.7,
        early_bonus: 0.0,
        judge: JudgeConfig::default(),
    };
    let mut trainer = build(SamplerAids { judge, ..AIDS }, sampler, true, 1).expect("the parts fit");
    let before = milepost_policies::model_to_bytes(&trainer.model).expect("saves");
    let report = trainer.iterate().expect("trains");
    assert!(report.episodes.iter().any(|episode| episode.length > 1), "the trees grow");
    let steps = count(&report, "sampler.step_tree.steps");
    assert_eq!(count(&report, "sampler.step_tree.steps_of_equal_value"), steps);
    assert_eq!(count(&report, "groups_without_variance"), steps);
    assert_eq!(count(&report, "credited_turns"), 0, "neither candidates nor the prefixes that they share");
    assert_eq!(milepost_policies::model_to_bytes(&trainer.model).expect("saves"), before);
}

#[test]
fn summed_over_steps_a_row_weighs_as_many_times_as_much_as_trees_have_steps_that_teach() {
    let trainer = |credit: CreditConfig| {
        let mut trainer = trainer(step_tree(3, JudgeConfig::default()), true, 4);
        trainer.method.credit = credit.clone();
        trainer.method.validate().expect("fits a tree");
        let assigner = StandardCredit {
            credit,
            normalize: trainer.method.normalize,
            drop_zero_variance: true,
            critic: false,
        };
        trainer.with_credit(assigner).trace(TaskSeed::literal(3), 4).expect("traces")
    };
    let (mean, sum) = (trainer(CreditConfig::Broadcast), trainer(CreditConfig::StepSum));
    let groups: Vec<_> = mean.chunk_by(|a, b| a.group == b.group).collect();
    let teaching =
        groups.iter().filter(|group| group.iter().any(|row| row.token_advantages[0] != 0.0)).count();
    let weight = teaching as f64 / 4.0;
    assert!(weight > 1.0, "trees of several steps: {weight}");
    for (one, other) in mean.iter().zip(&sum) {
        for (a, b) in one.token_advantages.iter().zip(&other.token_advantages) {
            assert!((a * weight - b).abs() < 1e-12);
        }
    }
    let plain = MethodConfig { credit: CreditConfig::StepSum, ..MethodConfig::grpo() };
    assert!(plain.validate().expect_err("no tree").to_string().contains("step-tree"));
}
