//! Tree to bytecode: slots are resolved here, and what the tree may say but MiniPy does not run is refused.

mod expressions;
mod functions;
pub(crate) mod op;
mod places;
mod scope;
mod statements;
mod walk;

use std::collections::HashMap;

use op::{Code, Constant, Guard, Op, Program};
use scope::Scopes;

use crate::machine::Val;
use crate::syntax::ast::{Module, Name, Stmt};
use crate::{Reason, Rejected};

type Compiled<T> = Result<T, Rejected>;

/// The hidden parameter of a generator expression: what its first clause iterates.
const GENERATOR_INPUT: &str = ".0";
/// The most instructions or constants in one program.
const MAX_TABLE: usize = 60_000;
/// The most variables in one scope.
const MAX_VARIABLES: usize = 1_000;
/// Loops and `try` blocks inside one another; CPython refuses more than 20, counting a little differently.
const MAX_BLOCKS: usize = 18;

/// How the program that is compiled fits into the machine.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Layout {
    /// Constants and functions that lie before those of this program.
    pub(crate) constants: usize,
    pub(crate) codes: usize,
    /// The prelude, which may use the hidden built-ins.
    pub(crate) prelude: bool,
}

/// Compiles a program.
pub(crate) fn compile(module: &Module, layout: Layout) -> Compiled<Program> {
    let scopes = Scopes::of(module)?;
    if scopes.all.iter().any(|scope| scope.variables.len() > MAX_VARIABLES) {
        return Err(Rejected { reason: Reason::TooLarge("too many variables in one function"), line: None });
    }
    let mut bound_globals: Vec<Name> = scopes.all[0].variables.iter().map(|(n, _)| n.clone()).collect();
    bound_globals.extend(scopes.all.iter().flat_map(|scope| scope.globals.iter().cloned()));
    let mut compiler = Compiler {
        scopes,
        layout,
        program: Program { codes: vec![Code::default()], constants: Vec::new(), globals: Vec::new() },
        global_index: HashMap::new(),
        text_index: HashMap::new(),
        functions: Vec::new(),
        bound_globals: bound_globals.into_iter().collect(),
        scope: 0,
        line: 1,
    };
    compiler.enter(0, 0);
    compiler.block(&module.body)?;
    compiler.val(Val::None);
    compiler.emit(Op::Return);
    compiler.program.codes[0] = compiler.leave();
    let size = compiler.program.codes.iter().map(|code| code.ops.len()).sum::<usize>();
    if size > MAX_TABLE || compiler.program.constants.len() > MAX_TABLE {
        return Err(Rejected { reason: Reason::TooLarge("too many instructions"), line: None });
    }
    Ok(compiler.program)
}

/// A function whose code is being written.
struct Function<'t> {
    scope: usize,
    code: Code,
    /// Slots by owning scope and name.
    slots: HashMap<(usize, Name), u32>,
    free: Vec<Name>,
    /// Where the cells of the closure begin.
    free_start: u32,
    blocks: Vec<Block<'t>>,
    /// The slot of each exception being handled, innermost last.
    handling: Vec<u32>,
}

/// What encloses a statement inside its function.
enum Block<'t> {
    Loop {
        /// The stack holds an iterator.
        iterator: bool,
        /// Where `continue` goes.
        start: u32,
        /// Jumps that go to the loop's end.
        breaks: Vec<usize>,
    },
    /// Code to run on every way out of the guarded stretches.
    Cleanup(Cleanup<'t>, Stretches),
    /// The body of a `try` with handlers.
    Guarded(Stretches),
    /// Inside an `except` block.
    Handling,
}

#[derive(Clone)]
enum Cleanup<'t> {
    /// The body of `finally`.
    Finally(&'t [Stmt]),
    /// The name of `except … as name`.
    Unbind(Name),
}

/// Stretches of code that one handler guards: code that leaves the block is not part of it.
#[derive(Default)]
struct Stretches {
    start: u32,
    closed: Vec<(u32, u32)>,
}

struct Compiler<'t> {
    scopes: Scopes,
    layout: Layout,
    program: Program,
    global_index: HashMap<Name, u32>,
    text_index: HashMap<Box<str>, u32>,
    functions: Vec<Function<'t>>,
    bound_globals: std::collections::HashSet<Name>,
    scope: usize,
    line: u32,
}

impl<'t> Compiler<'t> {
    fn function(&mut self) -> &mut Function<'t> {
        let last = self.functions.len() - 1;
        &mut self.functions[last]
    }

    fn emit(&mut self, op: Op) -> usize {
        let line = self.line;
        let code = &mut self.function().code;
        code.ops.push(op);
        code.lines.push(line);
        code.ops.len() - 1
    }

    fn here(&mut self) -> u32 {
        self.function().code.ops.len() as u32
    }

    /// Makes the jump at `at` go to the next instruction.
    fn land(&mut self, at: usize) {
        let target = self.here();
        match &mut self.function().code.ops[at] {
            Op::Jump(to)
            | Op::JumpIfFalse(to)
            | Op::JumpIfTrue(to)
            | Op::JumpIfFalseOrPop(to)
            | Op::JumpIfTrueOrPop(to)
            | Op::ForIter(to) => *to = target,
            _ => {}
        }
    }

    fn constant(&mut self, constant: Constant) {
        let index = self.layout.constants + self.program.constants.len();
        self.program.constants.push(constant);
        self.emit(Op::Const(index as u32));
    }

    fn val(&mut self, val: Val) {
        self.constant(Constant::Val(val));
    }

    fn text(&mut self, text: &str) {
        if let Some(&known) = self.text_index.get(text) {
            self.emit(Op::Const(known));
            return;
        }
        let index = self.layout.constants + self.program.constants.len();
        self.text_index.insert(text.into(), index as u32);
        self.constant(match crate::machine::Short::new(text) {
            Some(short) => Constant::Val(Val::Short(short)),
            None => Constant::Text(text.into()),
        });
    }

    fn attribute(&mut self, name: &str) -> u32 {
        let attributes = &mut self.function().code.attributes;
        let known = attributes.iter().position(|known| **known == *name);
        known.unwrap_or_else(|| {
            attributes.push(name.into());
            attributes.len() - 1
        }) as u32
    }

    /// A slot of its own in the frame.
    fn fresh_slot(&mut self) -> u32 {
        let code = &mut self.function().code;
        code.slots += 1;
        code.slots - 1
    }

    fn outside<T>(&self, what: impl Into<String>) -> Compiled<T> {
        Err(Rejected::outside(self.line, what))
    }

    fn syntax<T>(&self, message: impl Into<String>) -> Compiled<T> {
        Err(Rejected::syntax(self.line, message))
    }

    fn guard(&mut self, stretches: &Stretches, handler: u32, depth: u32) {
        let guards = &mut self.function().code.guards;
        for &(start, end) in stretches.closed.iter().filter(|(start, end)| start < end) {
            guards.push(Guard { start, end, handler, depth });
        }
    }
}
