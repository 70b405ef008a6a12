//! Exceptions: raised, matched, and carried to their handler.

use super::super::heap::{Exception, Obj};
use super::super::run::{Frame, Machine, Wait};
use super::super::val::Val;
use super::super::{Res, Stop, reject, type_error};
use super::Delivered;
use crate::ExceptionClass;

impl Machine<'_> {
    pub(super) fn throw(&mut self, val: Val) -> Res<Option<Val>> {
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

    pub(super) fn matches(&self, exception: Val, class: Val) -> Res<bool> {
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

    /// The exception object of a stop.
    pub(super) fn exception(&mut self, stop: Stop) -> Res<Val> {
        let line = self.line();
        let (class, args) = match stop {
            Stop::Thrown(val) => return Ok(val),
            Stop::Key(key) => (ExceptionClass::KeyError, Some(vec![key].into())),
            Stop::Error(class) => (class, None),
            stop => return Err(stop),
        };
        self.heap.add(Obj::Exception(Box::new(Exception { class, args, line })))
    }

    pub(super) fn class_of(&self, exception: Val) -> ExceptionClass {
        match self.heap.obj(exception) {
            Some(Obj::Exception(exception)) => exception.class,
            _ => ExceptionClass::Exception,
        }
    }

    /// Finds the handler of an exception, leaving frames on the way.
    pub(in crate::machine) fn unwind(&mut self, stop: Stop) -> Res<()> {
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
