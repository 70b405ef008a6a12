use milepost_core::{Purpose, StreamKey};
use proptest::prelude::*;

use super::*;

fn stream(seed: u64) -> Stream {
    Stream::new(StreamKey::new(seed, Purpose::named("oracle/tests")))
}

fn rewards() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-2.0..2.0f64, 1..8)
}

fn label(teacher: &Teacher, first: &[f64], second: &[f64], seed: u64) -> Label {
    teacher.answer(&Query::new(first, second), &mut stream(seed)).expect("valid").label
}

fn share(teacher: &Teacher, questions: &[(Vec<f64>, Vec<f64>)], holds: impl Fn(Label) -> bool) -> f64 {
    let count = questions.iter().enumerate().filter(|(i, (a, b))| holds(label(teacher, a, b, *i as u64)));
    count.count() as f64 / questions.len() as f64
}

fn questions() -> Vec<(Vec<f64>, Vec<f64>)> {
    let mut stream = stream(77);
    let mut segment = || (0..5).map(|_| stream.normal()).collect::<Vec<f64>>();
    (0..2000).map(|_| (segment(), segment())).collect()
}

proptest! {
    #[test]
    fn the_oracle_never_mislabels_what_is_no_tie(a in rewards(), b in rewards(), seed: u64) {
        let difference = a.iter().sum::<f64>() - b.iter().sum::<f64>();
        prop_assume!(difference.abs() > 1e-9);
        let got = label(&Teacher::default(), &a, &b, seed);
        prop_assert_eq!(got, if difference > 0.0 { Label::FIRST } else { Label::SECOND });
    }

    #[test]
    fn equal_segments_are_a_tie_for_the_exact_and_a_coin_for_the_noisy(a in rewards(), seed: u64) {
        prop_assert_eq!(label(&Teacher::default(), &a, &a, seed), Label::TIE);
        let noisy = Teacher { rationality: Rationality::Boltzmann { beta: 1.0 }, ..Teacher::default() };
        prop_assert!(label(&noisy, &a, &a, seed) != Label::TIE);
    }

    #[test]
    fn equal_marks_win_over_mistakes_and_skips_over_equal_marks(a in rewards(), b in rewards(), seed: u64) {
        let certain = Teacher { mistake: 1.0, equal: 1e9, ..Teacher::default() };
        prop_assert_eq!(label(&certain, &a, &b, seed), Label::TIE);
        let skips = Teacher { skip: Some(1e9), ..certain };
        prop_assert_eq!(label(&skips, &a, &b, seed), Label::Skip);
    }

    #[test]
    fn a_certain_mistake_turns_every_label_round(a in rewards(), b in rewards(), seed: u64) {
        let wrong = Teacher { mistake: 1.0, ..Teacher::default() };
        prop_assert_eq!(label(&wrong, &a, &b, seed), label(&Teacher::default(), &a, &b, seed).swapped());
    }

    #[test]
    fn the_same_seed_gives_the_same_answer(a in rewards(), b in rewards(), seed: u64) {
        for (_, teacher) in Teacher::suite(0.5) {
            prop_assert_eq!(label(&teacher, &a, &b, seed), label(&teacher, &a, &b, seed));
        }
    }

    #[test]
    fn a_window_hides_what_came_before_it(early in rewards(), a in rewards(), b in rewards(), seed: u64) {
        let window = a.len().max(b.len());
        let short = Teacher { biases: Biases { window: Some(b.len()), ..Biases::default() }, ..Teacher::default() };
        let longer: Vec<f64> = early.iter().chain(&b).copied().collect();
        prop_assert_eq!(label(&short, &longer, &b, seed), Label::TIE);
        let all = Teacher { biases: Biases { window: Some(window), ..Biases::default() }, ..Teacher::default() };
        prop_assert_eq!(label(&all, &a, &b, seed), label(&Teacher::default(), &a, &b, seed));
    }

    #[test]
    fn a_drifting_teacher_ends_up_with_the_later_taste(a in rewards(), over in 1u64..50, seed: u64) {
        let (now, later) = (vec![1.0; a.len()], vec![-1.0; a.len()]);
        let zeros = vec![0.0; a.len()];
        let teacher = Teacher { biases: Biases { drift: Some(Drift { over }), ..Biases::default() }, ..Teacher::default() };
        let ask = |asked| {
            let first = Segment { rewards: &now, later: &later };
            let second = Segment { rewards: &zeros, later: &zeros };
            let query = Query { first, second, region: 0, asked };
            teacher.answer(&query, &mut stream(seed)).expect("valid").label
        };
        prop_assert_eq!((ask(0), ask(over), ask(over + 7)), (Label::FIRST, Label::SECOND, Label::SECOND));
    }
}

#[test]
fn the_utility_weighs_the_last_step_fully_and_the_one_before_by_gamma() {
    let myopic = Teacher { myopia: 0.9, ..Teacher::default() };
    // 0.9 · 1 against 0.91 on the last step, and against 0.89.
    assert_eq!(label(&myopic, &[1.0, 0.0], &[0.0, 0.91], 0), Label::SECOND);
    assert_eq!(label(&myopic, &[1.0, 0.0], &[0.0, 0.89], 0), Label::FIRST);
}

#[test]
fn thresholds_are_undiscounted_even_for_the_myopic() {
    let teacher = Teacher { myopia: 0.1, equal: 0.5, ..Teacher::default() };
    assert_eq!(label(&teacher, &[1.0, 0.0], &[0.0, 1.0], 0), Label::TIE);
}

#[test]
fn the_mistake_rate_lies_within_its_binomial_bounds() {
    let questions = questions();
    let wrong = Teacher { mistake: 0.1, ..Teacher::default() };
    let oracle = Teacher::default();
    let flips = questions
        .iter()
        .enumerate()
        .filter(|(i, (a, b))| label(&wrong, a, b, *i as u64) != label(&oracle, a, b, *i as u64));
    let rate = flips.count() as f64 / questions.len() as f64;
    // Five standard errors.
    assert!((rate - 0.1).abs() < 5.0 * (0.09 / questions.len() as f64).sqrt(), "{rate}");
}

#[test]
fn the_boltzmann_share_follows_the_sigmoid() {
    let teacher = Teacher { rationality: Rationality::Boltzmann { beta: 2.0 }, ..Teacher::default() };
    let same = vec![(vec![0.7], vec![0.2]); 4000];
    let rate = share(&teacher, &same, |label| label == Label::FIRST);
    assert!((rate - crate::math::sigmoid(1.0)).abs() < 0.035, "{rate}");
}

#[test]
fn skip_and_equal_rates_rise_with_their_thresholds() {
    let questions = questions();
    let skips = |threshold| {
        share(&Teacher { skip: Some(threshold), ..Teacher::default() }, &questions, |label| {
            label == Label::Skip
        })
    };
    let ties = |threshold| {
        share(&Teacher { equal: threshold, ..Teacher::default() }, &questions, |label| label == Label::TIE)
    };
    let thresholds = [0.0, 0.5, 1.0, 2.0, 4.0];
    for rate in [&skips as &dyn Fn(f64) -> f64, &ties] {
        assert!(thresholds.windows(2).all(|pair| rate(pair[0]) < rate(pair[1])));
    }
    assert_eq!(ties(0.0), 0.0);
}

#[test]
fn position_and_length_biases_favour_what_they_name() {
    let questions = questions();
    let first = |teacher: &Teacher| share(teacher, &questions, |label| label == Label::FIRST);
    let position = Teacher { biases: Biases { position: 1.0, ..Biases::default() }, ..Teacher::default() };
    assert!(first(&position) > first(&Teacher::default()) + 0.05);
    let length = Teacher { biases: Biases { length: 0.5, ..Biases::default() }, ..Teacher::default() };
    assert_eq!(label(&length, &[0.0, 0.0], &[0.4], 0), Label::FIRST);
    assert_eq!(label(&length, &[0.0, 0.0], &[0.6], 0), Label::SECOND);
}

#[test]
fn mistakes_of_a_region_stay_in_it() {
    let regions = vec![RegionMistakes { region: 3, mistake: 1.0 }];
    let teacher = Teacher { biases: Biases { regions, ..Biases::default() }, ..Teacher::default() };
    let ask = |region| {
        let query = Query { region, ..Query::new(&[1.0], &[0.0]) };
        teacher.answer(&query, &mut stream(0)).expect("valid")
    };
    assert_eq!((ask(2).label, ask(2).mistaken), (Label::FIRST, false));
    assert_eq!((ask(3).label, ask(3).mistaken), (Label::SECOND, true));
}

#[test]
fn the_threshold_applies_epsilon_once() {
    assert_eq!(adaptive_threshold(0.1, 50.0, 10, 100), Ok(0.5));
    assert!(adaptive_threshold(0.1, f64::NAN, 1, 1).is_err() && adaptive_threshold(0.1, 1.0, 1, 0).is_err());
}

#[test]
fn bad_teachers_and_bad_questions_are_refused() {
    let bad = [
        Teacher { mistake: 1.5, ..Teacher::default() },
        Teacher { myopia: 0.0, ..Teacher::default() },
        Teacher { rationality: Rationality::Boltzmann { beta: -1.0 }, ..Teacher::default() },
        Teacher { biases: Biases { window: Some(0), ..Biases::default() }, ..Teacher::default() },
        Teacher {
            biases: Biases { drift: Some(Drift { over: 0 }), ..Biases::default() },
            ..Teacher::default()
        },
    ];
    for teacher in bad {
        teacher.answer(&Query::new(&[0.0], &[1.0]), &mut stream(0)).expect_err("invalid teacher");
    }
    for (a, b) in [(vec![], vec![1.0]), (vec![f64::INFINITY], vec![1.0])] {
        Teacher::default().answer(&Query::new(&a, &b), &mut stream(0)).expect_err("invalid question");
    }
}
