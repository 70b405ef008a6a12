//! Iterators that need the machine, and what frames hand to each other.

use super::super::heap::Obj;
use super::super::iterate::{Iterator, Next};
use super::super::run::{Frame, Machine, Task, Wait};
use super::super::val::{Ref, Val};
use super::super::{Res, raise, reject, type_error, value_error};
use super::Delivered;
use crate::ExceptionClass;

impl Machine<'_> {
    pub(in crate::machine) fn finish_generator(&mut self, at: Ref) {
        if let Some(iterator) = self.heap.iter_at(at) {
            *iterator = Iterator::Finished(iterator.type_of());
        }
    }

    /// Asks for the next item of an iterator that needs the machine. `None`: it will be delivered to the frame
    /// that is on top now, which waits as `wait` says.
    pub(in crate::machine) fn start_next(&mut self, iterator: Ref, wait: Wait) -> Res<Option<Delivered>> {
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

    pub(super) fn step_iterator(&mut self, iterator: Ref) -> Res<Option<Delivered>> {
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
    pub(super) fn step_task(
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
    pub(in crate::machine) fn deliver(&mut self, mut delivered: Delivered) -> Res<Option<Val>> {
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
}
