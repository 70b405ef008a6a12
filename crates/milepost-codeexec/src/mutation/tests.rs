use milepost_core::{Purpose, StreamKey};
use proptest::prelude::*;

use super::*;
use crate::syntax::lexemes;
use crate::{Executor, GeneratedProgram, GeneratedType, MiniPy, Source, random_program};

fn stream(seed: u64) -> Stream {
    Stream::new(StreamKey::new(seed, Purpose::named("mutation tests")))
}

fn generated(seed: u64, size: usize) -> Module {
    let mut stream = stream(seed);
    let types = [GeneratedType::Int, GeneratedType::List];
    let program = random_program(size, &types, GeneratedType::Int, &mut stream);
    parse(program.source.text().expect("text")).expect("inside MiniPy")
}

fn texts(program: &str, edit: Edit) -> Vec<String> {
    let mutants = neighbours(&parse(program).expect("a program"));
    mutants.iter().filter(|mutant| mutant.edit == edit).map(Mutant::text).collect()
}

/// The tokens of a program, less what only groups: brackets, lines, blocks, `pass`. An `elif` counts as an `if`.
fn words(program: &Module) -> Vec<String> {
    let text = print(program);
    let found = lexemes(&text).expect("tokens");
    let words = found.into_iter().map(|(_, lexeme)| match lexeme {
        crate::syntax::Lexeme::Name(text) | crate::syntax::Lexeme::Integer(text) => text.to_owned(),
        crate::syntax::Lexeme::Other(text) if text == "elif" => "if".to_owned(),
        crate::syntax::Lexeme::Other(text) => text,
    });
    let groups = ["(", ")", "NEWLINE", "INDENT", "DEDENT", "pass"];
    words.filter(|word| !groups.contains(&word.as_str())).collect()
}

/// How many words stand between the longest common beginning and end: of the first, of the second.
fn middle(a: &[String], b: &[String]) -> (usize, usize) {
    let begin = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let end = a[begin..].iter().rev().zip(b[begin..].iter().rev()).take_while(|(a, b)| a == b).count();
    (a.len() - begin - end, b.len() - begin - end)
}

#[test]
fn operators_of_a_chain_keep_their_precedence() {
    let sum = texts("x = a + b - c\n", Edit::Operator);
    assert_eq!(sum, ["x = a - b - c\n", "x = a + b + c\n"]);
    assert_eq!(texts("x = a * b ** c\n", Edit::Operator)[0], "x = a * (b * c)\n");
    assert_eq!(texts("x -= a\n", Edit::Operator), ["x += a\n"]);
    assert_eq!(texts("x = not -a < b\n", Edit::Operator).len(), 4);
}

#[test]
fn constants_go_one_up_and_one_down_but_never_below_zero() {
    assert_eq!(texts("x = 0\n", Edit::Constant), ["x = 1\n"]);
    assert_eq!(texts("x = -3\n", Edit::Constant), ["x = -4\n", "x = -2\n"]);
    assert_eq!(texts("x = ['', 'bc', True]\n", Edit::Constant).len(), 3);
}

#[test]
fn bounds_move_by_one_where_no_constant_does_it() {
    let range = texts("for i in range(1, len(xs)):\n    pass\n", Edit::Bound);
    assert_eq!(range[0], "for i in range(1, len(xs) + 1):\n    pass\n");
    assert_eq!(range.len(), 2);
    assert_eq!(texts("x = xs[n - 1]\n", Edit::Bound), Vec::<String>::new());
    assert_eq!(texts("x = xs[a + b:]\n", Edit::Bound)[1], "x = xs[a + b - 1:]\n");
}

#[test]
fn guards_are_left_out_with_what_they_guard_or_without() {
    let early = texts("def f(n):\n    if n < 2:\n        return n\n    return f(n - 1)\n", Edit::Guard);
    let without = "def f(n):\n    return f(n - 1)\n";
    assert_eq!(early, [without, "def f(n):\n    return n\n    return f(n - 1)\n"]);
    assert_eq!(texts("if a:\n    b = 1\n", Edit::Guard), ["pass\n", "b = 1\n"]);
    assert_eq!(texts("x = [i for i in xs if i and j]\n", Edit::Guard).len(), 3);
    let chain = texts("if a:\n    x = 1\nelif b:\n    x = 2\nelse:\n    x = 3\n", Edit::Guard);
    assert_eq!(chain[0], "if b:\n    x = 2\nelse:\n    x = 3\n");
    assert_eq!(texts("try:\n    x = 1\nexcept:\n    x = 2\n", Edit::Guard), ["x = 1\n"]);
}

#[test]
fn a_mutant_says_on_which_line_it_differs() {
    let mutants = neighbours(&parse("x = 0\n\nif y:\n    z = x + y\n").expect("a program"));
    let lines: Vec<(u32, Edit)> = mutants.iter().map(|mutant| (mutant.line, mutant.edit)).collect();
    let (operator, guard) = (Edit::Operator, Edit::Guard);
    assert_eq!(lines, [(1, Edit::Constant), (4, operator), (4, operator), (3, guard), (3, guard)]);
}

#[test]
fn nothing_to_edit_gives_no_mutant() {
    assert_eq!(mutate(&parse("x = y\n").expect("a program"), &mut stream(0)), None);
}

proptest! {
    #[test]
    fn a_mutant_parses_and_differs_from_the_program_and_from_the_others(seed: u64, size in 0usize..6) {
        let program = generated(seed, size);
        let mutants = neighbours(&program);
        let mut texts: BTreeSet<String> = mutants.iter().map(Mutant::text).collect();
        prop_assert_eq!(texts.len(), mutants.len());
        prop_assert!(texts.insert(print(&program)), "the program is its own neighbour");
        for mutant in &mutants {
            prop_assert_eq!(&parse(&mutant.text()).expect("it parses"), &mutant.program);
            prop_assert!(mutant.program != program);
        }
    }

    #[test]
    fn a_mutant_is_one_edit_away(seed: u64, size in 0usize..6) {
        let program = generated(seed, size);
        let own = words(&program);
        for mutant in neighbours(&program) {
            let other = words(&mutant.program);
            let ((before, after), longer) = (middle(&own, &other), own.len() > other.len());
            let one = match mutant.edit {
                // A `not` of `not in` or a sign is a token of its own.
                Edit::Operator => before <= 1 && after <= 1,
                Edit::Constant => (before, after) == (1, 1),
                Edit::Bound => before == 0 && after == 2,
                Edit::Guard => longer && {
                    let mut rest = own.iter();
                    other.iter().all(|word| rest.any(|found| found == word))
                },
            };
            prop_assert!(one, "{:?}: {} -> {}", mutant.edit, print(&program), mutant.text());
        }
    }

    #[test]
    fn mutants_of_a_generated_program_compile(seed: u64, size in 0usize..6) {
        for mutant in neighbours(&generated(seed, size)) {
            let prepared = MiniPy.prepare(&Source::from(mutant.text()), GeneratedProgram::ENTRY);
            prop_assert!(prepared.is_ok(), "{}", mutant.text());
        }
    }

    #[test]
    fn a_drawn_mutant_is_a_neighbour_and_a_function_of_its_stream(seed: u64, size in 1usize..6) {
        let program = generated(seed, size);
        let drawn = mutate(&program, &mut stream(seed));
        prop_assert_eq!(&drawn, &mutate(&program, &mut stream(seed)));
        if let Some(drawn) = drawn {
            prop_assert!(neighbours(&program).contains(&drawn));
        }
    }
}
