//! Functions, lambdas and comprehensions.

use std::collections::HashMap;

use super::op::{Code, Op};
use super::scope::{Kind, Owner};
use super::{Compiled, Compiler, Function, GENERATOR_INPUT};
use crate::machine::Val;
use crate::syntax::ast::{
    Comprehension, ComprehensionKind, Expr, ExprKind, FunctionDef, Index, Name, Parameters,
};

impl<'t> Compiler<'t> {
    /// Begins the code of the function of `scope`, whose first `parameters` variables are its parameters.
    pub(super) fn enter(&mut self, scope: usize, parameters: usize) {
        let here = &self.scopes.all[scope];
        let mut code = Code { hidden: self.layout.prelude, ..Code::default() };
        let mut slots = HashMap::new();
        let mut captured = Vec::new();
        let free = here.free.clone();
        let own = if here.kind == Kind::Module { &[][..] } else { &here.variables[..] };
        for (index, (name, is_captured)) in own.iter().enumerate() {
            let slot = if index < parameters { index } else { index + free.len() } as u32;
            slots.insert((scope, name.clone()), slot);
            if *is_captured {
                captured.push(slot);
            }
        }
        code.slots = (own.len() + free.len()) as u32;
        code.free = free.len() as u32;
        self.functions.push(Function {
            scope,
            code,
            slots,
            free,
            free_start: parameters as u32,
            blocks: Vec::new(),
            handling: Vec::new(),
        });
        self.scope = scope;
        for slot in captured {
            self.emit(Op::MakeCell(slot));
        }
    }

    /// Ends it.
    pub(super) fn leave(&mut self) -> Code {
        let code = self.functions.pop().map_or_else(Code::default, |function| function.code);
        if let Some(outer) = self.functions.last() {
            self.scope = outer.scope;
        }
        code
    }

    /// `→ function` for a code that has been written.
    fn make(&mut self, code: Code) {
        let index = self.layout.codes + self.program.codes.len();
        self.program.codes.push(code);
        self.emit(Op::Function(index as u32));
    }

    fn push_cells(&mut self, free: &[Name]) {
        for name in free {
            let slot = match self.scopes.owner(self.scope, name) {
                Owner::Here(owner) => self.function().slots.get(&(owner, name.clone())).copied().unwrap_or(0),
                _ => {
                    let function = self.function();
                    let at = function.free.iter().position(|n| n == name).unwrap_or(0) as u32;
                    function.free_start + at
                }
            };
            self.emit(Op::Cell(slot));
        }
    }

    fn signature(&mut self, parameters: &'t Parameters) -> Compiled<()> {
        for parameter in &parameters.positional {
            if let Some(default) = &parameter.default {
                self.expression(default)?;
            }
        }
        for parameter in &parameters.keyword_only {
            if let Some(default) = &parameter.default {
                self.expression(default)?;
            }
        }
        Ok(())
    }

    fn describe(code: &mut Code, parameters: &Parameters) {
        let named = parameters.positional.iter().chain(&parameters.keyword_only);
        code.parameters = named.map(|parameter| parameter.name.clone()).collect();
        code.positional = parameters.positional.len() as u32;
        code.positional_only = parameters.positional_only as u32;
        code.rest = parameters.rest.is_some();
        code.defaults = parameters.positional.iter().filter(|p| p.default.is_some()).count() as u32;
        code.keyword_defaults = parameters.keyword_only.iter().map(|p| p.default.is_some()).collect();
    }

    fn arity(parameters: &Parameters) -> usize {
        parameters.positional.len() + parameters.keyword_only.len() + usize::from(parameters.rest.is_some())
    }

    pub(super) fn definition(&mut self, def: &'t FunctionDef) -> Compiled<()> {
        self.signature(&def.parameters)?;
        let parameters = &def.parameters;
        let all = parameters.positional.iter().chain(&parameters.rest).chain(&parameters.keyword_only);
        for annotation in all.filter_map(|p| p.annotation.as_ref()).chain(&def.returns) {
            self.annotation(annotation)?;
        }
        let line = self.line;
        let scope = self.scopes.opened_by(def);
        let outer_scope = self.scope;
        self.enter(scope, Self::arity(parameters));
        self.block(&def.body)?;
        self.val(Val::None);
        self.emit(Op::Return);
        let free = self.function().free.clone();
        let mut code = self.leave();
        self.scope = outer_scope;
        self.line = line;
        Self::describe(&mut code, parameters);
        self.push_cells(&free);
        self.make(code);
        self.bind(&def.name)
    }

    pub(super) fn lambda(&mut self, parts: &'t (Parameters, Expr)) -> Compiled<()> {
        self.signature(&parts.0)?;
        let line = self.line;
        let scope = self.scopes.opened_by(parts);
        let outer_scope = self.scope;
        self.enter(scope, Self::arity(&parts.0));
        self.expression(&parts.1)?;
        self.emit(Op::Return);
        let free = self.function().free.clone();
        let mut code = self.leave();
        self.scope = outer_scope;
        self.line = line;
        Self::describe(&mut code, &parts.0);
        self.push_cells(&free);
        self.make(code);
        Ok(())
    }

    pub(super) fn comprehension(&mut self, made: &'t Comprehension) -> Compiled<()> {
        if made.kind == ComprehensionKind::Generator {
            return self.generator(made);
        }
        self.emit(match made.kind {
            ComprehensionKind::Set => Op::Set(0),
            ComprehensionKind::Dict => Op::Dict,
            _ => Op::List(0),
        });
        self.expression(&made.clauses[0].iterable)?;
        self.emit(Op::Iter);
        let scope = self.scopes.opened_by(made);
        let outer = std::mem::replace(&mut self.scope, scope);
        for (name, captured) in self.scopes.all[scope].variables.clone() {
            let slot = self.fresh_slot();
            self.function().slots.insert((scope, name), slot);
            if captured {
                self.emit(Op::DeleteLocal(slot));
                self.emit(Op::MakeCell(slot));
            }
        }
        self.clauses(made)?;
        self.scope = outer;
        Ok(())
    }

    /// The loops of a comprehension; the iterator of the first is on the stack.
    fn clauses(&mut self, made: &'t Comprehension) -> Compiled<()> {
        let mut loops = Vec::new();
        for (index, clause) in made.clauses.iter().enumerate() {
            if index > 0 {
                self.expression(&clause.iterable)?;
                self.emit(Op::Iter);
            }
            let start = self.here();
            let end = self.emit(Op::ForIter(0));
            self.assign(&clause.target)?;
            for condition in &clause.conditions {
                self.expression(condition)?;
                self.emit(Op::JumpIfFalse(start));
            }
            loops.push((start, end));
        }
        self.expression(&made.element)?;
        let depth = made.clauses.len() as u32 + 1;
        match (made.kind, &made.value) {
            (ComprehensionKind::Set, _) => self.emit(Op::SetAdd(depth)),
            (ComprehensionKind::Dict, Some(value)) => {
                self.expression(value)?;
                self.emit(Op::DictPut(depth))
            }
            (ComprehensionKind::Generator, _) => self.emit(Op::Yield),
            _ => self.emit(Op::ListAppend(depth)),
        };
        for (start, end) in loops.into_iter().rev() {
            self.emit(Op::Jump(start));
            self.land(end);
        }
        Ok(())
    }

    fn generator(&mut self, made: &'t Comprehension) -> Compiled<()> {
        let scope = self.scopes.opened_by(made);
        let outer_scope = self.scope;
        let line = self.line;
        self.enter(scope, 1);
        self.function().code.generator = true;
        self.load(&GENERATOR_INPUT.into())?;
        self.clauses(made)?;
        self.val(Val::None);
        self.emit(Op::Return);
        let free = self.function().free.clone();
        let mut code = self.leave();
        self.scope = outer_scope;
        self.line = line;
        code.parameters = vec![GENERATOR_INPUT.into()];
        code.positional = 1;
        self.push_cells(&free);
        self.make(code);
        self.expression(&made.clauses[0].iterable)?;
        self.emit(Op::Iter);
        self.emit(Op::Call(1));
        Ok(())
    }

    /// CPython evaluates annotations of parameters and of module variables. Of those that have the usual form
    /// only the names can fail, so only they are evaluated.
    pub(super) fn annotation(&mut self, annotation: &'t Expr) -> Compiled<()> {
        match &annotation.kind {
            ExprKind::None | ExprKind::Str(_) => Ok(()),
            ExprKind::Name(name) => {
                if crate::machine::is_foreign_builtin(name) && !self.bound_globals.contains(name) {
                    return Ok(());
                }
                self.load(name)?;
                self.emit(Op::Pop);
                Ok(())
            }
            ExprKind::Attribute { value, .. } => self.annotation(value),
            ExprKind::Subscript { value, index } => {
                self.annotation(value)?;
                let generic = match &value.kind {
                    ExprKind::Name(name) => {
                        matches!(&**name, "list" | "dict" | "tuple" | "set" | "frozenset" | "type")
                            || self.bound_globals.contains(name)
                    }
                    ExprKind::Attribute { .. } => true,
                    _ => false,
                };
                match &**index {
                    Index::Item(item) if generic => self.annotation(item),
                    _ => self.outside("this annotation"),
                }
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                items.iter().try_for_each(|item| self.annotation(item))
            }
            ExprKind::Binary { first, rest } => {
                let union = rest.iter().all(|(op, _)| op.symbol() == "|");
                let text = |e: &Expr| matches!(e.kind, ExprKind::Str(_));
                if !union || text(first) || rest.iter().any(|(_, operand)| text(operand)) {
                    return self.outside("this annotation");
                }
                self.annotation(first)?;
                rest.iter().try_for_each(|(_, operand)| self.annotation(operand))
            }
            _ => self.outside("this annotation"),
        }
    }
}
