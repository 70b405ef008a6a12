use std::fmt::Write;

use milepost_core::Stream;

use super::{GeneratedProgram, GeneratedType as Type};
use crate::grammar;

/// Writes one function.
pub(super) struct Writer<'a> {
    pub(super) stream: &'a mut Stream,
    /// Names in scope. Those of a block leave with it, so none is read before it is bound.
    pub(super) names: Vec<(String, Type)>,
    /// Names of the counters of the loops around, which nothing else may change.
    counters: Vec<String>,
    text: String,
    indent: usize,
    /// Statements left.
    left: usize,
}

/// Blocks within blocks.
const DEPTH: usize = 3;

/// Names kept for loops and comprehensions.
const SPARE: usize = 8;

impl<'a> Writer<'a> {
    pub(super) fn new(arguments: &[Type], stream: &'a mut Stream) -> Self {
        let (names, counters, text) = (Vec::new(), Vec::new(), String::new());
        let mut writer = Self { stream, names, counters, text, indent: 0, left: 0 };
        for ty in arguments {
            let name = writer.new_name();
            writer.names.push((name, *ty));
        }
        writer
    }

    pub(super) fn function(mut self, size: usize, returns: Type) -> String {
        let parameters: Vec<&str> = self.names.iter().map(|(name, _)| name.as_str()).collect();
        let head = format!("def f({}):", parameters.join(", "));
        self.line(&head);
        self.indent = 1;
        self.left = size;
        while self.left > 0 {
            self.statement();
        }
        let value = self.expression(returns, 2);
        self.line(&format!("return {value}"));
        self.text
    }

    fn line(&mut self, text: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "{:indent$}{text}", "", indent = self.indent * 4);
    }

    pub(super) fn pick(&mut self, count: usize) -> usize {
        self.stream.below(count as u64) as usize
    }

    pub(super) fn any_type(&mut self) -> Type {
        Type::ALL[self.pick(Type::ALL.len())]
    }

    /// A name in scope of this type.
    pub(super) fn name(&mut self, ty: Type) -> Option<String> {
        let fitting: Vec<usize> = (0..self.names.len()).filter(|index| self.names[*index].1 == ty).collect();
        let index = *fitting.get(self.pick(fitting.len().max(1)))?;
        Some(self.names[index].0.clone())
    }

    /// A name that is not in scope: one of the grammar's as long as there are any.
    pub(super) fn new_name(&self) -> String {
        let numbered = (1..).map(|number| format!("v{number}"));
        let mut fresh = grammar::names().map(str::to_owned).chain(numbered).filter(|name| self.is_free(name));
        fresh.next().unwrap_or_else(|| unreachable!("there are more numbers than names"))
    }

    fn is_free(&self, name: &str) -> bool {
        name != GeneratedProgram::ENTRY
            && self.names.iter().all(|(used, _)| used != name)
            && self.counters.iter().all(|used| used != name)
    }

    fn statement(&mut self) {
        self.left = self.left.saturating_sub(1);
        let blocks = if self.indent > DEPTH { 0 } else { 4 };
        match self.pick(6 + blocks) {
            0..=2 => self.bind(),
            3 => self.rebind(),
            4 => self.augment(),
            5 => self.append(),
            6 => self.branch(),
            7 => self.each(),
            8 => self.count(),
            _ => self.attempt(),
        }
    }

    /// Binds a new name, or where names run short one that is known.
    fn bind(&mut self) {
        let free = grammar::names().filter(|name| self.is_free(name)).count();
        if free <= SPARE && !self.names.is_empty() {
            let at = self.pick(self.names.len());
            let (name, ty) = self.names[at].clone();
            let value = self.expression(ty, 2);
            return self.line(&format!("{name} = {value}"));
        }
        let ty = self.any_type();
        let (value, name) = (self.expression(ty, 2), self.new_name());
        self.line(&format!("{name} = {value}"));
        self.names.push((name, ty));
    }

    fn rebind(&mut self) {
        let ty = self.any_type();
        let Some(name) = self.name(ty) else { return self.bind() };
        let value = self.expression(ty, 2);
        self.line(&format!("{name} = {value}"));
    }

    fn augment(&mut self) {
        let Some(name) = self.name(Type::Int) else { return self.bind() };
        let operator = ["+=", "-=", "*=", "//=", "%=", "^="][self.pick(6)];
        let value = self.expression(Type::Int, 1);
        self.line(&format!("{name} {operator} {value}"));
    }

    fn append(&mut self) {
        let Some(name) = self.name(Type::List) else { return self.bind() };
        let value = self.expression(Type::Int, 2);
        match self.pick(3) {
            0 => self.line(&format!("{name}.append({value})")),
            1 => self.line(&format!("{name}.insert({value} % 5, {value})")),
            _ => self.line(&format!("{name}.sort()")),
        }
    }

    /// At least one statement, indented; its names leave scope with it.
    fn block(&mut self) {
        let known = self.names.len();
        self.indent += 1;
        for _ in 0..=self.pick(3) {
            self.statement();
        }
        self.indent -= 1;
        self.names.truncate(known);
    }

    fn branch(&mut self) {
        let condition = self.expression(Type::Bool, 2);
        self.line(&format!("if {condition}:"));
        self.block();
        if self.pick(2) == 0 {
            self.line("else:");
            self.block();
        }
    }

    /// Over a copy of at most four items, so that appending to the list is harmless.
    fn each(&mut self) {
        let (list, name) = (self.expression(Type::List, 1), self.new_name());
        self.line(&format!("for {name} in {list}[:4]:"));
        self.names.push((name, Type::Int));
        self.block();
        self.names.pop();
    }

    fn count(&mut self) {
        let (start, name) = (self.expression(Type::Int, 1), self.new_name());
        self.line(&format!("{name} = {start} % 4"));
        self.line(&format!("while {name} > 0:"));
        self.counters.push(name.clone());
        self.block();
        self.counters.pop();
        self.indent += 1;
        self.line(&format!("{name} -= 1"));
        self.indent -= 1;
    }

    fn attempt(&mut self) {
        self.line("try:");
        self.block();
        let class = ["ZeroDivisionError", "IndexError", "Exception"][self.pick(3)];
        self.line(&format!("except {class}:"));
        self.block();
    }
}
