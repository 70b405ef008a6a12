//! Laws of the distillation term.

use milepost_credit::{Aggregation, Rows};
use milepost_objectives::{
    Distillation, DistillationBatch, DistillationReport, GeneralizedJsd, ObjectiveError, Reduction,
};
use proptest::prelude::*;

const CLASSES: usize = 5;

#[derive(Debug, Clone)]
struct Data {
    lengths: Vec<usize>,
    gate: Vec<bool>,
    mask: Vec<bool>,
    student: Vec<f64>,
    teacher: Vec<f64>,
}

fn data() -> impl Strategy<Value = Data> {
    prop::collection::vec(1usize..4, 1..5).prop_flat_map(|lengths| {
        let (rows, positions) = (lengths.len(), lengths.iter().sum::<usize>());
        (
            Just(lengths),
            prop::collection::vec(any::<bool>(), rows),
            prop::collection::vec(prop::bool::weighted(0.8), positions),
            prop::collection::vec(-3.0..3.0, positions * CLASSES),
            prop::collection::vec(-3.0..3.0, positions * CLASSES),
        )
            .prop_map(|(lengths, gate, mut mask, student, teacher)| {
                mask[0] = true;
                Data { lengths, gate, mask, student, teacher }
            })
    })
}

fn term(interpolation: f64, temperature: f64) -> Distillation {
    let divergence = GeneralizedJsd { interpolation, temperature };
    Distillation { divergence, reduction: Reduction::new(Aggregation::SeqMeanTokenMean) }
}

fn evaluate(term: &Distillation, data: &Data) -> (DistillationReport, Vec<f64>) {
    let rows = Rows::ragged(&data.lengths);
    let mut gradient = vec![f64::NAN; data.student.len()];
    let batch = DistillationBatch {
        rows: &rows,
        mask: Some(&data.mask),
        gate: Some(&data.gate),
        student: &data.student,
        teacher: &data.teacher,
        classes: CLASSES,
    };
    (term.evaluate(&batch, None, &mut gradient).expect("valid"), gradient)
}

/// The divergence at a single position.
fn divergence(interpolation: f64, student: &[f64], teacher: &[f64]) -> f64 {
    let data = Data {
        lengths: vec![1],
        gate: vec![true],
        mask: vec![true],
        student: student.to_vec(),
        teacher: teacher.to_vec(),
    };
    evaluate(&term(interpolation, 1.0), &data).0.loss
}

fn kl(from: &[f64], to: &[f64]) -> f64 {
    let log_probs = |z: &[f64]| {
        let normalizer = z.iter().map(|z| z.exp()).sum::<f64>().ln();
        z.iter().map(|z| z - normalizer).collect::<Vec<f64>>()
    };
    let (p, q) = (log_probs(from), log_probs(to));
    p.iter().zip(&q).map(|(p, q)| p.exp() * (p - q)).sum()
}

fn logits() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-3.0..3.0, CLASSES)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_gradient_is_the_central_difference(data in data(), b in prop_oneof![Just(0.0), Just(1.0), 0.01..0.99], temperature in 0.3..2.0) {
        let term = term(b, temperature);
        let (_, gradient) = evaluate(&term, &data);
        let step = 1e-5;
        for index in 0..data.student.len() {
            let at = |by: f64| {
                let mut moved = data.clone();
                moved.student[index] += by;
                evaluate(&term, &moved).0.loss
            };
            let difference = (at(step) - at(-step)) / (2.0 * step);
            prop_assert!((difference - gradient[index]).abs() < 1e-8, "{difference} or {}", gradient[index]);
        }
    }

    #[test]
    fn the_divergence_is_not_negative_and_zero_only_between_equals(s in logits(), t in logits(), b in 0.0..=1.0, shift in -5.0..5.0) {
        let shifted: Vec<f64> = s.iter().map(|z| z + shift).collect();
        prop_assert!(divergence(b, &s, &shifted) < 1e-12, "logits are defined up to a constant");
        let apart = divergence(b.clamp(0.05, 0.95), &s, &t);
        prop_assert!(apart >= 0.0);
        let distance = kl(&s, &t);
        prop_assume!(distance > 1e-6);
        prop_assert!(apart > 0.0, "{distance} apart");
    }

    #[test]
    fn a_half_is_symmetric_and_at_most_log_2(s in logits(), t in logits(), scale in 1.0..300.0) {
        let far: Vec<f64> = t.iter().map(|z| z * scale).collect();
        let there = divergence(0.5, &s, &far);
        prop_assert!(there <= 2f64.ln() + 1e-12);
        prop_assert!((there - divergence(0.5, &far, &s)).abs() < 1e-12);
    }

    #[test]
    fn exchanging_teacher_and_student_exchanges_the_shares(s in logits(), t in logits(), b in 0.0..=1.0) {
        prop_assert!((divergence(b, &s, &t) - divergence(1.0 - b, &t, &s)).abs() < 1e-12);
    }

    #[test]
    fn the_ends_are_the_forward_and_the_reverse_divergence(s in logits(), t in logits()) {
        prop_assert!((divergence(0.0, &s, &t) - kl(&t, &s)).abs() < 1e-12);
        prop_assert!((divergence(1.0, &s, &t) - kl(&s, &t)).abs() < 1e-12);
        // The mixture goes to 0 with its share; scaled, it tends to the same.
        let near = 1e-7;
        let scaled = |b: f64| divergence(b, &s, &t) / (b * (1.0 - b));
        prop_assert!((scaled(near) - kl(&t, &s)).abs() < 1e-3 * (1.0 + kl(&t, &s)));
        prop_assert!((scaled(1.0 - near) - kl(&s, &t)).abs() < 1e-3 * (1.0 + kl(&s, &t)));
    }

    #[test]
    fn sequences_behind_a_shut_gate_get_exactly_zero_and_are_never_read(data in data(), b in 0.0..=1.0) {
        let term = term(b, 0.9);
        let (report, gradient) = evaluate(&term, &data);
        let rows = Rows::ragged(&data.lengths);
        let mut blind = data.clone();
        for (row, range) in rows.iter().enumerate() {
            let here = range.start * CLASSES..range.end * CLASSES;
            if !data.gate[row] {
                prop_assert!(gradient[here.clone()].iter().all(|g| *g == 0.0));
                blind.teacher[here].fill(f64::NAN);
            }
        }
        prop_assert_eq!(evaluate(&term, &blind), (report, gradient));
    }

    #[test]
    fn a_shut_gate_does_not_make_the_others_count_more(data in data()) {
        let term = term(0.5, 0.9);
        let rows = Rows::ragged(&data.lengths);
        let one = |row: usize| Data { gate: (0..data.gate.len()).map(|other| other == row).collect(), ..data.clone() };
        let open = Data { gate: vec![true; data.gate.len()], ..data.clone() };
        let parts: f64 = (0..rows.len()).map(|row| evaluate(&term, &one(row)).0.loss).sum();
        prop_assert!((parts - evaluate(&term, &open).0.loss).abs() < 1e-12);
    }

    #[test]
    fn a_student_that_equals_its_teacher_has_no_gradient(data in data(), b in 0.0..=1.0) {
        let same = Data { teacher: data.student.clone(), ..data };
        let (report, gradient) = evaluate(&term(b, 0.9), &same);
        prop_assert!(report.loss.abs() < 1e-12);
        prop_assert!(gradient.iter().all(|g| g.abs() < 1e-12));
    }

    #[test]
    fn tokens_that_neither_side_can_draw_change_nothing(s in logits(), t in logits(), b in 0.0..=1.0) {
        for out in [f64::NEG_INFINITY, -1e9] {
            let with = |logits: &[f64]| [&logits[..2], &[out], &logits[3..]].concat();
            let without = |logits: &[f64]| [&logits[..2], &logits[3..]].concat();
            let masked = divergence(b, &with(&s), &with(&t));
            let rows = Rows::ragged(&[1]);
            let (student, teacher) = (without(&s), without(&t));
            let batch = DistillationBatch {
                rows: &rows, mask: None, gate: None, student: &student, teacher: &teacher, classes: CLASSES - 1,
            };
            let mut gradient = [0.0; CLASSES - 1];
            let shorter = term(b, 1.0).evaluate(&batch, None, &mut gradient).expect("valid").loss;
            prop_assert!((masked - shorter).abs() < 1e-9, "{masked} or {shorter}");
        }
    }
}

#[test]
fn what_cannot_be_distilled_is_refused_by_name() {
    let rows = Rows::ragged(&[1]);
    let refused = |b: f64, temperature: f64, student: &[f64], teacher: &[f64], gate: Option<&[bool]>| {
        let classes = student.len();
        let batch = DistillationBatch { rows: &rows, mask: None, gate, student, teacher, classes };
        let mut gradient = vec![0.0; student.len()];
        term(b, temperature).evaluate(&batch, None, &mut gradient).expect_err("refused")
    };
    let (fine, out) = ([0.0, 1.0], [0.0, f64::NEG_INFINITY]);
    let invalid =
        |error, expected| matches!(error, ObjectiveError::InvalidParameter { name, .. } if name == expected);
    assert!(invalid(refused(1.5, 1.0, &fine, &fine, None), "interpolation"));
    assert!(invalid(refused(f64::NAN, 1.0, &fine, &fine, None), "interpolation"));
    assert!(invalid(refused(0.5, 0.0, &fine, &fine, None), "temperature"));
    let not_finite =
        |error, expected| matches!(error, ObjectiveError::NotFinite { what, .. } if what == expected);
    assert!(not_finite(refused(0.5, 1.0, &[0.0, f64::NAN], &fine, None), "student"));
    assert!(not_finite(refused(0.5, 1.0, &fine, &[f64::NEG_INFINITY; 2], None), "teacher"));
    // The forward divergence needs every token that the teacher has, the reverse every one that the student has.
    assert!(not_finite(refused(0.0, 1.0, &out, &fine, None), "divergence"));
    assert!(not_finite(refused(1.0, 1.0, &fine, &out, None), "divergence"));
    let length =
        |error, expected| matches!(error, ObjectiveError::LengthMismatch { what, .. } if what == expected);
    assert!(length(refused(0.5, 1.0, &fine, &[0.0, 1.0, 2.0], None), "teacher"), "another vocabulary");
    assert!(length(refused(0.5, 1.0, &fine, &fine, Some(&[true, true])), "gate"));
}

#[test]
fn a_configuration_is_written_and_read_in_kebab_case() {
    let written = serde_json::to_string(&GeneralizedJsd::default()).expect("writes");
    assert_eq!(written, r#"{"interpolation":0.5,"temperature":0.9}"#);
    assert_eq!(serde_json::from_str::<GeneralizedJsd>(&written).expect("reads"), GeneralizedJsd::default());
    assert!(
        serde_json::from_str::<GeneralizedJsd>(r#"{"interpolation":0.5,"temperature":1,"beta":1}"#).is_err()
    );
}
