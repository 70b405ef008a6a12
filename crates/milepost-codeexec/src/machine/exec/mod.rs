//! The loop over instructions, and what happens between frames.

mod deliver;
mod operate;
mod unwind;

use crate::ExceptionClass;
use crate::Limit;
use crate::compile::op::{Code, Fallback, Op};
use crate::syntax::ast::{BinaryOp, CompareOp};

use super::heap::Obj;
use super::iterate::{Iterator, Next};
use super::prelude::Prelude;
use super::run::{Frame, Machine, Wait};
use super::val::Val;
use super::{Res, Stop, raise, reject, type_error};

/// What one frame hands to the one below.
#[derive(Debug, Clone, Copy)]
pub(in crate::machine) enum Delivered {
    Value(Val),
    /// An iterator's end.
    End,
}

impl Machine<'_> {
    pub(in crate::machine) fn pop(&mut self) -> Val {
        self.stack.pop().unwrap_or(Val::None)
    }

    fn pop2(&mut self) -> (Val, Val) {
        let b = self.pop();
        (self.pop(), b)
    }

    fn peek(&self, below: usize) -> Val {
        self.stack[self.stack.len() - 1 - below]
    }

    fn pop_parts(&mut self) -> [Val; 3] {
        let step = self.pop();
        let (lower, upper) = self.pop2();
        [lower, upper, step]
    }

    /// Runs the top frame until another is on top. `Some` when the last frame has returned.
    pub(in crate::machine) fn execute(&mut self) -> Res<Option<Val>> {
        let Some(&Frame::Code { code: number, mut at, base, generator, .. }) = self.frames.last() else {
            return reject("a frame out of place");
        };
        let code: &Code = self.code(number);
        let depth = self.frames.len();
        loop {
            if self.heap.fuel == 0 {
                return Err(Stop::Limit(Limit::Fuel));
            }
            self.heap.fuel -= 1;
            let op = code.ops[at];
            at += 1;
            // Saved before anything that can fail or push a frame looks at it.
            if let Some(Frame::Code { at: saved, .. }) = self.frames.last_mut() {
                *saved = at;
            }
            match op {
                Op::Const(index) => self.stack.push(self.constants[index as usize]),
                Op::Local(slot) => match self.stack[base + slot as usize] {
                    Val::Unbound => return raise(ExceptionClass::UnboundLocalError),
                    val => self.stack.push(val),
                },
                Op::SetLocal(slot) => {
                    let val = self.pop();
                    self.stack[base + slot as usize] = val;
                }
                Op::DeleteLocal(slot) => {
                    let old = std::mem::replace(&mut self.stack[base + slot as usize], Val::Unbound);
                    // Hidden slots of comprehensions are cleared with the same instruction.
                    if matches!(old, Val::Unbound) && !matches!(code.ops.get(at), Some(Op::MakeCell(_))) {
                        return raise(ExceptionClass::UnboundLocalError);
                    }
                }
                Op::MakeCell(slot) => {
                    let inside = self.stack[base + slot as usize];
                    self.stack[base + slot as usize] = self.heap.add(Obj::Cell(inside))?;
                }
                Op::Cell(slot) => self.stack.push(self.stack[base + slot as usize]),
                Op::Deref(slot) => match self.cell(base + slot as usize) {
                    Some(Val::Unbound) | None => return raise(unbound_class(code, slot)),
                    Some(val) => self.stack.push(val),
                },
                Op::SetDeref(slot) => {
                    let val = self.pop();
                    self.set_cell(base + slot as usize, val);
                }
                Op::DeleteDeref(slot) => {
                    if matches!(self.cell(base + slot as usize), Some(Val::Unbound)) {
                        return raise(unbound_class(code, slot));
                    }
                    self.set_cell(base + slot as usize, Val::Unbound);
                }
                Op::Global(index) => match self.globals[index as usize] {
                    Val::Unbound => match self.program.globals[index as usize].1 {
                        Fallback::Builtin(val) => self.stack.push(val),
                        Fallback::NameError => return raise(ExceptionClass::NameError),
                        Fallback::Foreign => return reject("a built-in that MiniPy does not have"),
                    },
                    val => self.stack.push(val),
                },
                Op::SetGlobal(index) => self.globals[index as usize] = self.pop(),
                Op::DeleteGlobal(index) => {
                    let old = std::mem::replace(&mut self.globals[index as usize], Val::Unbound);
                    if matches!(old, Val::Unbound) {
                        return raise(ExceptionClass::NameError);
                    }
                }
                Op::NoName => return raise(ExceptionClass::NameError),
                Op::Pop => {
                    self.stack.pop();
                }
                Op::Dup => self.stack.push(self.peek(0)),
                Op::DupMany(count) => {
                    let start = self.stack.len() - count as usize;
                    self.stack.extend_from_within(start..);
                }
                Op::Swap => {
                    let top = self.stack.len() - 1;
                    self.stack.swap(top, top - 1);
                }
                Op::Rotate3 => {
                    let top = self.stack.len();
                    self.stack[top - 3..].rotate_right(1);
                }
                Op::Binary(op) => {
                    let (a, b) = (self.peek(1), self.peek(0));
                    let made = self.binary(op, a, b)?;
                    self.stack.truncate(self.stack.len() - 2);
                    self.stack.push(made);
                }
                Op::InPlace(op) => {
                    let (a, b) = (self.peek(1), self.peek(0));
                    if op == BinaryOp::Add && matches!(self.heap.obj(a), Some(Obj::List(_))) {
                        if self.heap.calls_back(b) {
                            self.stack.truncate(self.stack.len() - 2);
                            self.call_prelude(Prelude::ExtendInPlace, &[a, b])?;
                            return Ok(None);
                        }
                        self.heap.extend(a, b)?;
                        self.stack.pop();
                    } else {
                        let made = match self.heap.in_place(op, a, b)? {
                            Some(made) => made,
                            None => self.binary(op, a, b)?,
                        };
                        self.stack.truncate(self.stack.len() - 2);
                        self.stack.push(made);
                    }
                }
                Op::Negative => {
                    let val = self.heap.negative(self.peek(0))?;
                    self.replace(val);
                }
                Op::Positive => {
                    let val = self.heap.positive(self.peek(0))?;
                    self.replace(val);
                }
                Op::Invert => {
                    let val = self.heap.invert(self.peek(0))?;
                    self.replace(val);
                }
                Op::Not => {
                    let truth = self.heap.truth(self.peek(0));
                    self.replace(Val::Bool(!truth));
                }
                Op::Compare(op) => {
                    let (a, b) = (self.peek(1), self.peek(0));
                    if matches!(op, CompareOp::In | CompareOp::NotIn)
                        && matches!(self.heap.obj(b), Some(Obj::Iter(_)))
                    {
                        self.stack.truncate(self.stack.len() - 2);
                        if op == CompareOp::NotIn {
                            return reject("`not in` an iterator");
                        }
                        self.call_prelude(Prelude::Contains, &[b, a])?;
                        return Ok(None);
                    }
                    let holds = self.compare(op, a, b)?;
                    self.stack.pop();
                    self.replace(Val::Bool(holds));
                }
                Op::Jump(to) => at = to as usize,
                Op::JumpIfFalse(to) => {
                    let val = self.pop();
                    if !self.heap.truth(val) {
                        at = to as usize;
                    }
                }
                Op::JumpIfTrue(to) => {
                    let val = self.pop();
                    if self.heap.truth(val) {
                        at = to as usize;
                    }
                }
                Op::JumpIfFalseOrPop(to) => {
                    if self.heap.truth(self.peek(0)) {
                        self.stack.pop();
                    } else {
                        at = to as usize;
                    }
                }
                Op::JumpIfTrueOrPop(to) => {
                    if self.heap.truth(self.peek(0)) {
                        at = to as usize;
                    } else {
                        self.stack.pop();
                    }
                }
                Op::List(count) => {
                    let items = self.take(count as usize)?;
                    let made = self.heap.list(items)?;
                    self.stack.push(made);
                }
                Op::Tuple(count) => {
                    let items = self.take(count as usize)?;
                    let made = self.heap.tuple(items)?;
                    self.stack.push(made);
                }
                Op::Set(count) | Op::FoldedSet(count) => {
                    let items = self.take(count as usize)?;
                    let folded = matches!(op, Op::FoldedSet(_));
                    let mut set = self.heap.new_set(folded)?;
                    for item in items {
                        self.heap.set_add(set, item)?;
                    }
                    if folded {
                        // CPython's compiler makes the frozenset twice: once folding, once merging constants.
                        let again = self.heap.new_set(true)?;
                        self.heap.update_in_order(again, set)?;
                        set = self.heap.set_copy(again, false)?;
                    }
                    self.stack.push(Val::Obj(set));
                }
                Op::Dict => {
                    let made = self.heap.new_dict()?;
                    self.stack.push(made);
                }
                Op::ListAppend(depth) => {
                    let item = self.pop();
                    let list = self.peek(depth as usize - 1);
                    self.heap.push(list, item)?;
                }
                Op::SetAdd(depth) => {
                    let item = self.peek(0);
                    if let Val::Obj(set) = self.peek(depth as usize) {
                        self.heap.set_add(set, item)?;
                    }
                    self.stack.pop();
                }
                Op::DictPut(depth) => {
                    let (key, value) = (self.peek(1), self.peek(0));
                    if let Val::Obj(dict) = self.peek(depth as usize + 1) {
                        self.heap.dict_put(dict, key, value)?;
                    }
                    self.stack.truncate(self.stack.len() - 2);
                }
                Op::ListExtend | Op::SetExtend => {
                    let (collection, iterable) = (self.peek(1), self.pop());
                    let list = matches!(op, Op::ListExtend);
                    if self.heap.calls_back(iterable) {
                        let function = if list { Prelude::Extend } else { Prelude::UpdateSet };
                        self.call_prelude(function, &[collection, iterable])?;
                        return Ok(None);
                    }
                    if list {
                        self.heap.extend(collection, iterable)?;
                    } else {
                        self.heap.update_set(collection, iterable)?;
                    }
                    self.stack.push(Val::None);
                }
                Op::DictMerge => {
                    let (dict, other) = (self.peek(1), self.peek(0));
                    if let Val::Obj(dict) = dict {
                        self.heap.dict_merge(dict, other)?;
                    }
                    self.stack.pop();
                }
                Op::ListToTuple => {
                    let items = self.heap.items(self.peek(0))?;
                    let made = self.heap.tuple(items)?;
                    self.replace(made);
                }
                Op::GetItem => {
                    let (container, index) = (self.peek(1), self.peek(0));
                    let val = self.heap.get_item(container, index)?;
                    self.stack.pop();
                    self.replace(val);
                }
                Op::SetItem => {
                    let (container, index) = self.pop2();
                    let value = self.pop();
                    self.heap.set_item(container, index, value)?;
                }
                Op::SetItemTop => {
                    let value = self.pop();
                    let (container, index) = self.pop2();
                    self.heap.set_item(container, index, value)?;
                }
                Op::DeleteItem => {
                    let (container, index) = self.pop2();
                    self.heap.delete_item(container, index)?;
                }
                Op::GetSlice => {
                    let parts = self.pop_parts();
                    let val = self.heap.get_slice(self.peek(0), parts)?;
                    self.replace(val);
                }
                Op::SetSlice => {
                    let parts = self.pop_parts();
                    let (value, container) = self.pop2();
                    self.heap.set_slice(container, parts, value)?;
                }
                Op::SetSliceTop => {
                    let value = self.pop();
                    let parts = self.pop_parts();
                    let container = self.pop();
                    self.heap.set_slice(container, parts, value)?;
                }
                Op::DeleteSlice => {
                    let parts = self.pop_parts();
                    let container = self.pop();
                    self.heap.delete_slice(container, parts)?;
                }
                Op::Attribute(name) => {
                    let val = self.attribute(self.peek(0), &code.attributes[name as usize])?;
                    self.replace(val);
                }
                Op::Call(count) => {
                    if !self.call(count as usize, &[])? {
                        return Ok(None);
                    }
                }
                Op::CallKeywords(count, table) => {
                    if !self.call(usize::from(count), &code.keywords[usize::from(table)])? {
                        return Ok(None);
                    }
                }
                Op::CallMethod(name, count) => {
                    if !self.call_method(&code.attributes[usize::from(name)], usize::from(count), &[])? {
                        return Ok(None);
                    }
                }
                Op::CallMethodKeywords(name, count, table) => {
                    let names = &code.keywords[usize::from(table)];
                    if !self.call_method(&code.attributes[usize::from(name)], usize::from(count), names)? {
                        return Ok(None);
                    }
                }
                Op::CallList(table) => {
                    let names: &[Box<str>] = match table {
                        u16::MAX => &[],
                        _ => &code.keywords[usize::from(table)],
                    };
                    let values = self.stack.split_off(self.stack.len() - names.len());
                    let list = self.pop();
                    let items = self.heap.items(list)?;
                    let count = items.len() + values.len();
                    self.stack.extend(items);
                    self.stack.extend(values);
                    if !self.call(count, names)? {
                        return Ok(None);
                    }
                }
                Op::Iter => {
                    let val = self.heap.iter_of(self.peek(0))?;
                    self.replace(val);
                }
                Op::ForIter(exit) => {
                    let Val::Obj(iterator) = self.peek(0) else { return type_error() };
                    match self.heap.next(iterator)? {
                        Next::Item(item) => self.stack.push(item),
                        Next::End => {
                            self.stack.pop();
                            at = exit as usize;
                        }
                        Next::Machine => match self.start_next(iterator, Wait::Loop(exit))? {
                            Some(Delivered::Value(item)) => self.stack.push(item),
                            Some(Delivered::End) => {
                                self.stack.pop();
                                at = exit as usize;
                            }
                            None => return Ok(None),
                        },
                    }
                }
                Op::Collect(count) => {
                    let val = self.peek(0);
                    if self.heap.calls_back(val) {
                        self.stack.pop();
                        self.call_prelude(Prelude::CollectUpTo, &[val, Val::Int(i64::from(count))])?;
                        return Ok(None);
                    }
                }
                Op::Unpack(count) => self.unpack(count as usize)?,
                Op::UnpackStar(before, after) => self.unpack_star(before.into(), after.into())?,
                Op::Function(number) => self.make_function(number)?,
                Op::Return => {
                    let val = self.pop();
                    self.frames.pop();
                    self.stack.truncate(base - 1);
                    let delivered = match generator {
                        Some(at) => {
                            self.finish_generator(at);
                            Delivered::End
                        }
                        None => Delivered::Value(val),
                    };
                    return self.deliver(delivered);
                }
                Op::Yield => {
                    let val = self.pop();
                    let saved = self.stack.split_off(base);
                    self.frames.pop();
                    self.stack.truncate(base - 1);
                    if let Some(ref_) = generator
                        && let Some(Iterator::Generator(state)) = self.heap.iter_at(ref_)
                    {
                        state.at = at;
                        state.stack = saved;
                        state.running = false;
                    }
                    return self.deliver(Delivered::Value(val));
                }
                Op::Raise => {
                    let val = self.pop();
                    return self.throw(val);
                }
                Op::RaiseFrom => {
                    let (val, cause) = self.pop2();
                    let fine = matches!(cause, Val::None | Val::Class(_))
                        || matches!(self.heap.obj(cause), Some(Obj::Exception(_)));
                    return if fine { self.throw(val) } else { type_error() };
                }
                Op::Reraise => return Err(Stop::Thrown(self.pop())),
                Op::Matches => {
                    let (exception, class) = self.pop2();
                    let class = self.matches(exception, class)?;
                    self.stack.push(Val::Bool(class));
                }
                Op::Format(conversion, with_spec) => {
                    let spec = if with_spec { self.pop() } else { Val::None };
                    let spec = self.heap.text(&spec).unwrap_or("").to_owned();
                    let val = self.peek(0);
                    let text = self.heap.format(val, conversion, &spec)?;
                    self.heap.check(text.len() as u64)?;
                    let made = self.heap.str(&text)?;
                    self.replace(made);
                }
                Op::Join(count) => {
                    let start = self.stack.len() - count as usize;
                    let total: usize =
                        self.stack[start..].iter().map(|v| self.heap.text(v).map_or(0, str::len)).sum();
                    self.heap.check(total as u64)?;
                    let mut joined = String::with_capacity(total);
                    for val in &self.stack[start..] {
                        joined.push_str(self.heap.text(val).unwrap_or(""));
                    }
                    self.stack.truncate(start);
                    let made = self.heap.str(&joined)?;
                    self.stack.push(made);
                }
            }
            if self.heap.live > self.heap.sweep_at {
                self.sweep()?;
            }
            debug_assert_eq!(depth, self.frames.len());
        }
    }
}

/// An unbound variable of the function itself is local; one of its closure is only a name.
fn unbound_class(code: &Code, slot: u32) -> ExceptionClass {
    let first = code.parameters.len() as u32 + u32::from(code.rest);
    if (first..first + code.free).contains(&slot) {
        ExceptionClass::NameError
    } else {
        ExceptionClass::UnboundLocalError
    }
}
