//! Built-ins that call back into the program, written in MiniPy itself.
//!
//! They run on the machine's own frames, so they are metered like any code and need no recursion of the host.
//! Every function here does with an iterator what CPython's built-in does, item by item.

use std::sync::LazyLock;

use super::val::Val;
use crate::compile::op::{Code, Constant};
use crate::compile::{Layout, compile};
use crate::syntax;

macro_rules! prelude {
    ($($variant:ident),* $(,)?) => {
        /// A function of the prelude, in the order of its source.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Prelude { $($variant),* }
    };
}

prelude!(
    Collect,
    CollectUpTo,
    ToTuple,
    ToSet,
    ToFrozenSet,
    ToDict,
    Total,
    AnyOf,
    AllOf,
    Contains,
    Extend,
    ExtendInPlace,
    UpdateSet,
    UpdateDict,
    JoinAll,
    FromKeys,
    Greatest,
    Least,
    GreatestBy,
    LeastBy,
    Sorted,
    SortInPlace,
    Product,
);

const SOURCE: &str = r"
def collect(it):
    return [x for x in it]
def collect_up_to(it, n):
    xs = []
    for x in it:
        xs.append(x)
        if len(xs) > n:
            break
    return xs
def to_tuple(it):
    return tuple([x for x in it])
def to_set(it):
    s = set()
    for x in it:
        s.add(x)
    return s
def to_frozenset(it):
    s = set()
    for x in it:
        s.add(x)
    return _freeze(s)
def to_dict(it):
    d = {}
    for p in it:
        _put_pair(d, p)
    return d
def total(it, start):
    for x in it:
        start = start + x
    return start
def any_of(it):
    for x in it:
        if x:
            return True
    return False
def all_of(it):
    for x in it:
        if not x:
            return False
    return True
def contains(it, item):
    for x in it:
        if _same(x, item):
            return True
    return False
def extend(xs, it):
    for x in it:
        xs.append(x)
def extend_in_place(xs, it):
    for x in it:
        xs.append(x)
    return xs
def update_set(s, it):
    for x in it:
        s.add(x)
def update_dict(d, it):
    for p in it:
        _put_pair(d, p)
def join_all(sep, it):
    return sep.join([x for x in it])
def from_keys(it, value):
    d = {}
    for x in it:
        d[x] = value
    return d
def greatest(it, has_default, default):
    empty = True
    best = default
    for x in it:
        if empty:
            empty = False
            best = x
        elif x > best:
            best = x
    if empty and not has_default:
        raise ValueError
    return best
def least(it, has_default, default):
    empty = True
    best = default
    for x in it:
        if empty:
            empty = False
            best = x
        elif x < best:
            best = x
    if empty and not has_default:
        raise ValueError
    return best
def greatest_by(it, has_default, default, key):
    empty = True
    best = default
    top = None
    for x in it:
        k = key(x)
        if empty:
            empty = False
            best = x
            top = k
        elif k > top:
            best = x
            top = k
    if empty and not has_default:
        raise ValueError
    return best
def least_by(it, has_default, default, key):
    empty = True
    best = default
    top = None
    for x in it:
        k = key(x)
        if empty:
            empty = False
            best = x
            top = k
        elif k < top:
            best = x
            top = k
    if empty and not has_default:
        raise ValueError
    return best
def sorted_(it, key, reverse):
    xs = [x for x in it]
    if key is None:
        keys = xs
    else:
        keys = [key(x) for x in xs]
    _sort_pairs(xs, keys, reverse)
    return xs
def sort_in_place(xs, key, reverse):
    items = xs[:]
    xs.clear()
    try:
        keys = [key(x) for x in items]
        _sort_pairs(items, keys, reverse)
    finally:
        changed = len(xs) > 0
        xs[:] = items
    if changed:
        raise ValueError
def product(it, start):
    for x in it:
        start = start * x
    return start
";

/// The compiled prelude.
pub(super) struct Compiled {
    /// Its functions, in order; they follow its module in the numbering.
    pub(super) codes: Vec<Code>,
    pub(super) constants: Vec<Val>,
}

static COMPILED: LazyLock<Compiled> = LazyLock::new(|| {
    let layout = Layout { prelude: true, ..Layout::default() };
    let program = syntax::parse(SOURCE).and_then(|tree| compile(&tree, layout));
    match program {
        Ok(program) => Compiled {
            codes: program.codes,
            constants: program
                .constants
                .into_iter()
                .map(|constant| match constant {
                    Constant::Val(val) => val,
                    Constant::Text(_) | Constant::Big(_) => Val::None,
                })
                .collect(),
        },
        Err(error) => unreachable!("the prelude is a program: {error}"),
    }
});

pub(super) fn compiled() -> &'static Compiled {
    &COMPILED
}

/// Where the constants and functions of a program begin.
pub(crate) fn layout() -> Layout {
    Layout { constants: COMPILED.constants.len(), codes: COMPILED.codes.len(), prelude: false }
}

impl Prelude {
    /// The number of its code: the prelude's module comes first.
    pub(super) fn code(self) -> u32 {
        self as u32 + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_of_the_prelude_has_its_code() {
        assert_eq!(compiled().codes.len(), Prelude::Product as usize + 2);
        assert_eq!(compiled().codes[Prelude::Product.code() as usize].positional, 2);
        assert_eq!(compiled().codes[Prelude::GreatestBy.code() as usize].positional, 4);
        assert!(compiled().codes.iter().all(|code| code.hidden));
    }
}
