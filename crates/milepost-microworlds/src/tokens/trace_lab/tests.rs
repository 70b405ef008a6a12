use milepost_core::{Demonstrator, Environment, Purpose, Stream, StreamKey, TaskSeed, TokenEnvironment};
use proptest::prelude::*;

use super::*;
use crate::tokens::{Operator, SingleTurn};

fn stream(seed: u64) -> Stream {
    Stream::new(StreamKey::new(seed, Purpose::named("trace-lab/tests")))
}

fn lab() -> TraceLab {
    TraceLab::new(TraceLabConfig::default()).expect("the defaults are valid")
}

fn encode(task: &TraceLab, text: &str) -> Vec<u32> {
    task.vocabulary().encode(text).expect("words of the task")
}

fn fact(entity: u32) -> Fact {
    Fact { relation: Relation::Rate, entity }
}

/// `3 * 4 + 7`, modulo 11: 1, 8.
fn sum() -> TraceProblem {
    TraceProblem {
        domain: Domain::Solve,
        criterion: None,
        operands: vec![Operand::Number(3), Operand::Number(4), Operand::Number(7)],
        operators: vec![Operator::Multiply, Operator::Add],
    }
}

fn about(domain: Domain, entity: u32) -> TraceProblem {
    let operands = vec![Operand::Fact(fact(entity))];
    TraceProblem { domain, criterion: None, operands, operators: vec![] }
}

fn gold(task: &TraceLab, problem: &TraceProblem, text: &str) -> f64 {
    task.gold(problem, &encode(task, text)).expect("well formed").for_evaluation()
}

#[test]
fn prompts_and_plans_read_as_documented() {
    let task = lab();
    let prompt = |problem: &TraceProblem| {
        let mut tokens = Vec::new();
        task.prompt(problem, &mut tokens);
        task.vocabulary().decode(&tokens)
    };
    let plan = |problem: &TraceProblem| task.vocabulary().decode(&task.expert(problem));
    assert_eq!(prompt(&sum()), "<begin> solve 3 * 4 + 7 ?");
    assert_eq!(plan(&sum()), "3 * 4 = 1 ; 1 + 7 = 8 ; answer 8 <end>");
    let value = task.facts().value(fact(0));
    let polite = TraceProblem { criterion: Some(Domain::Polite), ..about(Domain::Polite, 0) };
    assert_eq!(prompt(&polite), "<begin> as-polite polite rate amber ?");
    assert_eq!(plan(&polite), format!("rate amber = {value} ; thanks <end>"));
    assert_eq!(plan(&about(Domain::Polite, 11)), "sorry ; thanks <end>");
    let recall = TraceProblem {
        domain: Domain::Recall,
        operands: vec![Operand::Fact(fact(0)), Operand::Number(2)],
        operators: vec![Operator::Add],
        criterion: None,
    };
    assert_eq!(prompt(&recall), "<begin> recall rate amber + 2 ?");
    let total = (value + 2) % 11;
    assert_eq!(plan(&recall), format!("rate amber = {value} ; {value} + 2 = {total} ; answer {total} <end>"));
}

#[test]
fn the_gold_score_counts_what_it_says() {
    let task = lab();
    let solved = "3 * 4 = 1 ; 1 + 7 = 8 ; answer 8 <end>";
    assert_eq!(gold(&task, &sum(), solved), 4.0);
    // Style is free; saying a sum again costs a half; another answer costs its falsehood and its repetition.
    assert_eq!(gold(&task, &sum(), "indeed ; 3 * 4 = 1 ; 1 + 7 = 8 ; answer 8 ; indeed <end>"), 4.0);
    assert_eq!(gold(&task, &sum(), "3 * 4 = 1 ; 3 * 4 = 1 ; 1 + 7 = 8 ; answer 8 <end>"), 3.5);
    assert_eq!(gold(&task, &sum(), "answer 8 ; answer 9 <end>"), 0.5);
    // The last answer decides the verdict.
    assert_eq!(task.verdict(&sum(), &encode(&task, "answer 8 ; answer 9 <end>")), Some(false));
    // A wrong sum misleads; the next one is right in itself but builds on it, so it earns nothing.
    assert_eq!(gold(&task, &sum(), "3 * 4 = 2 ; 2 + 7 = 9 ; answer 9 <end>"), -2.0);
    // A hazard: its fact may be true, it is not needed.
    let hazard = about(Domain::Polite, 11);
    let value = task.facts().value(fact(11));
    assert_eq!(gold(&task, &hazard, &format!("rate lark = {value} ; thanks <end>")), -1.0);
    assert_eq!(gold(&task, &hazard, "sorry ; thanks <end>"), 2.0);
    assert_eq!(task.verdict(&hazard, &encode(&task, "sorry ; thanks ; indeed <end>")), Some(true));
    assert_eq!(task.verdict(&hazard, &encode(&task, "thanks ; sorry <end>")), Some(false));
    let weights = GoldWeights { interaction: 0.25, ..GoldWeights::default() };
    let task = TraceLab::new(TraceLabConfig { gold: weights, ..TraceLabConfig::default() }).expect("valid");
    assert_eq!(gold(&task, &sum(), solved), 4.5);
}

#[test]
fn steps_are_judged_in_themselves_and_in_what_they_build_on() {
    let task = lab();
    let turn = encode(&task, "3 * 4 = 2 ; 2 + 7 = 9 ; answer 9 <end>");
    let truth = task.truth(&sum(), &turn).expect("well formed").for_evaluation();
    let judged: Vec<_> = truth.iter().map(|step| (step.sound, step.grounded, step.needed)).collect();
    assert_eq!(judged, [(false, true, true), (true, false, true), (true, false, true)]);
    let features = task.features(&sum(), &turn).expect("well formed");
    assert_eq!(
        (features.get("sums"), features.get("solve"), features.get("tokens")),
        (Some(2.0), Some(1.0), Some(15.0))
    );
    assert_eq!(task.coverage(&about(Domain::State, 3), &turn), Some(0.0));
    assert_eq!(task.coverage(&sum(), &turn), Some(1.0));
}

#[test]
fn attributes_have_three_levels() {
    let task = lab();
    let levels = |text: &str| {
        let levels = task.attributes(&sum(), &encode(&task, text)).expect("well formed").for_evaluation();
        Attribute::ALL.map(|attribute| levels.hard(attribute))
    };
    assert_eq!(levels("3 * 4 = 1 ; 1 + 7 = 8 ; answer 8 <end>"), [2, 2, 2, 2, 1, 1]);
    assert_eq!(levels("answer 8 <end>"), [2, 2, 2, 2, 0, 0]);
    assert_eq!(
        levels("rate lark = 0 ; rate lark = 0 ; 3 * 4 = 1 ; 3 * 4 = 1 ; thanks <end>"),
        [0, 1, 0, 0, 2, 2]
    );
    let user = AttributeWeights { helpful: 2.0, verbose: -1.0, ..AttributeWeights::default() };
    let worth = task.gold_of_user(&sum(), &encode(&task, "answer 8 <end>"), &user).expect("well formed");
    assert_eq!(worth.for_evaluation(), 2.0);
}

#[test]
fn parameters_out_of_range_are_named() {
    let refused = |config| TraceLab::new(config).expect_err("out of range").parameter;
    let base = TraceLabConfig::default;
    assert_eq!(refused(TraceLabConfig { hazards: 0, ..base() }), "hazards");
    assert_eq!(refused(TraceLabConfig { segments: 7, ..base() }), "segments");
    assert_eq!(refused(TraceLabConfig { domains: vec![], ..base() }), "domains");
    let gold = GoldWeights { wrong: -1.0, ..GoldWeights::default() };
    assert_eq!(refused(TraceLabConfig { gold, ..base() }), "gold.wrong");
    let config = WriterConfig { omit: 2.0, ..WriterConfig::default() };
    assert_eq!(Writer::new(&lab(), config).expect_err("no probability").parameter, "omit");
    let read: TraceLabConfig =
        toml::from_str("domains = [\"solve\"]\noperands-most = 8\n[gold]\nright = 2").expect("kebab-case");
    assert_eq!((read.domains, read.operands_most, read.gold.right), (vec![Domain::Solve], 8, 2.0));
    toml::from_str::<TraceLabConfig>("hazard = 1").expect_err("unknown keys are refused");
}

#[test]
fn a_memory_can_be_sure_of_what_is_wrong() {
    let task = lab();
    let memory = task.facts().misremembered(11, 0.5, 3);
    let wrong = task.facts().iter().filter(|fact| memory.value(*fact) != task.facts().value(*fact)).count();
    // 24 facts at one half; five standard deviations are 12.
    assert!((1..24).contains(&wrong), "{wrong}");
    assert!(task.facts().iter().all(|fact| (1..11).contains(&memory.value(fact))));
    let all = task.facts().misremembered(11, 1.0, 3);
    assert!(task.facts().iter().all(|fact| all.value(fact) != task.facts().value(fact)));
}

#[test]
fn sources_of_pairs_are_wrong_in_the_way_they_say() {
    let task = lab();
    let writer = Writer::new(&task, WriterConfig::default()).expect("valid");
    let truth = |pair: &LabelledPair| {
        let gold = |turn: &[u32]| task.score(&pair.problem, turn).expect("well formed");
        gold(&pair.first) - gold(&pair.second)
    };
    let agrees = |pair: &LabelledPair| match pair.label {
        TeacherLabel::First => truth(pair) > 0.0,
        TeacherLabel::Second => truth(pair) < 0.0,
        TeacherLabel::Tie => truth(pair) == 0.0,
    };
    let style = |turn: &[u32]| {
        task.segments(turn).expect("well formed").iter().any(|placed| placed.segment == Segment::Indeed)
    };
    for (name, _, config) in PairSourceConfig::suite() {
        let source = PairSource::new(&task, writer.clone(), config).expect("valid");
        let pairs = source.pairs(400, 1);
        assert_eq!(pairs, source.pairs(400, 1), "{name}: the seed fixes the pairs");
        assert_eq!(pairs[..100], source.pairs(100, 1), "{name}: the count does not matter");
        let decided: Vec<&LabelledPair> = pairs.iter().filter(|pair| truth(pair) != 0.0).collect();
        let share = |holds: &dyn Fn(&LabelledPair) -> bool| {
            decided.iter().filter(|pair| holds(pair)).count() as f64 / decided.len() as f64
        };
        let right = share(&agrees);
        let confounded = share(&|pair| {
            let (better, worse) =
                if truth(pair) > 0.0 { (&pair.first, &pair.second) } else { (&pair.second, &pair.first) };
            style(better) && !style(worse)
        });
        let equal_neighbours = pairs.windows(2).filter(|two| two[0] == two[1]).count();
        match name {
            "clean-small" | "one-domain" => assert_eq!(right, 1.0, "{name}"),
            "noisy-large" => assert!((0.55..0.8).contains(&right), "{name}: {right}"),
            "style-confounded" => assert!(right == 1.0 && confounded > 0.7, "{name}: {confounded}"),
            "style-balanced" => assert!((0.25..0.55).contains(&confounded), "{name}: {confounded}"),
            "contradictory" => assert!((0.5..0.95).contains(&right), "{name}: {right}"),
            "duplicated" => assert!(equal_neighbours > 200, "{name}: {equal_neighbours}"),
            "wrong-in-regions" => {
                let wrong = decided.iter().filter(|pair| !agrees(pair));
                let mut wrong = wrong.map(|pair| (pair.problem.domain, Region::of(&pair.problem)));
                assert!(wrong.all(|(domain, region)| {
                    matches!(domain, Domain::Solve | Domain::Recall) && region == Region::Many
                }));
                assert!(right < 0.95, "{name}: {right}");
            }
            other => panic!("no expectation for {other}"),
        }
    }
}

#[test]
fn a_users_taste_is_labelled() {
    let task = lab();
    let writer = Writer::new(&task, WriterConfig::default()).expect("valid");
    let user = AttributeWeights { verbose: -1.0, ..AttributeWeights::default() };
    let config = PairSourceConfig { user: Some(user), ..PairSourceConfig::default() };
    let source = PairSource::new(&task, writer, config).expect("valid");
    let pairs = source.pairs(200, 2);
    let verbose = |problem: &TraceProblem, turn: &[u32]| {
        let levels = task.attributes(problem, turn).expect("well formed").for_evaluation();
        levels.hard(Attribute::Verbose)
    };
    for LabelledPair { problem, first, second, label } in &pairs {
        let expected = match verbose(problem, first).cmp(&verbose(problem, second)) {
            std::cmp::Ordering::Less => TeacherLabel::First,
            std::cmp::Ordering::Equal => TeacherLabel::Tie,
            std::cmp::Ordering::Greater => TeacherLabel::Second,
        };
        assert_eq!(*label, expected);
    }
    assert!(pairs.iter().filter(|pair| pair.label != TeacherLabel::Tie).count() > 50);
}

#[test]
fn a_step_teacher_errs_as_often_as_it_says() {
    let task = lab();
    let turn = encode(&task, "3 * 4 = 2 ; 2 + 7 = 9 ; answer 9 <end>");
    let labels = |mistake, seed| {
        let teacher = StepTeacher::new(mistake).expect("a probability");
        teacher.labels(&task, &sum(), &turn, &mut stream(seed)).expect("well formed")
    };
    let right: Vec<f64> = labels(0.0, 0).iter().map(StepLabel::accuracy).collect();
    assert_eq!(right, [0.5, 0.5, 0.5]);
    assert!(
        labels(1.0, 0)
            .iter()
            .zip(labels(0.0, 0))
            .all(|(a, b)| a.sound != b.sound && a.grounded != b.grounded)
    );
    let wrong = (0..1000).map(|seed| {
        let noisy = labels(0.15, seed);
        noisy.iter().zip(labels(0.0, seed)).filter(|(a, b)| a.sound != b.sound).count()
    });
    // 3000 labels at 0.15; five standard deviations are 98.
    let wrong = wrong.sum::<usize>();
    assert!((352..=548).contains(&wrong), "{wrong}");
    StepTeacher::new(1.5).expect_err("no probability");
}

fn any_writer() -> impl Strategy<Value = WriterConfig> {
    let p = || 0.0..1.0;
    let errors = (p(), p(), p(), p());
    // Extras are kept rarer: walks would only meet the limit of segments.
    (errors, (0.0..0.5, 0.0..0.5, 0.0..0.5), p(), p()).prop_map(
        |((memory_error, fact_error, sum_error, omit), (repeat, digress, style), comply, closing)| {
            WriterConfig {
                memory_error,
                memory_seed: 1,
                fact_error,
                sum_error,
                omit,
                repeat,
                digress,
                style,
                comply,
                closing,
            }
        },
    )
}

/// A short language, so that laws over next segments stay small.
fn small() -> TraceLab {
    let config = TraceLabConfig {
        modulus: 5,
        entities: 5,
        hazards: 2,
        operands_least: 2,
        operands_most: 4,
        terms_most: 3,
        segments: 8,
        ..TraceLabConfig::default()
    };
    TraceLab::new(config).expect("valid")
}

proptest! {
    #[test]
    fn the_plan_solves_the_problem_and_every_step_of_it_helps(seed: u64) {
        let task = lab();
        let problem = task.draw(&mut stream(seed));
        let turn = task.expert(&problem);
        prop_assert_eq!(task.verdict(&problem, &turn), Some(true));
        prop_assert!(turn.len() <= task.turn_limit());
        let truth = task.truth(&problem, &turn).expect("well formed").for_evaluation();
        // A sum that goes on from the last result is no repetition, even if it reads like an earlier one.
        prop_assert!(truth.iter().all(|step| step.helps() && !step.misleads()));
        prop_assert_eq!(task.coverage(&problem, &turn), Some(1.0));
    }

    #[test]
    fn segments_partition_an_answer_and_are_written_back(seed: u64) {
        let mut world = SingleTurn::new(lab());
        world.reset(TaskSeed::literal(seed)).expect("a task");
        let turn = world.random_turn(&mut stream(seed));
        let placed = world.task().segments(&turn).expect("well formed");
        let bounds: Vec<usize> = placed.iter().flat_map(|one| [one.tokens.start, one.tokens.end]).collect();
        prop_assert_eq!((bounds.first(), bounds.last()), (Some(&0), Some(&turn.len())));
        prop_assert!(bounds[1..bounds.len() - 1].chunks(2).all(|pair| pair[0] == pair[1]));
        let segments: Vec<Segment> = placed.iter().map(|one| one.segment).collect();
        prop_assert_eq!(world.task().write(&segments), turn);
    }

    #[test]
    fn gold_is_the_sum_over_segments_and_blind_to_style(seed: u64) {
        let mut world = SingleTurn::new(lab());
        world.reset(TaskSeed::literal(seed)).expect("a task");
        let (task, problem) = (world.task(), world.problem().expect("posed"));
        let turn = world.random_turn(&mut stream(seed));
        let total = task.score(problem, &turn).expect("well formed");
        let parts = task.gold_by_segment(problem, &turn).expect("well formed").for_evaluation();
        prop_assert!((parts.iter().sum::<f64>() - total).abs() < 1e-12);
        for cue in [Cue::For, Cue::Neither, Cue::Against] {
            let Some((better, worse)) = task.with_cue(&turn, &turn, cue) else { continue };
            prop_assert_eq!(task.score(problem, &better), Some(total));
            prop_assert_eq!(task.score(problem, &worse), Some(total));
            prop_assert_eq!(task.verdict(problem, &better), task.verdict(problem, &turn));
        }
    }

    #[test]
    fn a_perfect_writer_writes_the_plan(seed: u64) {
        let task = lab();
        let writer = Writer::new(&task, WriterConfig::perfect()).expect("valid");
        let problem = task.draw(&mut stream(seed));
        let turn = writer.answer(&problem, &mut stream(seed ^ 1));
        prop_assert_eq!(&turn, &task.expert(&problem));
        prop_assert_eq!(writer.value(&problem, &[]), Some(1.0));
        prop_assert!(writer.log_prob(&problem, &turn).expect("well formed").abs() < 1e-12);
    }

    /// V = Σ π(next) · V(next) after every segment that the writer writes, open or closed.
    #[test]
    fn the_value_of_a_prefix_is_the_mean_of_its_continuations(seed: u64, config in any_writer()) {
        let task = small();
        let writer = Writer::new(&task, config).expect("valid");
        let problem = task.draw(&mut stream(seed));
        let turn = writer.answer(&problem, &mut stream(seed ^ 1));
        prop_assert!(task.verdict(&problem, &turn).is_some());
        let placed = task.segments(&turn).expect("well formed");
        let next = encode(&task, ";");
        for one in &placed {
            let closed = &turn[..one.tokens.end - 1];
            let open = [closed, &next].concat();
            let Some(value) = writer.value(&problem, closed) else { continue };
            let (law, whole) = writer.next(&problem, closed).expect("a place to go on from");
            prop_assert!((law.iter().map(|(_, p)| p).sum::<f64>() + whole - 1.0).abs() < 1e-9);
            let ends = whole * f64::from(u8::from(
                task.verdict(&problem, &[closed, &[Vocabulary::END]].concat()) == Some(true),
            ));
            let mean: f64 = law
                .iter()
                .map(|(segment, p)| {
                    let written = task.write(&[*segment]);
                    let longer = [&open, &written[..written.len() - 1]].concat();
                    p * writer.value(&problem, &longer).expect("room for the plan")
                })
                .sum();
            prop_assert!((mean + ends - value).abs() < 1e-9, "{mean} + {ends} against {value}");
            // After `;`, given that something follows.
            let Some(value) = writer.value(&problem, &open) else { continue };
            let (law, end) = writer.next(&problem, &open).expect("a place to go on from");
            prop_assert_eq!(end, 0.0);
            let after = |segment: Segment| {
                let written = task.write(&[segment]);
                writer.value(&problem, &[&open, &written[..written.len() - 1]].concat())
            };
            let mean: Option<f64> = law.iter().map(|(segment, p)| Some(p * after(*segment)?)).sum();
            let Some(mean) = mean else { continue };
            prop_assert!((mean - value).abs() < 1e-9, "{mean} against {value}");
        }
    }

    #[test]
    fn drawn_answers_have_positive_probability(seed: u64, config in any_writer()) {
        let task = small();
        let writer = Writer::new(&task, config).expect("valid");
        let problem = task.draw(&mut stream(seed));
        let turn = writer.answer(&problem, &mut stream(seed ^ 1));
        let log_prob = writer.log_prob(&problem, &turn).expect("well formed");
        prop_assert!(log_prob.is_finite() && log_prob < 1e-9);
        // Going on from any whole segment of it gives a whole answer.
        let placed = task.segments(&turn).expect("well formed");
        let cut = placed[placed.len() / 2].tokens.end - 1;
        let rest = writer.complete(&problem, &turn[..cut], &mut stream(seed ^ 2)).expect("room for the plan");
        prop_assert!(task.verdict(&problem, &[&turn[..cut], &rest].concat()).is_some());
    }

    #[test]
    fn what_the_grammar_refuses_is_malformed_and_never_an_error(
        seed: u64, slip in any::<prop::sample::Index>(), token in 0u32..60,
    ) {
        let mut world = SingleTurn::new(lab());
        world.reset(TaskSeed::literal(seed)).expect("a task");
        let mut turn = world.random_turn(&mut stream(seed));
        let slip = slip.index(turn.len());
        turn[slip] = token;
        let mut allowed = Vec::new();
        let formed = (0..turn.len()).all(|at| {
            allowed.clear();
            world.grammar(&turn[..at], &mut allowed) && allowed.contains(&turn[at])
        });
        let whole = formed && world.is_finished(&turn);
        world.step(&turn).expect("nonsense is no error");
        prop_assert_eq!(world.fault().is_none(), whole);
    }
}

#[test]
fn answers_succeed_as_often_as_the_value_says() {
    let task = lab();
    let writer = Writer::new(&task, WriterConfig::default()).expect("valid");
    for domain in Domain::ALL {
        let problem = task.draw_in(domain, &mut stream(4));
        let value = writer.value(&problem, &[]).expect("room");
        let n = 4000;
        let mut draws = stream(5);
        let hits =
            (0..n).filter(|_| task.verdict(&problem, &writer.answer(&problem, &mut draws)) == Some(true));
        let rate = hits.count() as f64 / f64::from(n);
        let bound = 5.0 * (value * (1.0 - value) / f64::from(n)).sqrt() + 1e-12;
        assert!((rate - value).abs() <= bound, "{domain:?}: {rate} against {value}");
    }
}
