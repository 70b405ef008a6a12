use milepost_core::{Purpose, StreamKey};
use proptest::prelude::*;

use super::*;
use crate::{Call, ExceptionClass, Executor, Limits, MiniPy, Outcome, syntax};

fn drawn(seed: u64, size: usize) -> (GeneratedProgram, Stream) {
    let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("generate")));
    let types: Vec<GeneratedType> =
        (0..stream.below(4)).map(|_| GeneratedType::ALL[stream.below(4) as usize]).collect();
    let returns = GeneratedType::ALL[stream.below(4) as usize];
    (random_program(size, &types, returns, &mut stream), stream)
}

fn is_of(value: &Value, ty: GeneratedType) -> bool {
    matches!(
        (value, ty),
        (Value::Int(_), GeneratedType::Int)
            | (Value::Bool(_), GeneratedType::Bool)
            | (Value::Str(_), GeneratedType::Str)
            | (Value::List(_), GeneratedType::List)
    )
}

proptest! {
    #[test]
    fn generated_programs_are_well_typed(seed: u64, size in 0usize..12) {
        let (program, mut stream) = drawn(seed, size);
        let prepared = MiniPy.prepare(&program.source, GeneratedProgram::ENTRY).expect("inside MiniPy");
        let calls: Vec<Call> =
            (0..3).map(|_| Call::new(random_arguments(&program.arguments, &mut stream))).collect();
        for outcome in MiniPy.run(&prepared, &calls, &Limits::default()) {
            match outcome {
                Outcome::Returned(value, _) => prop_assert!(is_of(&value, program.returns), "{}", value),
                Outcome::Raised { class, .. } => prop_assert!(
                    matches!(class, ExceptionClass::ZeroDivisionError | ExceptionClass::IndexError),
                    "{} in {:?}", class, program.source.text()
                ),
                Outcome::Limit(limit, _) => prop_assert_eq!(limit, crate::Limit::Memory, "{:?}", program.source.text()),
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }

    #[test]
    fn generated_programs_print_and_read_back_as_themselves(seed: u64, size in 0usize..12) {
        let (program, _) = drawn(seed, size);
        let printed = syntax::print(&syntax::parse(program.source.text().expect("text")).expect("a program"));
        prop_assert_eq!(syntax::print(&syntax::parse(&printed).expect("a program")), printed);
    }

    #[test]
    fn a_program_is_a_function_of_its_stream(seed: u64) {
        prop_assert_eq!(drawn(seed, 6), drawn(seed, 6));
    }
}
