//! The machine's state: loading a program once, calling it from a snapshot.

use crate::compile::op::{Code, Constant, Fallback, Op, Program};
use crate::{Captured, ExceptionClass, Limits, Usage, Value};

use super::heap::{Heap, Obj};
use super::prelude;
use super::val::{Ref, Val};
use super::{Res, Stop, reject};

/// What a frame waits for when the one above it ends.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wait {
    /// A value to push.
    Value,
    /// The next item, or the end of the loop.
    Loop(u32),
    /// The next item, or this value, or `StopIteration`.
    Next(Val),
}

/// A native step that waits for an item or for the program.
#[derive(Debug, Clone, Copy)]
pub(super) enum Task {
    /// Gathering one item of each inner iterator, so many so far.
    Zip(Ref, usize),
    /// The same, to call the function with them.
    Map(Ref, usize),
    Filter(Ref),
    /// Waiting for the verdict on the item on the stack.
    FilterTest(Ref),
    Enumerate(Ref),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Frame {
    Code { code: u32, at: usize, base: usize, wait: Wait, generator: Option<Ref> },
    Native { base: usize, task: Task },
}

/// A running program.
pub(crate) struct Machine<'p> {
    pub(super) program: &'p Program,
    pub(super) heap: Heap,
    pub(super) globals: Vec<Val>,
    pub(super) constants: Vec<Val>,
    pub(super) stack: Vec<Val>,
    pub(super) frames: Vec<Frame>,
    pub(super) stdout: String,
}

/// A program after its module has run: the state from which every call starts.
pub(crate) struct Loaded {
    heap: Heap,
    globals: Vec<Val>,
    constants: Vec<Val>,
    stdout: String,
}

/// Why a run has no value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Failure {
    Raised(ExceptionClass, Option<u32>),
    Stopped(Stop, Option<u32>),
    NotPlain(crate::InvalidResult),
}

impl<'p> Machine<'p> {
    fn new(program: &'p Program, limits: Limits) -> Self {
        Self {
            program,
            heap: Heap::new(limits),
            globals: vec![Val::Unbound; program.globals.len()],
            constants: Vec::new(),
            stack: Vec::with_capacity(64),
            frames: Vec::with_capacity(8),
            stdout: String::new(),
        }
    }

    /// Runs the module.
    pub(crate) fn load(program: &'p Program, limits: Limits) -> Result<Loaded, Box<(Failure, Usage)>> {
        let mut machine = Self::new(program, limits);
        let outcome = machine.load_constants().and_then(|()| {
            machine.start_module();
            machine.run()
        });
        match outcome {
            Ok(_) => Ok(Loaded {
                heap: machine.heap,
                globals: machine.globals,
                constants: machine.constants,
                stdout: machine.stdout,
            }),
            Err(stop) => Err(Box::new((machine.failure(stop), machine.usage()))),
        }
    }

    /// A machine in the loaded state.
    pub(crate) fn resume(program: &'p Program, loaded: &Loaded) -> Self {
        Self {
            program,
            heap: loaded.heap.clone(),
            globals: loaded.globals.clone(),
            constants: loaded.constants.clone(),
            stack: Vec::with_capacity(64),
            frames: Vec::with_capacity(8),
            stdout: loaded.stdout.clone(),
        }
    }

    fn load_constants(&mut self) -> Res<()> {
        let known = prelude::compiled();
        self.constants = Vec::with_capacity(known.constants.len() + self.program.constants.len());
        self.constants.extend(&known.constants);
        for constant in &self.program.constants {
            let val = match constant {
                Constant::Val(val) => *val,
                Constant::Text(text) => {
                    let chars = text.chars().count() as u32;
                    self.heap.add(Obj::Str(text.clone(), chars))?
                }
                Constant::Big(value) => {
                    if value.bits() > self.heap.limits.integer_bits {
                        return Err(Stop::Limit(crate::Limit::Memory));
                    }
                    self.heap.add(Obj::Big(value.clone()))?
                }
            };
            self.constants.push(val);
        }
        Ok(())
    }

    fn start_module(&mut self) {
        let code = prelude::layout().codes as u32;
        self.stack.push(Val::None);
        let slots = self.code(code).slots as usize;
        self.stack.resize(1 + slots, Val::Unbound);
        self.frames.push(Frame::Code { code, at: 0, base: 1, wait: Wait::Value, generator: None });
    }

    /// Calls the entry with plain arguments.
    pub(crate) fn call_entry(&mut self, entry: &str, args: &[Value]) -> Result<Value, Failure> {
        let outcome = self.enter(entry, args).and_then(|val| match val {
            Some(val) => Ok(val),
            None => self.run(),
        });
        match outcome {
            Ok(val) => self.heap.lower(val).map_err(Failure::NotPlain),
            Err(stop) => Err(self.failure(stop)),
        }
    }

    fn enter(&mut self, entry: &str, args: &[Value]) -> Res<Option<Val>> {
        let index = self.program.globals.iter().position(|(name, _)| **name == *entry);
        let callee = match index.map(|index| (self.globals[index], self.program.globals[index].1)) {
            None | Some((Val::Unbound, Fallback::NameError)) => {
                return super::raise(ExceptionClass::NameError);
            }
            Some((Val::Unbound, _)) => return reject("a built-in as the entry"),
            Some((callee, _)) => callee,
        };
        self.stack.push(callee);
        for arg in args {
            let arg = self.heap.raise(arg)?;
            self.stack.push(arg);
        }
        if self.call(args.len(), &[])? { Ok(self.stack.pop()) } else { Ok(None) }
    }

    /// Runs until the last frame returns.
    pub(super) fn run(&mut self) -> Res<Val> {
        loop {
            match self.execute() {
                Ok(Some(val)) => return Ok(val),
                Ok(None) => {}
                Err(stop @ (Stop::Limit(_) | Stop::Reject(_))) => return Err(stop),
                Err(stop) => self.unwind(stop)?,
            }
            if self.frames.is_empty() {
                return Ok(self.stack.pop().unwrap_or(Val::None));
            }
        }
    }

    pub(super) fn code(&self, number: u32) -> &'p Code {
        let known = &prelude::compiled().codes;
        match known.get(number as usize) {
            Some(code) => code,
            None => &self.program.codes[number as usize - known.len()],
        }
    }

    /// The line that the program has reached; the prelude's lines are not its own.
    pub(super) fn line(&self) -> Option<u32> {
        self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Code { code, at, .. } => {
                let code = self.code(*code);
                let line = code.lines.get(at.saturating_sub(1)).copied();
                line.filter(|_| !code.hidden)
            }
            Frame::Native { .. } => None,
        })
    }

    fn failure(&mut self, stop: Stop) -> Failure {
        match stop {
            Stop::Thrown(exception) => match self.heap.obj(exception) {
                Some(Obj::Exception(exception)) => Failure::Raised(exception.class, exception.line),
                _ => Failure::Raised(ExceptionClass::Exception, None),
            },
            Stop::Error(class) => Failure::Raised(class, self.line()),
            Stop::Key(_) => Failure::Raised(ExceptionClass::KeyError, self.line()),
            stop => Failure::Stopped(stop, self.line()),
        }
    }

    /// What has been used so far.
    pub(crate) fn usage(&self) -> Usage {
        Usage {
            fuel: Some(self.heap.limits.fuel - self.heap.fuel),
            cpu: None,
            peak_bytes: Some(self.heap.peak),
            stdout: Captured { text: self.stdout.as_str().into(), bytes: self.stdout.len() as u64 },
            stderr: Captured::default(),
        }
    }

    /// Frees what the program can no longer reach, if it is time to.
    pub(super) fn sweep(&mut self) -> Res<()> {
        let frames = self.frames.iter().filter_map(|frame| match frame {
            Frame::Code { generator, .. } => generator.map(Val::Obj),
            Frame::Native { task, .. } => Some(Val::Obj(task.iterator())),
        });
        let waits = self.frames.iter().filter_map(|frame| match frame {
            Frame::Code { wait: Wait::Next(val), .. } => Some(*val),
            _ => None,
        });
        let roots = self.stack.iter().chain(&self.globals).chain(&self.constants).copied();
        self.heap.sweep(roots.chain(frames).chain(waits))
    }
}

impl Task {
    pub(super) fn iterator(self) -> Ref {
        match self {
            Self::Zip(at, _)
            | Self::Map(at, _)
            | Self::Filter(at)
            | Self::FilterTest(at)
            | Self::Enumerate(at) => at,
        }
    }
}

/// Instructions are small: the loop fetches one a step.
const _: () = assert!(std::mem::size_of::<Op>() == 8);
