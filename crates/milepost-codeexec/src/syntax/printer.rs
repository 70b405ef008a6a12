//! Tree to canonical text. Parsing the text gives the tree back.

mod expressions;

use super::ast::{Expr, Module, Parameter, Parameters, Stmt, StmtKind};
use expressions::Quoting;

/// The program as canonical text: four spaces a level, one statement a line.
///
/// `parse(print(parse(text)))` equals `parse(text)`.
#[must_use]
pub fn print(module: &Module) -> String {
    let mut printer = Printer { out: String::new(), quoting: Quoting::Escaped };
    printer.block(&module.body, 0);
    printer.out
}

struct Printer {
    out: String,
    quoting: Quoting,
}

impl Printer {
    fn word(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn separated<T>(&mut self, items: &[T], mut print: impl FnMut(&mut Self, &T)) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.word(", ");
            }
            print(self, item);
        }
    }

    fn block(&mut self, body: &[Stmt], level: usize) {
        for statement in body {
            self.start(level);
            self.statement(statement, level);
        }
    }

    fn start(&mut self, level: usize) {
        for _ in 0..level {
            self.word("    ");
        }
    }

    fn nested(&mut self, body: &[Stmt], level: usize) {
        self.word(":\n");
        self.block(body, level + 1);
    }

    fn clause(&mut self, word: &str, body: &[Stmt], level: usize) {
        if !body.is_empty() {
            self.start(level);
            self.word(word);
            self.nested(body, level);
        }
    }

    fn statement(&mut self, statement: &Stmt, level: usize) {
        match &statement.kind {
            StmtKind::Def(def) => {
                self.word("def ");
                self.word(&def.name);
                self.word("(");
                self.parameters(&def.parameters);
                self.word(")");
                if let Some(returns) = &def.returns {
                    self.word(" -> ");
                    self.expression(returns);
                }
                self.nested(&def.body, level);
                return;
            }
            StmtKind::If { branches, otherwise } => {
                for (index, (test, body)) in branches.iter().enumerate() {
                    if index > 0 {
                        self.start(level);
                        self.word("el");
                    }
                    self.word("if ");
                    self.expression(test);
                    self.nested(body, level);
                }
                self.clause("else", otherwise, level);
                return;
            }
            StmtKind::While { test, body, otherwise } => {
                self.word("while ");
                self.expression(test);
                self.nested(body, level);
                self.clause("else", otherwise, level);
                return;
            }
            StmtKind::For { target, iterable, body, otherwise } => {
                self.word("for ");
                self.list(target);
                self.word(" in ");
                self.list(iterable);
                self.nested(body, level);
                self.clause("else", otherwise, level);
                return;
            }
            StmtKind::Try(parts) => {
                self.word("try");
                self.nested(&parts.body, level);
                for handler in &parts.handlers {
                    self.start(level);
                    self.word("except");
                    if let Some(class) = &handler.class {
                        self.word(" ");
                        self.expression(class);
                    }
                    if let Some(name) = &handler.name {
                        self.word(" as ");
                        self.word(name);
                    }
                    self.nested(&handler.body, level);
                }
                self.clause("else", &parts.otherwise, level);
                self.clause("finally", &parts.finally, level);
                return;
            }
            simple => self.simple(simple),
        }
        self.word("\n");
    }

    fn keyword(&mut self, word: &str, value: Option<&Expr>) {
        self.word(word);
        if let Some(value) = value {
            self.word(" ");
            self.expression(value);
        }
    }

    fn simple(&mut self, statement: &StmtKind) {
        match statement {
            StmtKind::Return(None) => self.word("return"),
            StmtKind::Return(Some(value)) => {
                self.word("return ");
                self.list(value);
            }
            StmtKind::Assign { targets, value } => {
                for target in targets {
                    self.list(target);
                    self.word(" = ");
                }
                self.list(value);
            }
            StmtKind::AugAssign { target, op, value } => {
                self.expression(target);
                self.word(" ");
                self.word(op.symbol());
                self.word("= ");
                self.expression(value);
            }
            StmtKind::AnnAssign { target, annotation, value } => {
                self.expression(target);
                self.word(": ");
                self.expression(annotation);
                if let Some(value) = value {
                    self.word(" = ");
                    self.expression(value);
                }
            }
            StmtKind::Break => self.word("break"),
            StmtKind::Continue => self.word("continue"),
            StmtKind::Pass => self.word("pass"),
            StmtKind::Delete(targets) => {
                self.word("del ");
                self.separated(targets, Self::expression);
            }
            StmtKind::Assert { test, message } => {
                self.keyword("assert", Some(test));
                if let Some(message) = message {
                    self.word(", ");
                    self.expression(message);
                }
            }
            StmtKind::Raise { exception, cause } => {
                self.keyword("raise", exception.as_ref());
                if let Some(cause) = cause {
                    self.keyword(" from", Some(cause));
                }
            }
            StmtKind::Expr(value) => self.expression(value),
            StmtKind::Global(names) => {
                self.word("global ");
                self.separated(names, |p, name| p.word(name));
            }
            StmtKind::Nonlocal(names) => {
                self.word("nonlocal ");
                self.separated(names, |p, name| p.word(name));
            }
            StmtKind::Import(names) => {
                self.word("import ");
                self.separated(names, Self::alias);
            }
            StmtKind::ImportFrom { module, names } => {
                self.word("from ");
                self.word(module);
                self.word(" import ");
                self.separated(names, Self::alias);
            }
            StmtKind::Def(_)
            | StmtKind::If { .. }
            | StmtKind::While { .. }
            | StmtKind::For { .. }
            | StmtKind::Try(_) => {}
        }
    }

    fn alias(&mut self, (name, alias): &(Box<str>, Option<Box<str>>)) {
        self.word(name);
        if let Some(alias) = alias {
            self.word(" as ");
            self.word(alias);
        }
    }

    fn parameters(&mut self, parameters: &Parameters) {
        let mut first = true;
        let mut separate = |printer: &mut Self| {
            if !std::mem::replace(&mut first, false) {
                printer.word(", ");
            }
        };
        for (index, parameter) in parameters.positional.iter().enumerate() {
            separate(self);
            self.parameter(parameter);
            if index + 1 == parameters.positional_only {
                separate(self);
                self.word("/");
            }
        }
        if let Some(rest) = &parameters.rest {
            separate(self);
            self.word("*");
            self.parameter(rest);
        } else if !parameters.keyword_only.is_empty() {
            separate(self);
            self.word("*");
        }
        for parameter in &parameters.keyword_only {
            separate(self);
            self.parameter(parameter);
        }
    }

    fn parameter(&mut self, parameter: &Parameter) {
        self.word(&parameter.name);
        if let Some(annotation) = &parameter.annotation {
            self.word(": ");
            self.expression(annotation);
        }
        if let Some(default) = &parameter.default {
            self.word("=");
            self.expression(default);
        }
    }
}
