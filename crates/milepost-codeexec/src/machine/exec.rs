//! The loop over instructions, and what happens between frames.

use crate::ExceptionClass;
use crate::Limit;
use crate::compile::op::{Code, Fallback, Op};
use crate::syntax::ast::{BinaryOp, CompareOp};

use super::heap::{Exception, Function, Obj};
use super::iterate::{Iterator, Next};
use super::prelude::Prelude;
use super::run::{Frame, Machine, Task, Wait};
use super::val::{Ref, Val};
use super::{Res, Stop, raise, reject, type_error, value_error};

/// What one frame hands to the one below.
#[derive(Debug, Clone, Copy)]
pub(super) enum Delivered {
    Value(Val),
    /// An iterator's end.
    End,
}

impl Machine<'_> {
    pub(super) fn pop(&mut self) -> Val {
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
    pub(super) fn execute(&mut self) -> Res<Option<Val>> {
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

    fn replace(&mut self, val: Val) {
        let top = self.stack.len() - 1;
        self.stack[top] = val;
    }

    fn take(&mut self, count: usize) -> Res<Vec<Val>> {
        self.heap.spend(count as u64 / 8)?;
        Ok(self.stack.split_off(self.stack.len() - count))
    }

    fn cell(&self, slot: usize) -> Option<Val> {
        match self.heap.obj(self.stack[slot])? {
            Obj::Cell(val) => Some(*val),
            _ => None,
        }
    }

    fn set_cell(&mut self, slot: usize, val: Val) {
        if let Val::Obj(at) = self.stack[slot]
            && let Obj::Cell(inside) = self.heap.get_mut(at)
        {
            *inside = val;
        }
    }

    fn binary(&mut self, op: BinaryOp, a: Val, b: Val) -> Res<Val> {
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

    pub(super) fn compare(&mut self, op: CompareOp, a: Val, b: Val) -> Res<bool> {
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

    fn unpack(&mut self, count: usize) -> Res<()> {
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

    fn unpack_star(&mut self, before: usize, after: usize) -> Res<()> {
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

    fn make_function(&mut self, number: u32) -> Res<()> {
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

    fn throw(&mut self, val: Val) -> Res<Option<Val>> {
        match val {
            Val::Class(class) => {
                Self::must_construct(class, 0)?;
                let line = self.line();
                let made = self.heap.add(Obj::Exception(Box::new(Exception {
                    class,
                    args: Some(Box::default()),
                    line,
                })))?;
                Err(Stop::Thrown(made))
            }
            _ if matches!(self.heap.obj(val), Some(Obj::Exception(_))) => {
                let line = self.line();
                if let Val::Obj(at) = val
                    && let Obj::Exception(exception) = self.heap.get_mut(at)
                {
                    exception.line = line;
                }
                Err(Stop::Thrown(val))
            }
            _ => type_error(),
        }
    }

    fn matches(&self, exception: Val, class: Val) -> Res<bool> {
        let Some(Obj::Exception(found)) = self.heap.obj(exception) else { return type_error() };
        let found = found.class;
        match class {
            Val::Class(class) => Ok(found.is_a(class)),
            Val::Opaque => reject("a name of `typing` as a value"),
            _ => match self.heap.obj(class) {
                Some(Obj::Tuple(classes)) => {
                    // CPython checks all of them before it looks for one that matches.
                    let mut hit = false;
                    for class in classes {
                        match class {
                            Val::Class(class) => hit |= found.is_a(*class),
                            _ if matches!(self.heap.obj(*class), Some(Obj::Tuple(_))) => {
                                return reject("nested tuples of exception classes");
                            }
                            _ => return type_error(),
                        }
                    }
                    Ok(hit)
                }
                _ => type_error(),
            },
        }
    }

    pub(super) fn finish_generator(&mut self, at: Ref) {
        if let Some(iterator) = self.heap.iter_at(at) {
            *iterator = Iterator::Finished(iterator.type_of());
        }
    }

    /// Asks for the next item of an iterator that needs the machine. `None`: it will be delivered to the frame
    /// that is on top now, which waits as `wait` says.
    pub(super) fn start_next(&mut self, iterator: Ref, wait: Wait) -> Res<Option<Delivered>> {
        if let Some(Frame::Code { wait: slot, .. }) = self.frames.last_mut() {
            *slot = wait;
        }
        let (frames, height) = (self.frames.len(), self.stack.len());
        let found = self.step_iterator(iterator);
        match found {
            Ok(Some(_)) => {
                if let Some(Frame::Code { wait: slot, .. }) = self.frames.last_mut() {
                    *slot = Wait::Value;
                }
            }
            Ok(None) => {}
            // The frame goes on waiting: a `StopIteration` is the end that it waits for.
            Err(_) => {
                self.frames.truncate(frames);
                self.stack.truncate(height);
            }
        }
        found
    }

    fn step_iterator(&mut self, iterator: Ref) -> Res<Option<Delivered>> {
        match self.heap.next(iterator)? {
            Next::Item(item) => return Ok(Some(Delivered::Value(item))),
            Next::End => return Ok(Some(Delivered::End)),
            Next::Machine => {}
        }
        let base = self.stack.len();
        let task = match self.heap.iter_at(iterator) {
            Some(Iterator::Generator(state)) => {
                if state.running {
                    return value_error();
                }
                state.running = true;
                let (code, at) = (state.code, state.at);
                let saved = std::mem::take(&mut state.stack);
                self.check_depth()?;
                self.stack.push(Val::Obj(iterator));
                self.stack.extend(saved);
                self.frames.push(Frame::Code {
                    code,
                    at,
                    base: base + 1,
                    wait: Wait::Value,
                    generator: Some(iterator),
                });
                return Ok(None);
            }
            Some(Iterator::Map { function, .. }) => {
                let function = *function;
                self.stack.push(function);
                Task::Map(iterator, 0)
            }
            Some(Iterator::Zip { strict, .. }) => {
                if *strict {
                    return reject("`zip(strict=True)` of lazy iterators");
                }
                Task::Zip(iterator, 0)
            }
            Some(Iterator::Filter { .. }) => Task::Filter(iterator),
            Some(Iterator::Enumerate { .. }) => Task::Enumerate(iterator),
            _ => return reject("an iterator out of place"),
        };
        self.step_task(task, base, None)
    }

    /// Goes on with a native step. `Some` when it has its result; else a frame of it is waiting.
    fn step_task(
        &mut self,
        mut task: Task,
        base: usize,
        mut input: Option<Delivered>,
    ) -> Res<Option<Delivered>> {
        loop {
            self.heap.spend(1)?;
            // First what has come, then what to ask for.
            match (task, input.take()) {
                (Task::FilterTest(at), Some(Delivered::Value(verdict))) => {
                    let item = self.pop();
                    if self.heap.truth(verdict) {
                        self.stack.truncate(base);
                        return Ok(Some(Delivered::Value(item)));
                    }
                    task = Task::Filter(at);
                }
                (_, Some(Delivered::End)) => {
                    self.stack.truncate(base);
                    return Ok(Some(Delivered::End));
                }
                (Task::Enumerate(at), Some(Delivered::Value(item))) => {
                    self.stack.truncate(base);
                    return self.heap.numbered(at, item).map(|pair| Some(Delivered::Value(pair)));
                }
                (Task::Zip(at, got), Some(Delivered::Value(item))) => {
                    self.stack.push(item);
                    task = Task::Zip(at, got + 1);
                }
                (Task::Map(at, got), Some(Delivered::Value(item))) => {
                    self.stack.push(item);
                    task = Task::Map(at, got + 1);
                }
                (Task::Filter(at), Some(Delivered::Value(item))) => {
                    let function = match self.heap.iter_at(at) {
                        Some(Iterator::Filter { function, .. }) => *function,
                        _ => Val::None,
                    };
                    if matches!(function, Val::None) {
                        if self.heap.truth(item) {
                            self.stack.truncate(base);
                            return Ok(Some(Delivered::Value(item)));
                        }
                    } else {
                        self.stack.extend([item, function, item]);
                        self.frames.push(Frame::Native { base, task: Task::FilterTest(at) });
                        if !self.call(1, &[])? {
                            return Ok(None);
                        }
                        self.frames.pop();
                        task = Task::FilterTest(at);
                        input = Some(Delivered::Value(self.pop()));
                        continue;
                    }
                }
                (_, None) => {}
            }
            let inner = match (task, self.heap.obj(Val::Obj(task.iterator()))) {
                (Task::Zip(_, got), Some(Obj::Iter(iterator))) => match &**iterator {
                    Iterator::Zip { inner, .. } if got < inner.len() => inner[got],
                    _ => {
                        let items = self.stack.split_off(base);
                        return self.heap.tuple(items).map(|made| Some(Delivered::Value(made)));
                    }
                },
                (Task::Map(_, got), Some(Obj::Iter(iterator))) => match &**iterator {
                    Iterator::Map { inner, .. } if got < inner.len() => inner[got],
                    _ => {
                        return if self.call(got, &[])? {
                            Ok(Some(Delivered::Value(self.pop())))
                        } else {
                            Ok(None)
                        };
                    }
                },
                (_, Some(Obj::Iter(iterator))) => match &**iterator {
                    Iterator::Filter { inner, .. } | Iterator::Enumerate { inner, .. } => *inner,
                    _ => return Ok(Some(Delivered::End)),
                },
                _ => return Ok(Some(Delivered::End)),
            };
            let Val::Obj(inner) = inner else { return type_error() };
            self.frames.push(Frame::Native { base, task });
            match self.step_iterator(inner)? {
                Some(delivered) => {
                    self.frames.pop();
                    input = Some(delivered);
                }
                None => return Ok(None),
            }
        }
    }

    /// Hands a result to the frame on top. `Some` when there is none left.
    pub(super) fn deliver(&mut self, mut delivered: Delivered) -> Res<Option<Val>> {
        loop {
            match self.frames.last_mut() {
                None => {
                    return Ok(Some(match delivered {
                        Delivered::Value(val) => val,
                        Delivered::End => Val::None,
                    }));
                }
                Some(Frame::Code { wait, at, .. }) => {
                    let waited = std::mem::replace(wait, Wait::Value);
                    match (waited, delivered) {
                        (_, Delivered::Value(val)) => self.stack.push(val),
                        (Wait::Loop(exit), Delivered::End) => {
                            *at = exit as usize;
                            self.stack.pop();
                        }
                        (Wait::Next(Val::Unbound) | Wait::Value, Delivered::End) => {
                            return raise(ExceptionClass::StopIteration);
                        }
                        (Wait::Next(default), Delivered::End) => self.stack.push(default),
                    }
                    return Ok(None);
                }
                Some(Frame::Native { base, task }) => {
                    let (base, task) = (*base, *task);
                    self.frames.pop();
                    match self.step_task(task, base, Some(delivered))? {
                        Some(next) => delivered = next,
                        None => return Ok(None),
                    }
                }
            }
        }
    }

    /// The exception object of a stop.
    fn exception(&mut self, stop: Stop) -> Res<Val> {
        let line = self.line();
        let (class, args) = match stop {
            Stop::Thrown(val) => return Ok(val),
            Stop::Key(key) => (ExceptionClass::KeyError, Some(vec![key].into())),
            Stop::Error(class) => (class, None),
            stop => return Err(stop),
        };
        self.heap.add(Obj::Exception(Box::new(Exception { class, args, line })))
    }

    fn class_of(&self, exception: Val) -> ExceptionClass {
        match self.heap.obj(exception) {
            Some(Obj::Exception(exception)) => exception.class,
            _ => ExceptionClass::Exception,
        }
    }

    /// Finds the handler of an exception, leaving frames on the way.
    pub(super) fn unwind(&mut self, stop: Stop) -> Res<()> {
        let mut exception = self.exception(stop)?;
        loop {
            let Some(&frame) = self.frames.last() else { return Err(Stop::Thrown(exception)) };
            match frame {
                Frame::Native { base, .. } => {
                    self.frames.pop();
                    self.stack.truncate(base);
                }
                Frame::Code { code: number, at, base, wait, generator } => {
                    let code = self.code(number);
                    let stops = self.class_of(exception) == ExceptionClass::StopIteration;
                    if stops && !matches!(wait, Wait::Value) {
                        // `StopIteration` out of a step of an iterator is its end.
                        return self.deliver(Delivered::End).map(|_| ());
                    }
                    let here = at.saturating_sub(1) as u32;
                    let guard = code.guards.iter().find(|guard| guard.start <= here && here < guard.end);
                    if let Some(guard) = guard {
                        self.stack.truncate(base + (code.slots + guard.depth) as usize);
                        self.stack.push(exception);
                        if let Some(Frame::Code { at, wait, .. }) = self.frames.last_mut() {
                            *at = guard.handler as usize;
                            *wait = Wait::Value;
                        }
                        return Ok(());
                    }
                    self.frames.pop();
                    self.stack.truncate(base - 1);
                    if let Some(generator) = generator {
                        self.finish_generator(generator);
                        if stops {
                            let line = self.line();
                            let class = ExceptionClass::RuntimeError;
                            exception = self.heap.add(Obj::Exception(Box::new(Exception {
                                class,
                                args: None,
                                line,
                            })))?;
                        }
                    }
                }
            }
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
