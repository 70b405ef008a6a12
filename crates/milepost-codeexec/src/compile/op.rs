//! Bytecode.

use num_bigint::BigInt;
use std::sync::Arc;

use crate::machine::Val;
use crate::syntax::ast::{BinaryOp, CompareOp, Conversion};

/// An instruction of the stack machine. `→` separates the stack before from the stack after, top to the right.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Op {
    /// `→ value`
    Const(u32),
    Local(u32),
    SetLocal(u32),
    DeleteLocal(u32),
    /// Makes the slot hold a cell with its present value.
    MakeCell(u32),
    /// `→ cell`, the cell itself, for a closure.
    Cell(u32),
    Deref(u32),
    SetDeref(u32),
    DeleteDeref(u32),
    Global(u32),
    SetGlobal(u32),
    DeleteGlobal(u32),
    /// A name that nothing can have bound.
    NoName,
    Pop,
    Dup,
    /// The top n again.
    DupMany(u32),
    /// `a b → b a`
    Swap,
    /// `a b c → c a b`
    Rotate3,
    Binary(BinaryOp),
    InPlace(BinaryOp),
    Negative,
    Positive,
    Invert,
    Not,
    Compare(CompareOp),
    Jump(u32),
    JumpIfFalse(u32),
    JumpIfTrue(u32),
    JumpIfFalseOrPop(u32),
    JumpIfTrueOrPop(u32),
    List(u32),
    Tuple(u32),
    /// Adds the items in order.
    Set(u32),
    /// A display of constants only: CPython folds it to a frozenset first, which shows in the order.
    FoldedSet(u32),
    /// `→ dict`, empty
    Dict,
    /// `list … item → list …`: the collection lies n below the item.
    ListAppend(u32),
    SetAdd(u32),
    /// `dict … key value → dict …`
    DictPut(u32),
    /// `list iterable → list None`
    ListExtend,
    SetExtend,
    DictMerge,
    ListToTuple,
    GetItem,
    /// `value container index →`
    SetItem,
    /// `container index value →`
    SetItemTop,
    DeleteItem,
    /// `container lower upper step → value`
    GetSlice,
    SetSlice,
    SetSliceTop,
    DeleteSlice,
    Attribute(u32),
    Call(u32),
    /// Arguments in all, and the table of keyword names.
    CallKeywords(u16, u16),
    CallMethod(u16, u16),
    CallMethodKeywords(u16, u16, u16),
    /// `callee list keywords… → value`, with 0xffff for no keywords.
    CallList(u16),
    Iter,
    /// `iterator → iterator item`, or at the end `→` and a jump.
    ForIter(u32),
    /// A lazy iterator is replaced by a list of at most n + 1 of its items.
    Collect(u32),
    Unpack(u32),
    /// Items before and after the starred one.
    UnpackStar(u16, u16),
    /// `defaults… keyword-defaults… cells… → function`
    Function(u32),
    Return,
    Yield,
    Raise,
    RaiseFrom,
    Reraise,
    /// `exception class → bool`
    Matches,
    /// `value → text`, or with a specification `value spec → text`
    Format(Conversion, bool),
    /// Concatenates n strings.
    Join(u32),
}

/// A value that the loader puts on the heap.
#[derive(Debug, Clone)]
pub(crate) enum Constant {
    Val(Val),
    Text(Arc<str>),
    Big(Arc<BigInt>),
}

/// Instructions in `start..end` are guarded by the handler.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guard {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) handler: u32,
    /// Operands that stay on the stack.
    pub(crate) depth: u32,
}

/// The body of a module, function, lambda or generator expression.
///
/// Slots: parameters, then the cells of the closure, then other variables.
#[derive(Debug, Default)]
pub(crate) struct Code {
    pub(crate) ops: Vec<Op>,
    pub(crate) lines: Vec<u32>,
    pub(crate) guards: Vec<Guard>,
    pub(crate) slots: u32,
    pub(crate) attributes: Vec<Box<str>>,
    pub(crate) keywords: Vec<Box<[Box<str>]>>,
    /// Names of positional and then keyword-only parameters.
    pub(crate) parameters: Vec<Box<str>>,
    pub(crate) positional: u32,
    pub(crate) positional_only: u32,
    pub(crate) rest: bool,
    /// How many positional parameters have a default, and which keyword-only ones.
    pub(crate) defaults: u32,
    pub(crate) keyword_defaults: Vec<bool>,
    pub(crate) free: u32,
    pub(crate) generator: bool,
    /// Part of the prelude: its lines are not the program's.
    pub(crate) hidden: bool,
}

/// A compiled program. Constants and functions are numbered after those of the prelude.
#[derive(Debug)]
pub(crate) struct Program {
    /// The module first.
    pub(crate) codes: Vec<Code>,
    pub(crate) constants: Vec<Constant>,
    /// Global variables, and what the name means while unbound.
    pub(crate) globals: Vec<(Box<str>, Fallback)>,
}

/// What an unbound global means.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fallback {
    NameError,
    Builtin(Val),
    /// A built-in of CPython that MiniPy does not have.
    Foreign,
}
