use milepost_core::{Purpose, Stream, StreamKey};
use proptest::prelude::*;

use super::*;
use crate::{
    Call, Comparison, ExceptionClass, Executor, Expected, Judge, Limits, MiniPy, Outcome, Source, Test, Value,
};

fn stream(seed: u64) -> Stream {
    Stream::new(StreamKey::new(seed, Purpose::named("pipeline tests")))
}

fn op() -> impl Strategy<Value = Op> {
    (0..OpKind::ALL.len(), 0..=MAX_CONSTANT).prop_map(|(kind, constant)| {
        let kind = OpKind::ALL[kind];
        Op::plain(kind).or(Op::with(kind, constant)).expect("one of them")
    })
}

/// Any pipeline, most of them ill typed.
fn pipeline() -> impl Strategy<Value = Pipeline> {
    prop::collection::vec(op(), 1..=7).prop_filter_map("too long", Pipeline::new)
}

/// Well typed in most draws: the first operations of a random program, perhaps with one exchanged.
fn plausible() -> impl Strategy<Value = Pipeline> {
    (any::<u64>(), 1..=MAX_GENERATED_OPS, prop::option::of((0usize..7, op()))).prop_map(|(seed, ops, odd)| {
        let program = random_pipeline(ops, &mut stream(seed));
        let Some((at, other)) = odd else { return program };
        let mut with = program.ops().to_vec();
        let at = at % with.len();
        with[at] = other;
        Pipeline::new(with).unwrap_or(program)
    })
}

fn input() -> impl Strategy<Value = Vec<i64>> {
    let item = prop_oneof![4 => -5i64..20, 1 => -1500i64..1500, 1 => Just(i64::MAX), 1 => Just(i64::MIN)];
    prop::collection::vec(item, 0..8)
}

fn masked(grammar: Grammar, seed: u64) -> Vec<Token> {
    let (mut tokens, mut stream) = (Vec::new(), stream(seed));
    loop {
        let next = grammar.next(&tokens);
        let choices = next.tokens.len() as u64 + u64::from(next.end);
        assert!(choices > 0, "a dead end after {tokens:?}");
        match next.tokens.get(stream.below(choices) as usize) {
            Some(token) => tokens.push(*token),
            None => return tokens,
        }
    }
}

/// What a run of either language came to.
fn came_to(outcome: Outcome) -> Result<Value, ExceptionClass> {
    match outcome {
        Outcome::Returned(value, _) => Ok(value),
        Outcome::Raised { class, .. } => Err(class),
        other => panic!("neither a value nor an exception: {other:?}"),
    }
}

#[test]
fn the_language_has_28_tokens_in_a_fixed_order() {
    assert_eq!(Token::COUNT, 28);
    for (index, token) in Token::all().enumerate() {
        assert_eq!((token.index(), Token::from_index(index)), (index, Some(token)));
    }
    assert_eq!(Token::from_index(Token::COUNT), None);
}

#[test]
fn a_pipeline_runs_from_left_to_right() {
    let value = |text: &str, input: &[i64]| Pipeline::read(text).expect("a pipeline").value(input);
    assert_eq!(value("evens | add 3 | sum", &[1, 2, 4]), Ok(Data::Int(12)));
    assert_eq!(value("uniq | rev | take 2", &[5, 5, 7, 9]), Ok(Data::List(vec![9, 7])));
    assert_eq!(value("add 0", &[-1, 1001]), Ok(Data::List(vec![999, 1])));
    assert_eq!(value("orelse 7 | max | wrap", &[]), Ok(Data::List(vec![7])));
    assert_eq!(value("cumsum", &[600, 600, -1]), Ok(Data::List(vec![600, 200, 199])));
    assert_eq!(value("first", &[]), Err(RunError { class: ErrorClass::Value, op: 0 }));
    assert_eq!(value("sum | sort", &[1]), Err(RunError { class: ErrorClass::Type, op: 1 }));
    // What is reached first decides.
    assert_eq!(value("max | sort", &[]), Err(RunError { class: ErrorClass::Value, op: 0 }));
}

#[test]
fn errors_name_their_token() {
    let fault = |text: &str| Pipeline::read(text).map_err(|error| (error.at, error.fault));
    assert_eq!(fault(""), Err((0, ParseFault::OperationNeeded)));
    assert_eq!(fault("sort |"), Err((2, ParseFault::OperationNeeded)));
    assert_eq!(fault("sort | | rev"), Err((2, ParseFault::OperationNeeded)));
    assert_eq!(fault("take | rev"), Err((1, ParseFault::ConstantNeeded)));
    assert_eq!(fault("sort rev"), Err((1, ParseFault::BarNeeded)));
    assert_eq!(fault("sort 3"), Err((1, ParseFault::BarNeeded)));
    assert_eq!(fault("take 123"), Err((3, ParseFault::ConstantTooLong)));
    assert_eq!(fault("take 05"), Err((2, ParseFault::ConstantTooLong)));
    assert_eq!(fault("sort | swap"), Err((2, ParseFault::Foreign)));
    assert_eq!(fault(&"add 10 | ".repeat(5)), Err((14, ParseFault::TooLong)));
    let fault = Pipeline::read("take 12 | sum | sort").expect("it parses").check().expect_err("ill typed");
    assert_eq!((fault.op, fault.at, fault.expected, fault.found), (2, 6, Type::List, Type::Int));
}

#[test]
fn limits_are_reached_at_the_step_they_name() {
    let program = Pipeline::read("sort | rev | sum").expect("a pipeline");
    let limits = |steps, size| StepLimits { steps, size };
    assert_eq!(program.run(&[1, 2], &limits(9, 2)), (Ok(Data::Int(3)), 9));
    assert_eq!(program.run(&[1, 2], &limits(8, 2)).0, Err(RunError { class: ErrorClass::Limit, op: 2 }));
    assert_eq!(program.run(&[1, 2], &limits(9, 1)).0, Err(RunError { class: ErrorClass::Limit, op: 0 }));
}

#[test]
fn one_judge_serves_pipelines_and_their_printing() {
    let program = Pipeline::read("odds | max").expect("a pipeline");
    let test = |input: &str, expected: Expected| Test {
        call: Call::new(vec![Value::parse(input).expect("a list")]),
        expected,
    };
    let tests = [
        test("[1, 9, 4]", Expected::Returns(Value::int(9), Comparison::Typed)),
        test("[2]", Expected::Raises(ExceptionClass::ValueError)),
        test("[3]", Expected::Returns(Value::int(4), Comparison::Typed)),
    ];
    let text = Source::from(program.to_string());
    let direct = Judge::new(Pipelines).judge(&text, "f", &tests);
    let printed = Judge::new(MiniPy).judge(&program.to_minipy(), Pipeline::ENTRY, &tests);
    assert_eq!(direct.passed(), [true, true, false]);
    let words = |report: &crate::ProgramReport| -> Vec<String> {
        report.tests.iter().map(|test| test.verdict.to_string()).collect()
    };
    assert_eq!(words(&direct), words(&printed));
    let refused = Judge::new(Pipelines).judge(&Source::from("sort |"), "f", &tests);
    assert!(refused.rejected.is_some() && refused.passed() == [false; 3]);
    let foreign = [test("[1.5]", Expected::Raises(ExceptionClass::TypeError))];
    assert_eq!(Judge::new(Pipelines).judge(&text, "f", &foreign).valid(), [false]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn printing_and_reading_back_is_the_identity(program in pipeline()) {
        prop_assert_eq!(Pipeline::parse(&program.tokens()), Ok(program.clone()));
        prop_assert_eq!(program.tokens().len(), program.len());
        prop_assert_eq!(Pipeline::read(&program.to_string()), Ok(program));
    }

    #[test]
    fn pipelines_give_the_values_and_exceptions_of_their_printed_programs(
        program in prop_oneof![3 => plausible(), 1 => pipeline()],
        inputs in prop::collection::vec(input(), 1..4),
    ) {
        let printed = MiniPy.prepare(&program.to_minipy(), Pipeline::ENTRY).expect("MiniPy");
        let direct = Pipelines.prepare(&Source::from(program.to_string()), Pipeline::ENTRY).expect("a pipeline");
        let calls: Vec<Call> = inputs
            .into_iter()
            .map(|input| Call::new(vec![Data::List(input).to_value()]))
            .collect();
        let limits = Limits::default();
        let (left, right) = (Pipelines.run(&direct, &calls, &limits), MiniPy.run(&printed, &calls, &limits));
        for ((left, right), call) in left.into_iter().zip(right).zip(&calls) {
            prop_assert_eq!(came_to(left), came_to(right), "{} of {:?}", program, call.args);
        }
    }

    #[test]
    fn a_type_fault_is_met_by_every_run_that_reaches_it(program in pipeline(), input in input()) {
        let result = program.value(&input);
        match program.check() {
            Ok(ty) => match result {
                Ok(data) => prop_assert_eq!(data.ty(), ty),
                Err(error) => prop_assert_eq!(error.class, ErrorClass::Value),
            },
            Err(fault) => {
                let error = result.expect_err("ill typed");
                let before = error.class == ErrorClass::Value && error.op < fault.op;
                prop_assert!(before || (error.class, error.op) == (ErrorClass::Type, fault.op));
            }
        }
    }

    #[test]
    fn masked_samples_parse_and_type_check_within_the_limit(seed: u64) {
        let tokens = masked(Grammar::Typed, seed);
        prop_assert!(tokens.len() <= MAX_TOKENS);
        let program = Pipeline::parse(&tokens).expect("it parses");
        prop_assert!(program.check().is_ok(), "{}", program);
        let tokens = masked(Grammar::Syntax, seed);
        prop_assert!(tokens.len() <= MAX_TOKENS);
        prop_assert!(Pipeline::parse(&tokens).is_ok());
    }

    #[test]
    fn the_grammar_allows_exactly_what_parses_and_type_checks(program in prop_oneof![plausible(), pipeline()]) {
        let tokens = program.tokens();
        for (grammar, inside) in [(Grammar::Syntax, true), (Grammar::Typed, program.check().is_ok())] {
            let allowed = |at: usize| grammar.next(&tokens[..at]).tokens.contains(&tokens[at]);
            let step_by_step = (0..tokens.len()).all(allowed) && grammar.next(&tokens).end;
            prop_assert_eq!(step_by_step, inside, "{} under {:?}", program, grammar);
        }
    }

    #[test]
    fn random_pipelines_are_well_typed_and_as_long_as_was_asked(seed: u64, ops in 1usize..=4) {
        let program = random_pipeline(ops, &mut stream(seed));
        prop_assert!(program.check().is_ok());
        prop_assert!(program.ops().len() == ops || program.len() > 8, "{}", program);
    }

    #[test]
    fn mutants_are_one_edit_away_and_well_typed_where_the_program_is(seed: u64, ops in 2usize..=4) {
        let program = random_pipeline(ops, &mut stream(seed));
        for mutant in neighbours(&program) {
            prop_assert!(mutant.check().is_ok() && mutant != program);
            let (a, b) = (program.ops(), mutant.ops());
            let shared = a.iter().zip(b).take_while(|(a, b)| a == b).count();
            let edited = a[shared + 1..] == b[shared + usize::from(a.len() == b.len())..];
            prop_assert!(edited, "{} and {}", program, mutant);
        }
        let drawn = mutate(&program, &mut stream(seed)).expect("there are mutants");
        prop_assert!(neighbours(&program).contains(&drawn));
    }

    #[test]
    fn more_inputs_never_lower_a_mutation_score(
        seed: u64,
        inputs in prop::collection::vec(prop::collection::vec(0i64..20, 0..5), 0..6),
    ) {
        let program = random_pipeline(3, &mut stream(seed));
        let mut last = 0;
        for count in 0..=inputs.len() {
            let score = mutation_score(&program, &inputs[..count]);
            prop_assert!(score.killed >= last && score.killed <= score.mutants);
            prop_assert!(count > 0 || score.killed == 0);
            last = score.killed;
        }
    }
}
