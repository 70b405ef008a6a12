//! What single instructions do with the stack.

use super::super::heap::{Function, Obj};
use super::super::iterate::Next;
use super::super::run::Machine;
use super::super::val::Val;
use super::super::{Res, reject, type_error, value_error};
use crate::syntax::ast::{BinaryOp, CompareOp};

impl Machine<'_> {
    pub(super) fn replace(&mut self, val: Val) {
        let top = self.stack.len() - 1;
        self.stack[top] = val;
    }

    pub(super) fn take(&mut self, count: usize) -> Res<Vec<Val>> {
        self.heap.spend(count as u64 / 8)?;
        Ok(self.stack.split_off(self.stack.len() - count))
    }

    pub(super) fn cell(&self, slot: usize) -> Option<Val> {
        match self.heap.obj(self.stack[slot])? {
            Obj::Cell(val) => Some(*val),
            _ => None,
        }
    }

    pub(super) fn set_cell(&mut self, slot: usize, val: Val) {
        if let Val::Obj(at) = self.stack[slot]
            && let Obj::Cell(inside) = self.heap.get_mut(at)
        {
            *inside = val;
        }
    }

    pub(super) fn binary(&mut self, op: BinaryOp, a: Val, b: Val) -> Res<Val> {
        if op == BinaryOp::Mod
            && let Some(template) = self.heap.text(&a)
        {
            let template = template.to_owned();
            self.heap.spend_chars(template.len())?;
            let text = self.heap.percent(&template, b)?;
            self.heap.check(text.len() as u64)?;
            return self.heap.str(&text);
        }
        self.heap.binary(op, a, b)
    }

    pub(in crate::machine) fn compare(&mut self, op: CompareOp, a: Val, b: Val) -> Res<bool> {
        match op {
            CompareOp::Eq => self.heap.equal(a, b),
            CompareOp::Ne => self.heap.equal(a, b).map(|equal| !equal),
            CompareOp::In => self.heap.contains(b, a),
            CompareOp::NotIn => self.heap.contains(b, a).map(|found| !found),
            CompareOp::Is => self.heap.identical(a, b),
            CompareOp::IsNot => self.heap.identical(a, b).map(|same| !same),
            _ => match (a, b) {
                (Val::Int(a), Val::Int(b)) => Ok(match op {
                    CompareOp::Lt => a < b,
                    CompareOp::Le => a <= b,
                    CompareOp::Gt => a > b,
                    _ => a >= b,
                }),
                _ => self.heap.ordered(op, a, b),
            },
        }
    }

    pub(super) fn unpack(&mut self, count: usize) -> Res<()> {
        let val = self.peek(0);
        let items = match self.heap.sequence(val) {
            Some(items) if items.len() != count => return value_error(),
            Some(items) => items.to_vec(),
            // No more than one item too many is taken.
            None => {
                let Val::Obj(at) = self.heap.iter_of(val)? else { return type_error() };
                let mut items = Vec::new();
                while items.len() <= count {
                    match self.heap.next(at)? {
                        Next::Item(item) => items.push(item),
                        _ => break,
                    }
                }
                items
            }
        };
        if items.len() != count {
            return value_error();
        }
        self.stack.pop();
        self.stack.extend(items.into_iter().rev());
        Ok(())
    }

    pub(super) fn unpack_star(&mut self, before: usize, after: usize) -> Res<()> {
        let val = self.peek(0);
        if self.heap.calls_back(val) {
            return reject("unpacking a lazy iterator with a star");
        }
        let mut items = self.heap.items(val)?;
        if items.len() < before + after {
            return value_error();
        }
        let tail = items.split_off(items.len() - after);
        let middle = items.split_off(before);
        let middle = self.heap.list(middle)?;
        self.stack.pop();
        self.stack.extend(tail.into_iter().rev());
        self.stack.push(middle);
        self.stack.extend(items.into_iter().rev());
        Ok(())
    }

    pub(super) fn make_function(&mut self, number: u32) -> Res<()> {
        let code = self.code(number);
        let cells = self.stack.split_off(self.stack.len() - code.free as usize);
        let given = code.keyword_defaults.iter().filter(|has| **has).count();
        let mut values = self.stack.split_off(self.stack.len() - given).into_iter();
        let keyword_defaults = code
            .keyword_defaults
            .iter()
            .map(|has| if *has { values.next().unwrap_or(Val::Unbound) } else { Val::Unbound })
            .collect();
        let defaults = self.stack.split_off(self.stack.len() - code.defaults as usize);
        let function =
            Function { code: number, defaults: defaults.into(), keyword_defaults, cells: cells.into() };
        let made = self.heap.add(Obj::Function(std::sync::Arc::new(function)))?;
        self.stack.push(made);
        Ok(())
    }
}
