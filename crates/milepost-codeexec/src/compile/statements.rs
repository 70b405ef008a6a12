//! Statements to bytecode.

use super::op::{Constant, Op};
use super::{Block, Cleanup, Compiled, Compiler, MAX_BLOCKS, MAX_TABLE, Stretches};
use crate::ExceptionClass;
use crate::machine::{Module, Val, math};
use crate::syntax::ast::{Expr, ExprKind, Name, Stmt, StmtKind, Try};
use crate::{Reason, Rejected};

impl<'t> Compiler<'t> {
    pub(super) fn block(&mut self, body: &'t [Stmt]) -> Compiled<()> {
        body.iter().try_for_each(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &'t Stmt) -> Compiled<()> {
        self.line = statement.line.0;
        if self.function().code.ops.len() > MAX_TABLE {
            return Err(Rejected::at(self.line, Reason::TooLarge("too many instructions")));
        }
        match &statement.kind {
            StmtKind::Pass | StmtKind::Global(_) | StmtKind::Nonlocal(_) => Ok(()),
            StmtKind::Def(def) => self.definition(def),
            StmtKind::Return(value) => self.return_statement(value.as_ref()),
            StmtKind::Assign { targets, value } => self.assignment(targets, value),
            StmtKind::AugAssign { target, op, value } => self.augmented(target, *op, value),
            StmtKind::AnnAssign { target, annotation, value } => {
                if let Some(value) = value {
                    self.expression(value)?;
                    self.assign(target)?;
                }
                if self.functions.len() == 1 { self.annotation(annotation) } else { Ok(()) }
            }
            StmtKind::If { branches, otherwise } => self.if_statement(branches, otherwise),
            StmtKind::While { test, body, otherwise } => self.while_statement(test, body, otherwise),
            StmtKind::For { target, iterable, body, otherwise } => {
                self.for_statement(target, iterable, body, otherwise)
            }
            StmtKind::Break => self.leave_loop(true),
            StmtKind::Continue => self.leave_loop(false),
            StmtKind::Delete(targets) => targets.iter().try_for_each(|target| self.delete(target)),
            StmtKind::Assert { test, message } => {
                self.expression(test)?;
                let holds = self.emit(Op::JumpIfTrue(0));
                self.val(Val::Class(ExceptionClass::AssertionError));
                if let Some(message) = message {
                    self.expression(message)?;
                    self.emit(Op::Call(1));
                }
                self.emit(Op::Raise);
                self.land(holds);
                Ok(())
            }
            StmtKind::Try(parts) => self.try_statement(parts),
            StmtKind::Raise { exception, cause } => {
                let Some(exception) = exception else {
                    let Some(&slot) = self.function().handling.last() else {
                        return self.outside("`raise` alone outside an `except` block");
                    };
                    self.emit(Op::Local(slot));
                    self.emit(Op::Reraise);
                    return Ok(());
                };
                self.expression(exception)?;
                if let Some(cause) = cause {
                    self.expression(cause)?;
                    self.emit(Op::RaiseFrom);
                } else {
                    self.emit(Op::Raise);
                }
                Ok(())
            }
            StmtKind::Expr(value) => {
                if matches!(value.kind, ExprKind::Str(_)) {
                    return Ok(());
                }
                self.expression(value)?;
                self.emit(Op::Pop);
                Ok(())
            }
            StmtKind::Import(names) => names.iter().try_for_each(|(name, alias)| {
                let module = self.module(name)?;
                self.val(Val::Module(module));
                self.bind(alias.as_ref().unwrap_or(name))
            }),
            StmtKind::ImportFrom { module, names } => {
                let module = self.module(module)?;
                names.iter().try_for_each(|(name, alias)| {
                    self.imported(module, name)?;
                    self.bind(alias.as_ref().unwrap_or(name))
                })
            }
        }
    }

    fn module(&self, name: &Name) -> Compiled<Module> {
        match &**name {
            "math" => Ok(Module::Math),
            "typing" => Ok(Module::Typing),
            _ => self.outside(format!("`import {name}`")),
        }
    }

    fn imported(&mut self, module: Module, name: &Name) -> Compiled<()> {
        let val = match module {
            Module::Math => math::constant(name).or_else(|| math::Function::parse(name).map(Val::Math)),
            Module::Typing => is_typing_name(name).then_some(Val::Opaque),
        };
        match val {
            Some(val) => {
                self.constant(Constant::Val(val));
                Ok(())
            }
            None => self.outside(format!("importing the name `{name}`")),
        }
    }

    fn return_statement(&mut self, value: Option<&'t Expr>) -> Compiled<()> {
        if self.functions.len() == 1 {
            return self.syntax("`return` outside a function");
        }
        match value {
            Some(value) => self.expression(value)?,
            None => self.val(Val::None),
        }
        if self.function().blocks.iter().any(|block| matches!(block, Block::Cleanup(..))) {
            let slot = self.fresh_slot();
            self.emit(Op::SetLocal(slot));
            self.unwind_to(0)?;
            self.emit(Op::Local(slot));
            self.emit(Op::Return);
            self.resume_stretches(0);
        } else {
            self.emit(Op::Return);
        }
        Ok(())
    }

    /// The code that leaves all blocks above the first `keep`, without the jump itself.
    fn unwind_to(&mut self, keep: usize) -> Compiled<()> {
        let line = self.line;
        let mut left = Vec::new();
        while self.function().blocks.len() > keep {
            let here = self.here();
            let Some(mut block) = self.function().blocks.pop() else { break };
            match &mut block {
                Block::Loop { iterator, .. } => {
                    if *iterator {
                        self.emit(Op::Pop);
                    }
                }
                Block::Cleanup(cleanup, stretches) => {
                    stretches.closed.push((stretches.start, here));
                    let cleanup = cleanup.clone();
                    self.cleanup(&cleanup)?;
                }
                Block::Guarded(stretches) => stretches.closed.push((stretches.start, here)),
                Block::Handling => {}
            }
            left.push(block);
        }
        left.reverse();
        self.function().blocks.extend(left);
        self.line = line;
        Ok(())
    }

    /// After the jump the guarded stretches go on.
    fn resume_stretches(&mut self, keep: usize) {
        let here = self.here();
        for block in &mut self.function().blocks[keep..] {
            if let Block::Cleanup(_, stretches) | Block::Guarded(stretches) = block {
                stretches.start = here;
            }
        }
    }

    fn cleanup(&mut self, cleanup: &Cleanup<'t>) -> Compiled<()> {
        match cleanup {
            Cleanup::Finally(body) => self.block(body),
            Cleanup::Unbind(name) => {
                // The name may have been deleted already.
                self.val(Val::None);
                self.bind(name)?;
                self.unbind(name)
            }
        }
    }

    fn leave_loop(&mut self, is_break: bool) -> Compiled<()> {
        let found = self.function().blocks.iter().rposition(|block| matches!(block, Block::Loop { .. }));
        let Some(index) = found else { return self.syntax("`break` or `continue` outside a loop") };
        self.unwind_to(index + 1)?;
        let Block::Loop { start, .. } = self.function().blocks[index] else { return Ok(()) };
        let jump = self.emit(Op::Jump(start));
        if is_break && let Block::Loop { breaks, .. } = &mut self.function().blocks[index] {
            breaks.push(jump);
        }
        self.resume_stretches(index + 1);
        Ok(())
    }

    fn open(&mut self, block: Block<'t>) -> Compiled<()> {
        if self.function().blocks.len() >= MAX_BLOCKS {
            return Err(Rejected::at(self.line, Reason::Nesting(MAX_BLOCKS)));
        }
        self.function().blocks.push(block);
        Ok(())
    }

    fn if_statement(&mut self, branches: &'t [(Expr, Vec<Stmt>)], otherwise: &'t [Stmt]) -> Compiled<()> {
        let mut ends = Vec::new();
        for (index, (test, body)) in branches.iter().enumerate() {
            self.line = test.line.0;
            self.expression(test)?;
            let skip = self.emit(Op::JumpIfFalse(0));
            self.block(body)?;
            if index + 1 < branches.len() || !otherwise.is_empty() {
                ends.push(self.emit(Op::Jump(0)));
            }
            self.land(skip);
        }
        self.block(otherwise)?;
        for end in ends {
            self.land(end);
        }
        Ok(())
    }

    fn while_statement(&mut self, test: &'t Expr, body: &'t [Stmt], otherwise: &'t [Stmt]) -> Compiled<()> {
        let start = self.here();
        self.expression(test)?;
        let end = self.emit(Op::JumpIfFalse(0));
        self.open(Block::Loop { iterator: false, start, breaks: Vec::new() })?;
        self.block(body)?;
        self.emit(Op::Jump(start));
        self.close_loop(end, otherwise)
    }

    fn for_statement(
        &mut self,
        target: &'t Expr,
        iterable: &'t Expr,
        body: &'t [Stmt],
        otherwise: &'t [Stmt],
    ) -> Compiled<()> {
        self.expression(iterable)?;
        self.emit(Op::Iter);
        let start = self.here();
        let end = self.emit(Op::ForIter(0));
        self.open(Block::Loop { iterator: true, start, breaks: Vec::new() })?;
        self.assign(target)?;
        self.block(body)?;
        self.emit(Op::Jump(start));
        self.close_loop(end, otherwise)
    }

    fn close_loop(&mut self, end: usize, otherwise: &'t [Stmt]) -> Compiled<()> {
        self.land(end);
        let Some(Block::Loop { iterator, breaks, .. }) = self.function().blocks.pop() else { return Ok(()) };
        self.block(otherwise)?;
        if iterator && !breaks.is_empty() {
            // A `break` arrives with the iterator still on the stack.
            let past = self.emit(Op::Jump(0));
            for at in breaks {
                self.land(at);
            }
            self.emit(Op::Pop);
            self.land(past);
        } else {
            for at in breaks {
                self.land(at);
            }
        }
        Ok(())
    }

    /// Operands on the stack where a statement begins: the iterators of the open `for` loops.
    fn depth(&mut self) -> u32 {
        let blocks = &self.function().blocks;
        blocks.iter().filter(|block| matches!(block, Block::Loop { iterator: true, .. })).count() as u32
    }

    fn try_statement(&mut self, parts: &'t Try) -> Compiled<()> {
        if parts.finally.is_empty() {
            return self.try_except(parts);
        }
        self.with_cleanup(&Cleanup::Finally(&parts.finally), |compiler| {
            if parts.handlers.is_empty() { compiler.block(&parts.body) } else { compiler.try_except(parts) }
        })
    }

    /// Code whose every way out runs `cleanup`.
    fn with_cleanup(
        &mut self,
        cleanup: &Cleanup<'t>,
        body: impl FnOnce(&mut Self) -> Compiled<()>,
    ) -> Compiled<()> {
        let depth = self.depth();
        let start = self.here();
        self.open(Block::Cleanup(cleanup.clone(), Stretches { start, closed: Vec::new() }))?;
        body(self)?;
        let end = self.here();
        let Some(Block::Cleanup(_, mut stretches)) = self.function().blocks.pop() else { return Ok(()) };
        stretches.closed.push((stretches.start, end));
        self.cleanup(cleanup)?;
        let past = self.emit(Op::Jump(0));
        let handler = self.here();
        let slot = self.fresh_slot();
        self.emit(Op::SetLocal(slot));
        self.cleanup(cleanup)?;
        self.emit(Op::Local(slot));
        self.emit(Op::Reraise);
        self.guard(&stretches, handler, depth);
        self.land(past);
        Ok(())
    }

    fn try_except(&mut self, parts: &'t Try) -> Compiled<()> {
        let depth = self.depth();
        let start = self.here();
        self.open(Block::Guarded(Stretches { start, closed: Vec::new() }))?;
        self.block(&parts.body)?;
        let end = self.here();
        let Some(Block::Guarded(mut stretches)) = self.function().blocks.pop() else { return Ok(()) };
        stretches.closed.push((stretches.start, end));
        self.block(&parts.otherwise)?;
        let mut ends = vec![self.emit(Op::Jump(0))];
        let handler = self.here();
        self.guard(&stretches, handler, depth);
        let slot = self.fresh_slot();
        self.emit(Op::SetLocal(slot));
        self.open(Block::Handling)?;
        self.function().handling.push(slot);
        let mut caught_all = false;
        for handler in &parts.handlers {
            self.line = handler.line.0;
            let mut skip = None;
            if let Some(class) = &handler.class {
                self.emit(Op::Local(slot));
                self.expression(class)?;
                self.emit(Op::Matches);
                skip = Some(self.emit(Op::JumpIfFalse(0)));
            } else {
                caught_all = true;
            }
            if let Some(name) = &handler.name {
                self.emit(Op::Local(slot));
                self.bind(name)?;
                self.with_cleanup(&Cleanup::Unbind(name.clone()), |compiler| compiler.block(&handler.body))?;
            } else {
                self.block(&handler.body)?;
            }
            ends.push(self.emit(Op::Jump(0)));
            if let Some(skip) = skip {
                self.land(skip);
            }
        }
        if !caught_all {
            self.emit(Op::Local(slot));
            self.emit(Op::Reraise);
        }
        self.function().handling.pop();
        self.function().blocks.pop();
        for end in ends {
            self.land(end);
        }
        Ok(())
    }
}

fn is_typing_name(name: &str) -> bool {
    matches!(
        name,
        "Any"
            | "AnyStr"
            | "Callable"
            | "Collection"
            | "Counter"
            | "DefaultDict"
            | "Deque"
            | "Dict"
            | "Final"
            | "FrozenSet"
            | "Generator"
            | "Generic"
            | "Hashable"
            | "Iterable"
            | "Iterator"
            | "List"
            | "Literal"
            | "Mapping"
            | "MutableMapping"
            | "MutableSequence"
            | "NamedTuple"
            | "NoReturn"
            | "Optional"
            | "OrderedDict"
            | "Sequence"
            | "Set"
            | "Text"
            | "Tuple"
            | "Type"
            | "TypeVar"
            | "Union"
    )
}
