//! Handles to the values of a running program.

use crate::ExceptionClass;

/// A value: immediate, or a handle to the heap. 16 bytes, freely copied.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Val {
    /// No value: an unbound variable, a missing argument.
    Unbound,
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// A string of at most [`Short::MAX`] bytes; longer ones lie on the heap, shorter ones never.
    Short(Short),
    Obj(Ref),
    Builtin(Builtin),
    Type(Type),
    Class(ExceptionClass),
    /// A method of a type, without receiver.
    MethodOf(Type, Method),
    Module(Module),
    Math(super::math::Function),
    /// A name of `typing`: it exists, and nothing may be done with it.
    Opaque,
}

const _: () = assert!(std::mem::size_of::<Val>() == 16);

/// The place of an object on the heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ref(pub(crate) u32);

/// A short string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Short {
    len: u8,
    bytes: [u8; Self::MAX],
}

impl Short {
    pub(crate) const MAX: usize = 14;

    pub(crate) fn new(text: &str) -> Option<Self> {
        let mut bytes = [0; Self::MAX];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self { len: text.len() as u8, bytes })
    }

    pub(crate) fn of(c: char) -> Self {
        let mut bytes = [0; Self::MAX];
        let len = c.encode_utf8(&mut bytes).len() as u8;
        Self { len, bytes }
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or("")
    }
}

/// A module that may be imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Module {
    Math,
    Typing,
}

macro_rules! named {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(clippy::enum_variant_names, reason = "the type of types is called type")]
        pub(crate) enum $name { $($variant),* }

        impl $name {
            pub(crate) fn parse(name: &str) -> Option<Self> {
                match name { $($text => Some(Self::$variant),)* _ => None }
            }

            #[allow(dead_code, reason = "not every table of names is written back")]
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }
    };
}
pub(crate) use named;

named!(
    /// A built-in function. Those with `$` are for the prelude alone.
    Builtin {
        Abs = "abs", All = "all", Any = "any", Bin = "bin", Chr = "chr",
        Divmod = "divmod", Hex = "hex", IsInstance = "isinstance",
        Iter = "iter", Len = "len", Max = "max", Min = "min", Next = "next", Oct = "oct", Ord = "ord",
        Pow = "pow", Print = "print", Repr = "repr", Round = "round", Sorted = "sorted",
        Sum = "sum",
        Same = "_same", SortPairs = "_sort_pairs", Freeze = "_freeze", PutPair = "_put_pair",
    }
);

named!(
    /// A type.
    Type {
        NoneType = "NoneType", Bool = "bool", Int = "int", Float = "float", Str = "str", List = "list",
        Tuple = "tuple", Dict = "dict", Set = "set", FrozenSet = "frozenset", Range = "range",
        Zip = "zip", Map = "map", Filter = "filter", Enumerate = "enumerate", Reversed = "reversed",
        Type = "type", Function = "function", Builtin = "builtin_function_or_method", Module = "module",
        Iterator = "iterator", Generator = "generator", DictKeys = "dict_keys",
        DictValues = "dict_values", DictItems = "dict_items", Exception = "exception",
    }
);

named!(
    /// A method, by name; what it does depends on the receiver.
    Method {
        Add = "add", Append = "append", AsIntegerRatio = "as_integer_ratio", BitCount = "bit_count",
        BitLength = "bit_length", Capitalize = "capitalize", Casefold = "casefold", Center = "center",
        Clear = "clear", Conjugate = "conjugate", Copy = "copy", Count = "count", Difference = "difference",
        DifferenceUpdate = "difference_update", Discard = "discard", EndsWith = "endswith",
        ExpandTabs = "expandtabs", Extend = "extend", Find = "find", Format = "format",
        FromKeys = "fromkeys", Get = "get", Index = "index", Insert = "insert",
        Intersection = "intersection", IntersectionUpdate = "intersection_update", IsAlnum = "isalnum",
        IsAlpha = "isalpha", IsAscii = "isascii", IsDecimal = "isdecimal", IsDigit = "isdigit",
        IsDisjoint = "isdisjoint", IsIdentifier = "isidentifier", IsInteger = "is_integer",
        IsLower = "islower", IsNumeric = "isnumeric", IsPrintable = "isprintable", IsSpace = "isspace",
        IsSubset = "issubset", IsSuperset = "issuperset", IsTitle = "istitle", IsUpper = "isupper",
        Items = "items", Join = "join", Keys = "keys", Ljust = "ljust", Lower = "lower",
        Lstrip = "lstrip", Partition = "partition", Pop = "pop", PopItem = "popitem", Remove = "remove",
        RemovePrefix = "removeprefix", RemoveSuffix = "removesuffix", Replace = "replace",
        Reverse = "reverse", Rfind = "rfind", Rindex = "rindex", Rjust = "rjust",
        Rpartition = "rpartition", Rsplit = "rsplit", Rstrip = "rstrip", SetDefault = "setdefault",
        Sort = "sort", Split = "split", SplitLines = "splitlines", StartsWith = "startswith",
        Strip = "strip", SwapCase = "swapcase", SymmetricDifference = "symmetric_difference",
        SymmetricDifferenceUpdate = "symmetric_difference_update", Title = "title", Union = "union",
        Update = "update", Upper = "upper", Values = "values", Zfill = "zfill",
    }
);

impl Type {
    /// Types that have a name among the built-ins.
    pub(crate) fn global(name: &str) -> Option<Self> {
        Self::parse(name).filter(|found| {
            matches!(
                found,
                Self::Bool
                    | Self::Int
                    | Self::Float
                    | Self::Str
                    | Self::List
                    | Self::Tuple
                    | Self::Dict
                    | Self::Set
                    | Self::FrozenSet
                    | Self::Range
                    | Self::Zip
                    | Self::Map
                    | Self::Filter
                    | Self::Enumerate
                    | Self::Reversed
                    | Self::Type
            )
        })
    }

    /// Whether the type has a method that MiniPy runs.
    pub(crate) fn has(self, method: Method) -> bool {
        use Method as M;
        match self {
            Self::Str => matches!(
                method,
                M::Capitalize
                    | M::Casefold
                    | M::Center
                    | M::Count
                    | M::EndsWith
                    | M::ExpandTabs
                    | M::Find
                    | M::Format
                    | M::Index
                    | M::IsAlnum
                    | M::IsAlpha
                    | M::IsAscii
                    | M::IsDecimal
                    | M::IsDigit
                    | M::IsIdentifier
                    | M::IsLower
                    | M::IsNumeric
                    | M::IsPrintable
                    | M::IsSpace
                    | M::IsTitle
                    | M::IsUpper
                    | M::Join
                    | M::Ljust
                    | M::Lower
                    | M::Lstrip
                    | M::Partition
                    | M::RemovePrefix
                    | M::RemoveSuffix
                    | M::Replace
                    | M::Rfind
                    | M::Rindex
                    | M::Rjust
                    | M::Rpartition
                    | M::Rsplit
                    | M::Rstrip
                    | M::Split
                    | M::SplitLines
                    | M::StartsWith
                    | M::Strip
                    | M::SwapCase
                    | M::Title
                    | M::Upper
                    | M::Zfill
            ),
            Self::List => matches!(
                method,
                M::Append
                    | M::Clear
                    | M::Copy
                    | M::Count
                    | M::Extend
                    | M::Index
                    | M::Insert
                    | M::Pop
                    | M::Remove
                    | M::Reverse
                    | M::Sort
            ),
            Self::Tuple | Self::Range => matches!(method, M::Count | M::Index),
            Self::Dict => matches!(
                method,
                M::Clear
                    | M::Copy
                    | M::FromKeys
                    | M::Get
                    | M::Items
                    | M::Keys
                    | M::Pop
                    | M::PopItem
                    | M::SetDefault
                    | M::Update
                    | M::Values
            ),
            Self::Set => {
                Self::FrozenSet.has(method)
                    || matches!(
                        method,
                        M::Add
                            | M::Clear
                            | M::DifferenceUpdate
                            | M::Discard
                            | M::IntersectionUpdate
                            | M::Pop
                            | M::Remove
                            | M::SymmetricDifferenceUpdate
                            | M::Update
                    )
            }
            Self::FrozenSet => matches!(
                method,
                M::Copy
                    | M::Difference
                    | M::Intersection
                    | M::IsDisjoint
                    | M::IsSubset
                    | M::IsSuperset
                    | M::SymmetricDifference
                    | M::Union
            ),
            Self::Int | Self::Bool => {
                matches!(method, M::BitCount | M::BitLength | M::Conjugate | M::AsIntegerRatio)
            }
            Self::Float => matches!(method, M::IsInteger | M::Conjugate | M::AsIntegerRatio),
            _ => false,
        }
    }

    /// Whether CPython's type has the attribute though MiniPy does not run it.
    pub(crate) fn has_elsewhere(self, name: &str) -> bool {
        match self {
            Self::Str => matches!(name, "encode" | "format_map" | "maketrans" | "translate"),
            Self::Int | Self::Bool => matches!(
                name,
                "denominator" | "from_bytes" | "imag" | "numerator" | "real" | "to_bytes" | "is_integer"
            ),
            Self::Float => matches!(name, "fromhex" | "hex" | "imag" | "real"),
            Self::Range => matches!(name, "start" | "stop" | "step"),
            Self::DictKeys | Self::DictItems => matches!(name, "isdisjoint" | "mapping"),
            Self::DictValues => name == "mapping",
            Self::NoneType | Self::List | Self::Tuple | Self::Dict | Self::Set | Self::FrozenSet => false,
            _ => true,
        }
    }
}

/// Names among CPython's built-ins that MiniPy does not have.
pub(crate) fn is_foreign_builtin(name: &str) -> bool {
    matches!(
        name,
        "BaseException"
            | "BaseExceptionGroup"
            | "Ellipsis"
            | "ExceptionGroup"
            | "GeneratorExit"
            | "KeyboardInterrupt"
            | "NotImplemented"
            | "SystemExit"
            | "aiter"
            | "anext"
            | "ascii"
            | "breakpoint"
            | "bytearray"
            | "bytes"
            | "callable"
            | "classmethod"
            | "compile"
            | "complex"
            | "copyright"
            | "credits"
            | "delattr"
            | "dir"
            | "eval"
            | "exec"
            | "exit"
            | "format"
            | "getattr"
            | "globals"
            | "hasattr"
            | "hash"
            | "help"
            | "id"
            | "input"
            | "issubclass"
            | "license"
            | "locals"
            | "memoryview"
            | "object"
            | "open"
            | "property"
            | "quit"
            | "setattr"
            | "slice"
            | "staticmethod"
            | "super"
            | "vars"
    )
}
