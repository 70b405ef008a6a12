use milepost_policies::DeviceChoice;

use super::*;
use crate::Memory;

fn run(learner: Learner, seed: u64) -> Memory {
    let budget = Budget { updates: 30, sequence_updates: 4, batch: 32, width: 8, ..Budget::default() };
    let data = vec![ArenaData::Mixed];
    let study = OfflineRl { learner, data, trajectories: 10, episodes: 2, budget, ..OfflineRl::default() };
    Memory::of(&study, &Context { seed, device: DeviceChoice::Cpu }).expect("runs")
}

#[test]
fn every_learner_reports_a_score_that_its_seed_fixes() {
    let all = [
        Learner::Bc,
        Learner::GaussianBc,
        Learner::PercentBc,
        Learner::Td3Bc,
        Learner::Iql,
        Learner::Cql,
        Learner::Dt,
        Learner::Mopo,
        Learner::Mobile,
    ];
    for learner in all {
        let found = run(learner, 3);
        assert!(found.value("score-mixed").is_some() && found.value("score-expert").is_none());
        assert_eq!(found, run(learner, 3), "{learner:?}");
    }
}

#[test]
fn settings_out_of_range_are_named() {
    let study = OfflineRl { data: vec![ArenaData::FullReplay], ..OfflineRl::default() };
    assert!(study.validate().expect_err("no score").to_string().contains("`data`"));
    let budget = Budget { updates: 0, ..Budget::default() };
    let study = OfflineRl { budget, ..OfflineRl::default() };
    assert!(study.validate().expect_err("nothing to do").to_string().contains("budget.updates"));
}
