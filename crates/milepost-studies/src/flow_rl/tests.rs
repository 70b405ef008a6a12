use milepost_flow::{Calibration, Kernel};
use milepost_policies::DeviceChoice;

use super::{Credit, FlowRl, Pretraining};
use crate::{Context, Memory, Study};

fn tiny() -> FlowRl {
    FlowRl {
        pretraining: Pretraining { steps: 30, batch: 64, ..Pretraining::default() },
        iterations: 2,
        evaluate_every: 1,
        prompts: 2,
        group: 4,
        steps: 5,
        evaluation_samples: 16,
        final_samples: 16,
        evaluation_steps: 4,
        equal_calls: 50,
        ..FlowRl::default()
    }
}

fn run(study: &FlowRl) -> Memory {
    Memory::of(study, &Context { seed: 3, device: DeviceChoice::Cpu }).expect("runs")
}

#[test]
fn every_arm_reports_every_metric_and_repeats_bit_for_bit() {
    for credit in [Credit::Terminal, Credit::Similarity, Credit::NextState, Credit::Gain] {
        let study = FlowRl { credit, ..tiny() };
        assert_eq!(run(&study), run(&study), "{credit:?}");
    }
}

#[test]
fn costs_are_those_of_sampling_and_completing() {
    // 2 iterations of 8 samples of 5 steps; completions of all states take 15 more.
    let calls = |study: &FlowRl| run(study).value("network-calls").expect("counted") * 1e6;
    assert_eq!(calls(&tiny()), 2.0 * 8.0 * 5.0);
    assert_eq!(calls(&FlowRl { credit: Credit::Gain, ..tiny() }), 2.0 * 8.0 * (5.0 + 15.0));
}

#[test]
fn the_gain_is_localised_and_the_broadcast_is_not() {
    let localisation =
        |credit| run(&FlowRl { credit, ..tiny() }).value("localisation").expect("an advantage");
    assert_eq!(localisation(Credit::Gain), 1.0);
    assert!((localisation(Credit::Terminal) - 0.2).abs() < 1e-9);
}

#[test]
fn a_calibrated_arm_shows_its_noise_and_how_it_balances() {
    let calibration = Some(Calibration { rounds: 2, average: 1, ..Calibration::default() });
    let memory = run(&FlowRl { credit: Credit::Gain, calibration, ..tiny() });
    let names: Vec<&str> = memory.tables.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["noise", "balance"]);
    assert_eq!((memory.tables[0].rows.len(), memory.tables[1].rows.len()), (4, 5));
}

#[test]
fn settings_that_cannot_work_are_refused_by_name() {
    for (study, key) in [
        (FlowRl { group: 1, ..tiny() }, "group"),
        (FlowRl { iterations: 0, ..tiny() }, "iterations"),
        (FlowRl { completion: Some(2), ..tiny() }, "completion"),
        (FlowRl { completion: Some(0), credit: Credit::Gain, ..tiny() }, "completion"),
        (FlowRl { kernel: Kernel::Cps { a: 2.0 }, ..tiny() }, "`a`"),
        (FlowRl { kernel: Kernel::Ode, calibration: Some(Calibration::default()), ..tiny() }, "calibration"),
        (FlowRl { learning_rate: f64::NAN, ..tiny() }, "learning-rate"),
        (FlowRl { evaluation_samples: 4, ..tiny() }, "evaluation-samples"),
    ] {
        let error = study.validate().expect_err(key).to_string();
        assert!(error.contains(key), "{error}");
    }
    assert!(tiny().validate().is_ok());
}
