//! Problem files in the layouts of HumanEval and MBPP.

use serde::Deserialize;

use crate::syntax::ast::{Argument, CompareOp, Expr, ExprKind, Stmt, StmtKind, UnaryOp};
use crate::syntax::{self, ast::Module};
use crate::{Call, Comparison, Executor, Expected, Limits, MiniPy, Outcome, Rejected, Source, Test, Value};

/// A problem with its reference solution and its tests as data.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Its name in the file.
    pub id: String,
    /// What the policy reads.
    pub prompt: String,
    /// The function that the tests call.
    pub entry: String,
    /// The whole program of the reference solution.
    pub solution: Source,
    /// The tests that are data: a call with plain arguments, and a plain value to compare with.
    pub tests: Vec<Test>,
    /// How many assertions of the file are not of that form, and are left out.
    pub left_out: usize,
}

/// Why a problem file cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemError {
    /// A line is not the JSON of a problem.
    #[error("line {line} is not a problem: {source}")]
    Json {
        /// The line, counted from 1.
        line: usize,
        /// Why.
        source: serde_json::Error,
    },
    /// The tests of a problem cannot be parsed.
    #[error("the tests of {id} are not of the subset that is read: {source}")]
    Tests {
        /// The problem.
        id: String,
        /// Why.
        source: Rejected,
    },
    /// A problem has no test that is data.
    #[error("{0} has no test with plain arguments and an expected value; leave it out of the file")]
    NoTests(String),
}

#[derive(Deserialize)]
struct HumanEval {
    task_id: String,
    prompt: String,
    entry_point: String,
    canonical_solution: String,
    test: String,
}

#[derive(Deserialize)]
struct Mbpp {
    task_id: u64,
    text: String,
    code: String,
    test_list: Vec<String>,
    #[serde(default)]
    test_setup_code: String,
}

impl Problem {
    /// Problems in the layout of HumanEval: `task_id`, `prompt`, `entry_point`, `canonical_solution` and `test`
    /// with the assertions of `check(candidate)`.
    pub fn humaneval(lines: &str) -> Vec<Result<Self, ProblemError>> {
        each_line(lines, |raw: HumanEval| {
            let solution = format!("{}{}", raw.prompt, raw.canonical_solution);
            Self::new(raw.task_id, raw.prompt, raw.entry_point, "candidate", solution, &raw.test)
        })
    }

    /// Problems in the layout of MBPP: `task_id`, `text`, `code` and `test_list` with one assertion a string.
    /// The entry is the function that the first assertion calls.
    pub fn mbpp(lines: &str) -> Vec<Result<Self, ProblemError>> {
        each_line(lines, |raw: Mbpp| {
            let id = format!("MBPP/{}", raw.task_id);
            let tests = raw.test_list.join("\n");
            let module = parse_tests(&id, &tests)?;
            let entry = called_name(&module).unwrap_or_default();
            let solution = format!("{}\n{}", raw.test_setup_code, raw.code);
            Self::new(id, raw.text, entry.clone(), &entry, solution, &tests)
        })
    }

    fn new(
        id: String,
        prompt: String,
        entry: String,
        called: &str,
        solution: String,
        tests: &str,
    ) -> Result<Self, ProblemError> {
        let module = parse_tests(&id, tests)?;
        let mut found = Vec::new();
        let mut left_out = 0;
        for assertion in assertions(&module.body) {
            match test(assertion, called) {
                Some(test) => found.push(test),
                None => left_out += usize::from(calls(assertion, called)),
            }
        }
        if found.is_empty() {
            return Err(ProblemError::NoTests(id));
        }
        Ok(Self { id, prompt, entry, solution: Source::from(solution), tests: found, left_out })
    }
}

fn each_line<T: for<'de> Deserialize<'de>>(
    lines: &str,
    make: impl Fn(T) -> Result<Problem, ProblemError>,
) -> Vec<Result<Problem, ProblemError>> {
    lines
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| match serde_json::from_str(line) {
            Ok(raw) => make(raw),
            Err(source) => Err(ProblemError::Json { line: index + 1, source }),
        })
        .collect()
}

fn parse_tests(id: &str, tests: &str) -> Result<Module, ProblemError> {
    syntax::parse(tests).map_err(|source| ProblemError::Tests { id: id.to_owned(), source })
}

/// The conditions of the assertions of a module and of its functions, in order.
fn assertions(body: &[Stmt]) -> Vec<&Expr> {
    body.iter()
        .flat_map(|statement| match &statement.kind {
            StmtKind::Assert { test, .. } => vec![test],
            StmtKind::Def(def) => assertions(&def.body),
            _ => Vec::new(),
        })
        .collect()
}

fn called_name(module: &Module) -> Option<String> {
    assertions(&module.body).into_iter().find_map(|assertion| {
        let call = match &assertion.kind {
            ExprKind::Compare { first, .. } => first,
            _ => assertion,
        };
        match &call.kind {
            ExprKind::Call { callee, .. } => match &callee.kind {
                ExprKind::Name(name) => Some(name.to_string()),
                _ => None,
            },
            _ => None,
        }
    })
}

fn calls(assertion: &Expr, called: &str) -> bool {
    let module =
        Module { body: vec![Stmt { line: assertion.line, kind: StmtKind::Expr(assertion.clone()) }] };
    syntax::print(&module).contains(&format!("{called}("))
}

/// `candidate(…) == expected`, `abs(candidate(…) - expected) < tolerance`, `candidate(…)`, `not candidate(…)`.
fn test(assertion: &Expr, called: &str) -> Option<Test> {
    let (call, expected, comparison) = match &assertion.kind {
        ExprKind::Compare { first, rest } => match (&rest[..], absolute_difference(first)) {
            ([(CompareOp::Eq | CompareOp::Is, expected)], None) => {
                (&**first, evaluate(expected)?, Comparison::Python)
            }
            ([(CompareOp::Lt | CompareOp::Le, tolerance)], Some((call, expected))) => {
                let Value::Float(abs) = evaluate(tolerance)? else { return None };
                (call, evaluate(expected)?, Comparison::Approx { rel: 0.0, abs })
            }
            _ => return None,
        },
        ExprKind::Unary { op: UnaryOp::Not, operand } => (&**operand, Value::Bool(false), Comparison::Python),
        _ => (assertion, Value::Bool(true), Comparison::Python),
    };
    let ExprKind::Call { callee, arguments } = &call.kind else { return None };
    if !matches!(&callee.kind, ExprKind::Name(name) if **name == *called) {
        return None;
    }
    let args = arguments
        .iter()
        .map(|argument| match argument {
            Argument::Positional(value) => evaluate(value),
            _ => None,
        })
        .collect::<Option<Vec<_>>>()?;
    Some(Test { call: Call::new(args), expected: Expected::Returns(expected, comparison) })
}

/// The two sides of `abs(a - b)`.
fn absolute_difference(value: &Expr) -> Option<(&Expr, &Expr)> {
    let ExprKind::Call { callee, arguments } = &value.kind else { return None };
    let is_abs = matches!(&callee.kind, ExprKind::Name(name) if **name == *"abs");
    match &arguments[..] {
        [Argument::Positional(Expr { kind: ExprKind::Binary { first, rest }, .. })] if is_abs => {
            match &rest[..] {
                [(op, expected)] if op.symbol() == "-" => Some((first, expected)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The value of an expression of the problem's own file: a literal, or what MiniPy makes of it.
fn evaluate(expression: &Expr) -> Option<Value> {
    if let Some(value) = Value::of_expression(expression) {
        return Some(value);
    }
    let returns = Stmt { line: expression.line, kind: StmtKind::Return(Some(expression.clone())) };
    let def = syntax::ast::FunctionDef {
        name: "f".into(),
        parameters: syntax::ast::Parameters::default(),
        returns: None,
        body: vec![returns],
    };
    let module = Module { body: vec![Stmt { line: expression.line, kind: StmtKind::Def(Box::new(def)) }] };
    let program = MiniPy.prepare(&Source::from(syntax::print(&module)), "f").ok()?;
    match MiniPy.run(&program, &[Call::default()], &Limits::default()).pop()? {
        Outcome::Returned(value, _) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assertions_of_the_usual_forms_become_data() {
        let line = r#"{"task_id": "X/1", "prompt": "def g(a, b):\n", "entry_point": "g",
            "canonical_solution": "    return a / b\n",
            "test": "def check(candidate):\n    assert candidate(4, 2) == 2\n    assert abs(candidate(1, 3) - 0.333) < 1e-2, 'm'\n    assert not candidate(0, 1)\n    assert candidate(1, 1)\n    assert candidate(2 ** 3, len('ab')) == 2 + 2\n    assert candidate(1, 2) in (0.5, 1)\n    assert True\n"}"#;
        let problem = Problem::humaneval(&line.replace('\n', "")).remove(0).expect("a problem");
        assert_eq!((problem.tests.len(), problem.left_out, &*problem.entry), (5, 1, "g"));
        assert!(crate::Judge::new(MiniPy).judge(&problem.solution, "g", &problem.tests).solved());
    }

    #[test]
    fn what_is_no_problem_is_refused_with_its_place() {
        let found =
            Problem::mbpp("{}\n\n{\"task_id\": 7, \"text\": \"\", \"code\": \"\", \"test_list\": []}");
        assert!(matches!(&found[0], Err(ProblemError::Json { line: 1, .. })));
        assert!(matches!(&found[1], Err(ProblemError::NoTests(id)) if id == "MBPP/7"));
    }
}
