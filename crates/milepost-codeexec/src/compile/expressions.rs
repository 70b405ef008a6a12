//! Expressions and targets to bytecode.

use num_traits::ToPrimitive;

use super::op::{Constant, Op};
use super::{Compiled, Compiler};
use crate::machine::Val;
use crate::syntax::ast::{Argument, BinaryOp, BooleanOp, Expr, ExprKind, FPart, Index, Name, UnaryOp};

/// Arguments and items that one instruction can count.
const MAX_ARGUMENTS: usize = 60_000;

impl<'t> Compiler<'t> {
    pub(super) fn expression(&mut self, value: &'t Expr) -> Compiled<()> {
        self.line = value.line.0.max(1);
        match &value.kind {
            ExprKind::None => self.val(Val::None),
            ExprKind::Bool(b) => self.val(Val::Bool(*b)),
            ExprKind::Int(n) => self.val(Val::Int(*n)),
            ExprKind::BigInt(n) => match n.to_i64() {
                Some(small) => self.val(Val::Int(small)),
                None => self.constant(Constant::Big(std::sync::Arc::new((**n).clone()))),
            },
            ExprKind::Float(x) => self.val(Val::Float(*x)),
            ExprKind::Str(text) => self.text(text),
            ExprKind::Bytes(_) => return self.outside("bytes"),
            ExprKind::FString(parts) => self.formatted(parts)?,
            ExprKind::Name(name) => self.load(name)?,
            ExprKind::List(items) => self.items(items, Op::List(0))?,
            ExprKind::Tuple(items) => {
                if items.iter().any(|item| matches!(item.kind, ExprKind::Starred(_))) {
                    self.items(items, Op::List(0))?;
                    self.emit(Op::ListToTuple);
                } else {
                    self.each(items)?;
                    self.emit(Op::Tuple(items.len() as u32));
                }
            }
            ExprKind::Set(items) => self.items(items, Op::Set(0))?,
            ExprKind::Dict(pairs) => self.dict(pairs)?,
            ExprKind::Starred(_) => return self.syntax("a starred expression stands alone"),
            ExprKind::Comprehension(made) => self.comprehension(made)?,
            ExprKind::Binary { first, rest } => {
                self.expression(first)?;
                for (op, operand) in rest {
                    if *op == BinaryOp::MatMul {
                        return self.outside("`@`");
                    }
                    self.expression(operand)?;
                    self.emit(Op::Binary(*op));
                }
            }
            ExprKind::Unary { op, operand } => {
                self.expression(operand)?;
                self.emit(match op {
                    UnaryOp::Neg => Op::Negative,
                    UnaryOp::Pos => Op::Positive,
                    UnaryOp::Invert => Op::Invert,
                    UnaryOp::Not => Op::Not,
                });
            }
            ExprKind::Boolean { op, operands } => {
                let mut jumps = Vec::new();
                for (index, operand) in operands.iter().enumerate() {
                    self.expression(operand)?;
                    if index + 1 < operands.len() {
                        jumps.push(self.emit(match op {
                            BooleanOp::And => Op::JumpIfFalseOrPop(0),
                            BooleanOp::Or => Op::JumpIfTrueOrPop(0),
                        }));
                    }
                }
                for jump in jumps {
                    self.land(jump);
                }
            }
            ExprKind::Compare { first, rest } => {
                self.expression(first)?;
                let mut fails = Vec::new();
                for (index, (op, operand)) in rest.iter().enumerate() {
                    self.expression(operand)?;
                    if index + 1 == rest.len() {
                        self.emit(Op::Compare(*op));
                    } else {
                        self.emit(Op::Dup);
                        self.emit(Op::Rotate3);
                        self.emit(Op::Compare(*op));
                        fails.push(self.emit(Op::JumpIfFalseOrPop(0)));
                    }
                }
                if !fails.is_empty() {
                    let end = self.emit(Op::Jump(0));
                    for fail in fails {
                        self.land(fail);
                    }
                    self.emit(Op::Swap);
                    self.emit(Op::Pop);
                    self.land(end);
                }
            }
            ExprKind::Conditional(parts) => {
                let [test, then, otherwise] = &**parts;
                self.expression(test)?;
                let skip = self.emit(Op::JumpIfFalse(0));
                self.expression(then)?;
                let end = self.emit(Op::Jump(0));
                self.land(skip);
                self.expression(otherwise)?;
                self.land(end);
            }
            ExprKind::Lambda(parts) => self.lambda(parts)?,
            ExprKind::Call { callee, arguments } => self.call(callee, arguments)?,
            ExprKind::Attribute { value, name } => {
                self.expression(value)?;
                let name = self.attribute(name);
                self.emit(Op::Attribute(name));
            }
            ExprKind::Subscript { value, index } => {
                self.expression(value)?;
                let slice = self.index(index)?;
                self.emit(if slice { Op::GetSlice } else { Op::GetItem });
            }
        }
        Ok(())
    }

    fn each(&mut self, items: &'t [Expr]) -> Compiled<()> {
        items.iter().try_for_each(|item| self.expression(item))
    }

    /// A list or set display, with or without stars.
    fn items(&mut self, items: &'t [Expr], empty: Op) -> Compiled<()> {
        let is_set = matches!(empty, Op::Set(_));
        let starred = items.iter().position(|item| matches!(item.kind, ExprKind::Starred(_)));
        let first = starred.unwrap_or(items.len());
        self.each(&items[..first])?;
        let count = first as u32;
        let folded = starred.is_none() && items.len() > 2 && items.iter().all(is_constant);
        if is_set && folded && items.iter().any(is_folded_within_bounds) {
            return self.outside("a set of constants of which CPython folds some and others not");
        }
        self.emit(match (is_set, folded) {
            (true, true) => Op::FoldedSet(count),
            (true, false) => Op::Set(count),
            _ => Op::List(count),
        });
        for item in &items[first..] {
            match &item.kind {
                ExprKind::Starred(inner) => {
                    self.expression(inner)?;
                    self.emit(if is_set { Op::SetExtend } else { Op::ListExtend });
                    self.emit(Op::Pop);
                }
                _ => {
                    self.expression(item)?;
                    self.emit(if is_set { Op::SetAdd(1) } else { Op::ListAppend(1) });
                }
            }
        }
        Ok(())
    }

    fn dict(&mut self, pairs: &'t [(Option<Expr>, Expr)]) -> Compiled<()> {
        self.emit(Op::Dict);
        for (key, value) in pairs {
            match key {
                Some(key) => {
                    self.expression(key)?;
                    self.expression(value)?;
                    self.emit(Op::DictPut(1));
                }
                None => {
                    self.expression(value)?;
                    self.emit(Op::DictMerge);
                }
            }
        }
        Ok(())
    }

    /// Pushes what stands between the brackets; whether it is a slice.
    fn index(&mut self, index: &'t Index) -> Compiled<bool> {
        match index {
            Index::Item(item) => self.expression(item).map(|()| false),
            Index::Slice(parts) => {
                for part in parts {
                    match part {
                        Some(part) => self.expression(part)?,
                        None => self.val(Val::None),
                    }
                }
                Ok(true)
            }
        }
    }

    fn call(&mut self, callee: &'t Expr, arguments: &'t [Argument]) -> Compiled<()> {
        let line = self.line;
        if arguments.len() > MAX_ARGUMENTS {
            return self.outside("so many arguments");
        }
        let starred = arguments.iter().any(|argument| matches!(argument, Argument::Star(_)));
        let method = match &callee.kind {
            ExprKind::Attribute { value, name } if !starred => {
                self.expression(value)?;
                Some(self.attribute(name) as u16)
            }
            _ => {
                self.expression(callee)?;
                None
            }
        };
        let mut keywords: Vec<Name> = Vec::new();
        if starred {
            self.emit(Op::List(0));
        }
        for argument in arguments {
            match argument {
                Argument::Positional(value) => {
                    self.expression(value)?;
                    if starred {
                        self.emit(Op::ListAppend(1));
                    }
                }
                Argument::Star(value) => {
                    if !keywords.is_empty() {
                        return self.outside("a starred argument after a keyword");
                    }
                    self.expression(value)?;
                    self.emit(Op::ListExtend);
                    self.emit(Op::Pop);
                }
                Argument::Keyword(name, value) => {
                    self.expression(value)?;
                    keywords.push(name.clone());
                }
            }
        }
        self.line = line;
        let count = arguments.len() as u16;
        let table = if keywords.is_empty() { u16::MAX } else { self.keyword_table(keywords) };
        self.emit(match (method, table) {
            _ if starred => Op::CallList(table),
            (Some(name), u16::MAX) => Op::CallMethod(name, count),
            (Some(name), table) => Op::CallMethodKeywords(name, count, table),
            (None, u16::MAX) => Op::Call(u32::from(count)),
            (None, table) => Op::CallKeywords(count, table),
        });
        Ok(())
    }

    fn keyword_table(&mut self, keywords: Vec<Name>) -> u16 {
        let tables = &mut self.function().code.keywords;
        tables.push(keywords.into());
        (tables.len() - 1) as u16
    }

    fn formatted(&mut self, parts: &'t [FPart]) -> Compiled<()> {
        for part in parts {
            match part {
                FPart::Text(text) => self.text(text),
                FPart::Field { value, conversion, spec } => {
                    self.expression(value)?;
                    if !spec.is_empty() {
                        self.formatted(spec)?;
                    }
                    self.emit(Op::Format(*conversion, !spec.is_empty()));
                }
            }
        }
        if parts.len() != 1 || matches!(parts[0], FPart::Text(_)) {
            self.emit(Op::Join(parts.len() as u32));
        }
        Ok(())
    }

    pub(super) fn assignment(&mut self, targets: &'t [Expr], value: &'t Expr) -> Compiled<()> {
        if let ([Expr { kind: ExprKind::Tuple(left), .. }], ExprKind::Tuple(right)) = (targets, &value.kind) {
            let star = |e: &Expr| matches!(e.kind, ExprKind::Starred(_));
            if left.len() == 2 && right.len() == 2 && !left.iter().chain(right).any(star) {
                self.each(right)?;
                self.emit(Op::Swap);
                self.assign(&left[0])?;
                return self.assign(&left[1]);
            }
        }
        self.expression(value)?;
        for (index, target) in targets.iter().enumerate() {
            if index + 1 < targets.len() {
                self.emit(Op::Dup);
            }
            self.assign(target)?;
        }
        Ok(())
    }

    /// `value →`
    pub(super) fn assign(&mut self, target: &'t Expr) -> Compiled<()> {
        self.line = target.line.0;
        match &target.kind {
            ExprKind::Name(name) => self.bind(name),
            ExprKind::Subscript { value, index } => {
                self.expression(value)?;
                let slice = self.index(index)?;
                self.emit(if slice { Op::SetSlice } else { Op::SetItem });
                Ok(())
            }
            ExprKind::Tuple(items) | ExprKind::List(items) => {
                let star = items.iter().position(|item| matches!(item.kind, ExprKind::Starred(_)));
                if let Some(star) = star {
                    self.emit(Op::UnpackStar(star as u16, (items.len() - star - 1) as u16));
                } else {
                    self.emit(Op::Collect(items.len() as u32));
                    self.emit(Op::Unpack(items.len() as u32));
                }
                items.iter().try_for_each(|item| match &item.kind {
                    ExprKind::Starred(inner) => self.assign(inner),
                    _ => self.assign(item),
                })
            }
            _ => self.syntax("an assignment to something that is no place"),
        }
    }

    pub(super) fn augmented(&mut self, target: &'t Expr, op: BinaryOp, value: &'t Expr) -> Compiled<()> {
        if op == BinaryOp::MatMul {
            return self.outside("`@=`");
        }
        match &target.kind {
            ExprKind::Name(name) => {
                self.load(name)?;
                self.expression(value)?;
                self.emit(Op::InPlace(op));
                self.bind(name)
            }
            ExprKind::Subscript { value: container, index } => {
                self.expression(container)?;
                let slice = self.index(index)?;
                self.emit(Op::DupMany(if slice { 4 } else { 2 }));
                self.emit(if slice { Op::GetSlice } else { Op::GetItem });
                self.expression(value)?;
                self.emit(Op::InPlace(op));
                self.emit(if slice { Op::SetSliceTop } else { Op::SetItemTop });
                Ok(())
            }
            _ => self.syntax("an augmented assignment to something that is no place"),
        }
    }

    pub(super) fn delete(&mut self, target: &'t Expr) -> Compiled<()> {
        match &target.kind {
            ExprKind::Name(name) => self.unbind(name),
            ExprKind::Subscript { value, index } => {
                self.expression(value)?;
                let slice = self.index(index)?;
                self.emit(if slice { Op::DeleteSlice } else { Op::DeleteItem });
                Ok(())
            }
            _ => self.syntax("`del` of something that is no place"),
        }
    }
}

/// Products, powers and shifts are folded up to sizes of CPython's own, which decides the order of a set.
fn is_folded_within_bounds(item: &Expr) -> bool {
    match &item.kind {
        ExprKind::Unary { operand, .. } => is_folded_within_bounds(operand),
        ExprKind::Tuple(items) => items.iter().any(is_folded_within_bounds),
        ExprKind::Binary { .. } => true,
        _ => false,
    }
}

/// What CPython's compiler takes for a constant item of a display.
fn is_constant(item: &Expr) -> bool {
    match &item.kind {
        ExprKind::None
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::BigInt(_)
        | ExprKind::Float(_)
        | ExprKind::Str(_) => true,
        ExprKind::Unary { op, operand } => *op != UnaryOp::Not && is_constant(operand),
        ExprKind::Tuple(items) => items.iter().all(is_constant),
        ExprKind::Binary { first, rest } => is_constant(first) && rest.iter().all(|(_, o)| is_constant(o)),
        _ => false,
    }
}
