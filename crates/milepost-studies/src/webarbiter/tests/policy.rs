use milepost_policies::model_to_bytes;
use milepost_preferences::tournament::pair_accuracy;

use super::super::shares::{JudgeShares, SHARE};
use super::*;

#[test]
fn a_policy_is_trained_where_it_is_asked_for_and_undefined_elsewhere() {
    let memory = run(&with_policy(tiny()));
    let value = |metric: &str| memory.value(metric).expect("is defined");
    assert_eq!(value("policy-gain"), value("policy-success") - value("policy-success-outcome"));
    assert!((0.0..=1.0).contains(&value("policy-share")));
    assert!(memory.counters["judge-share.meetings"] > 0 && memory.counters["judge-share.missing"] == 0);
    let without = run(&tiny());
    for metric in ["policy-success", "policy-success-outcome", "policy-gain", "policy-share"] {
        let undefined = Measured::Undefined("this arm trains no policy".into());
        assert!(without.results.contains(&(metric.to_owned(), undefined)), "{metric}");
    }
}

#[test]
fn a_step_is_paid_the_share_of_other_actions_that_the_judge_likes_less() {
    let study = WebArbiter { judge: JudgeKind::Scalar, iterations: 0, ..with_policy(tiny()) };
    let device = open_device(DeviceChoice::Cpu).expect("there is one").device;
    // Too short for a success: shares alone tell steps apart.
    let level = world(&study.level).expect("a level").with_max_steps(4).expect("steps");
    let (judge, others) = (judge_of(&study), ACTIONS - 1);
    let shares = JudgeShares::new(judge_of(&study), level.clone(), others as usize, 1);
    let mut trainer = study.player(&level, Some(shares), &device, 1).expect("fits");
    let mut steps = Vec::new();
    for trace in trainer.trace(TaskSeed::evaluation(1, 0), 4).expect("traces") {
        assert!(!trace.trajectory.ending.is_success());
        let mut replayed = level.clone();
        replayed.reset(trace.trajectory.task).expect("resets");
        let mut last = [None; 2];
        for (turn, taken) in trace.trajectory.tokens.iter().enumerate() {
            let situation = Words::situation(&replayed, last).expect("an episode runs");
            let asked: Vec<Asked<'_>> = (0..ACTIONS)
                .filter(|other| other != taken)
                .map(|other| Asked { situation: &situation, candidates: [*taken, other] })
                .collect();
            let opinions = judge.opinions(&asked).expect("judges");
            let wins: f64 = opinions.iter().map(|opinion| pair_accuracy(opinion.preference)).sum();
            let share = trace.trajectory.signals.get(SHARE).and_then(|channel| channel.get(turn));
            assert_eq!(share, Some(wins / f64::from(others)), "turn {turn}");
            steps.push((wins, trace.advantages[turn]));
            replayed.step(taken).expect("running");
            last = [Some(*taken), last[0]];
        }
    }
    assert!(steps.iter().any(|(wins, _)| *wins != steps[0].0), "else nothing is compared");
    for (wins, advantage) in &steps {
        assert!(steps.iter().all(|(w, a)| w.total_cmp(wins) == a.total_cmp(advantage)), "{steps:?}");
    }
}

#[test]
fn a_judge_without_weight_changes_no_bit_of_a_policy_and_one_with_weight_does() {
    let device = open_device(DeviceChoice::Cpu).expect("there is one").device;
    // A level in which chance succeeds now and then.
    let level = world("MiniGrid-Empty-5x5-v0").expect("a level").with_max_steps(100).expect("steps");
    let study = |weight| {
        let scalar = WebArbiter { judge: JudgeKind::Scalar, iterations: 0, ..with_policy(tiny()) };
        WebArbiter { policy_group: 8, policy_weight: weight, ..scalar }
    };
    let trained = |weight: Option<f64>| {
        let study = study(weight.unwrap_or_default());
        let shares = weight.map(|_| JudgeShares::new(judge_of(&study), level.clone(), 3, 1));
        let mut trainer = study.player(&level, shares, &device, 1).expect("fits");
        let mut successes = 0;
        for _ in 0..2 {
            let report = trainer.iterate().expect("learns");
            successes += report.episodes.iter().filter(|episode| episode.success()).count();
        }
        (model_to_bytes(trainer.model()).expect("serialises"), successes)
    };
    let (plain, successes) = trained(None);
    assert!(successes > 0, "else the outcome is not compared");
    assert!(trained(Some(0.0)).0 == plain && trained(Some(1.0)).0 != plain);
}
