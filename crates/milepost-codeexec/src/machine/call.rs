//! Calls: of functions, of built-ins, of methods.

use super::heap::{Exception, Obj};
use super::iterate::{Generator, Iterator};
use super::math;
use super::prelude::Prelude;
use super::run::{Frame, Machine, Wait};
use super::val::{Method, Module, Ref, Type, Val};
use super::{Res, raise, reject, type_error};
use crate::ExceptionClass;

/// What a native function does.
pub(super) enum Flow {
    Value(Val),
    /// A function of the prelude goes on with these arguments.
    Prelude(Prelude, Vec<Val>),
    /// The next item of an iterator, or a value in its place.
    Next(Ref, Val),
}

/// The arguments of a native call.
pub(super) struct Args<'a> {
    pub(super) positional: &'a [Val],
    pub(super) names: &'a [Box<str>],
    pub(super) named: &'a [Val],
}

impl Args<'_> {
    /// Binds arguments to parameters; an empty name is positional only. Missing ones are unbound.
    pub(super) fn bind<const N: usize>(&self, required: usize, names: [&str; N]) -> Res<[Val; N]> {
        let mut bound = [Val::Unbound; N];
        if self.positional.len() > N {
            return type_error();
        }
        bound[..self.positional.len()].copy_from_slice(self.positional);
        for (name, val) in self.names.iter().zip(self.named) {
            let Some(at) = names.iter().position(|known| **known == **name && !known.is_empty()) else {
                return type_error();
            };
            if !matches!(bound[at], Val::Unbound) {
                return type_error();
            }
            bound[at] = *val;
        }
        if bound[..required].iter().any(|val| matches!(val, Val::Unbound)) {
            return type_error();
        }
        Ok(bound)
    }
}

impl Machine<'_> {
    pub(super) fn check_depth(&self) -> Res<()> {
        if self.frames.len() >= self.heap.limits.depth {
            return raise(ExceptionClass::RecursionError);
        }
        Ok(())
    }

    /// Calls what lies below `count` arguments, the last of them named. Whether the result is on the stack
    /// already; else a frame will deliver it.
    pub(super) fn call(&mut self, count: usize, names: &[Box<str>]) -> Res<bool> {
        let start = self.stack.len() - count;
        let callee = self.stack[start - 1];
        if let Val::Obj(at) = callee {
            match self.heap.get(at) {
                Obj::Function(function) => {
                    let function = function.clone();
                    return self.call_function(&function, start, names);
                }
                Obj::Bound(receiver, method) => {
                    let (receiver, method) = (*receiver, *method);
                    return self.native(start, names, |machine, args| machine.method(receiver, method, args));
                }
                _ => return type_error(),
            }
        }
        match callee {
            Val::Builtin(builtin) => {
                self.native(start, names, |machine, args| machine.builtin(builtin, args))
            }
            Val::Type(kind) => self.native(start, names, |machine, args| machine.construct(kind, args)),
            Val::Math(function) => self.native(start, names, |machine, args| machine.math(function, args)),
            Val::Class(class) => self.native(start, names, |machine, args| {
                if !args.names.is_empty() {
                    return reject("keywords of an exception");
                }
                Machine::must_construct(class, args.positional.len())?;
                let exception = Exception { class, args: Some(args.positional.into()), line: None };
                machine.heap.add(Obj::Exception(Box::new(exception))).map(Flow::Value)
            }),
            Val::MethodOf(kind, method) => {
                self.native(start, names, |machine, args| machine.method_of(kind, method, args))
            }
            Val::Opaque | Val::Module(_) => reject("a name of `typing` as a value"),
            _ => type_error(),
        }
    }

    /// Classes whose construction or text has rules of its own are left to CPython.
    pub(super) fn must_construct(class: ExceptionClass, count: usize) -> Res<()> {
        use ExceptionClass as E;
        let special = class.is_a(E::UnicodeError) && class != E::UnicodeError
            || class.is_a(E::OSError) && count > 1
            || class.is_a(E::SyntaxError) && count > 1;
        if special { reject("an exception with rules of its own") } else { Ok(()) }
    }

    fn native(
        &mut self,
        start: usize,
        names: &[Box<str>],
        run: impl FnOnce(&mut Self, &Args<'_>) -> Res<Flow>,
    ) -> Res<bool> {
        self.heap.spend(1)?;
        let count = self.stack.len() - start;
        let mut few = [Val::None; 4];
        let many;
        let all = if count <= few.len() {
            few[..count].copy_from_slice(&self.stack[start..]);
            &few[..count]
        } else {
            many = self.stack[start..].to_vec();
            &many[..]
        };
        let (positional, named) = all.split_at(count - names.len());
        let flow = run(self, &Args { positional, names, named })?;
        self.stack.truncate(start - 1);
        match flow {
            Flow::Value(val) => {
                self.stack.push(val);
                Ok(true)
            }
            Flow::Prelude(function, args) => self.call_prelude(function, &args).map(|()| false),
            Flow::Next(iterator, default) => match self.start_next(iterator, Wait::Next(default))? {
                Some(super::exec::Delivered::Value(val)) => {
                    self.stack.push(val);
                    Ok(true)
                }
                Some(super::exec::Delivered::End) => {
                    if matches!(default, Val::Unbound) {
                        return raise(ExceptionClass::StopIteration);
                    }
                    self.stack.push(default);
                    Ok(true)
                }
                None => Ok(false),
            },
        }
    }

    /// Pushes a frame of the prelude.
    pub(super) fn call_prelude(&mut self, function: Prelude, args: &[Val]) -> Res<()> {
        self.check_depth()?;
        let number = function.code();
        self.stack.push(Val::None);
        let base = self.stack.len();
        self.stack.extend_from_slice(args);
        let slots = self.code(number).slots as usize;
        self.stack.resize(base + slots, Val::Unbound);
        self.frames.push(Frame::Code { code: number, at: 0, base, wait: Wait::Value, generator: None });
        Ok(())
    }

    fn call_function(
        &mut self,
        function: &super::heap::Function,
        start: usize,
        names: &[Box<str>],
    ) -> Res<bool> {
        let code = self.code(function.code);
        let positional = code.positional as usize;
        let given = self.stack.len() - start;
        let simple =
            names.is_empty() && given == positional && code.parameters.len() == positional && !code.rest;
        if !simple {
            self.bind_arguments(function, start, names)?;
        }
        if !code.generator {
            self.check_depth()?;
        }
        self.stack.extend_from_slice(&function.cells);
        self.stack.resize(start + code.slots as usize, Val::Unbound);
        // Slots are memory of the program too.
        self.heap.check(self.stack.len() as u64 * 16)?;
        if code.generator {
            let stack = self.stack.split_off(start);
            self.stack.truncate(start - 1);
            let state = Generator { code: function.code, at: 0, stack, running: false };
            let made = self.heap.iterator(Iterator::Generator(Box::new(state)))?;
            self.stack.push(made);
            return Ok(true);
        }
        let frame =
            Frame::Code { code: function.code, at: 0, base: start, wait: Wait::Value, generator: None };
        self.frames.push(frame);
        Ok(false)
    }

    /// Replaces the arguments from `start` on by the values of all parameters, in the order of their slots:
    /// positional, keyword-only, rest.
    fn bind_arguments(
        &mut self,
        function: &super::heap::Function,
        start: usize,
        names: &[Box<str>],
    ) -> Res<()> {
        let code = self.code(function.code);
        let positional = code.positional as usize;
        let mut args = self.stack.split_off(start);
        let named = args.split_off(args.len() - names.len());
        let mut bound = vec![Val::Unbound; code.parameters.len()];
        let direct = args.len().min(positional);
        bound[..direct].copy_from_slice(&args[..direct]);
        let rest = args.split_off(direct);
        if !rest.is_empty() && !code.rest {
            return type_error();
        }
        for (name, val) in names.iter().zip(named) {
            let found = code.parameters.iter().position(|parameter| parameter == name);
            let Some(at) = found.filter(|at| *at >= code.positional_only as usize) else {
                return type_error();
            };
            if !matches!(bound[at], Val::Unbound) {
                return type_error();
            }
            bound[at] = val;
        }
        let first_default = positional - function.defaults.len();
        for (at, val) in bound.iter_mut().enumerate() {
            if !matches!(val, Val::Unbound) {
                continue;
            }
            *val = if at >= positional {
                function.keyword_defaults[at - positional]
            } else if at >= first_default {
                function.defaults[at - first_default]
            } else {
                Val::Unbound
            };
            if matches!(val, Val::Unbound) {
                return type_error();
            }
        }
        self.stack.extend(bound);
        if code.rest {
            let rest = self.heap.tuple(rest)?;
            self.stack.push(rest);
        }
        Ok(())
    }

    /// `receiver.name(…)` with the receiver below the arguments.
    pub(super) fn call_method(&mut self, name: &str, count: usize, names: &[Box<str>]) -> Res<bool> {
        let start = self.stack.len() - count;
        let receiver = self.stack[start - 1];
        if let Some(method) = Method::parse(name)
            && self.heap.type_of(receiver).has(method)
        {
            return self.native(start, names, |machine, args| machine.method(receiver, method, args));
        }
        let callee = self.attribute(receiver, name)?;
        self.stack[start - 1] = callee;
        self.call(count, names)
    }

    /// `val.name`
    pub(super) fn attribute(&mut self, val: Val, name: &str) -> Res<Val> {
        match val {
            Val::Module(Module::Math) => {
                return match math::constant(name).or_else(|| math::Function::parse(name).map(Val::Math)) {
                    Some(found) => Ok(found),
                    None if math::is_foreign(name) => {
                        reject("a function of `math` that MiniPy does not have")
                    }
                    None => raise(ExceptionClass::AttributeError),
                };
            }
            Val::Module(Module::Typing) => return Ok(Val::Opaque),
            Val::Opaque => return reject("a name of `typing` as a value"),
            Val::Type(kind) => {
                return match Method::parse(name).filter(|method| kind.has(*method)) {
                    Some(method) => Ok(Val::MethodOf(kind, method)),
                    None if kind.has_elsewhere(name) => reject("an attribute that MiniPy does not have"),
                    None => raise(ExceptionClass::AttributeError),
                };
            }
            Val::Class(_) => return reject("attributes of exception classes"),
            _ => {}
        }
        if let Some(Obj::Exception(exception)) = self.heap.obj(val) {
            return match (name, &exception.args) {
                ("args", Some(args)) => {
                    let args = args.to_vec();
                    self.heap.tuple(args)
                }
                _ => reject("this attribute of an exception"),
            };
        }
        let kind = self.heap.type_of(val);
        match Method::parse(name).filter(|method| kind.has(*method)) {
            Some(method) => self.heap.add(Obj::Bound(val, method)),
            None if kind.has_elsewhere(name) => reject("an attribute that MiniPy does not have"),
            None => raise(ExceptionClass::AttributeError),
        }
    }

    /// `type.method(receiver, …)`
    fn method_of(&mut self, kind: Type, method: Method, args: &Args<'_>) -> Res<Flow> {
        if method == Method::FromKeys {
            return self.keyed_by(args);
        }
        let Some((receiver, rest)) = args.positional.split_first() else { return type_error() };
        let found = self.heap.type_of(*receiver);
        if found != kind && !(kind == Type::Int && found == Type::Bool) {
            return type_error();
        }
        self.method(*receiver, method, &Args { positional: rest, names: args.names, named: args.named })
    }
}
