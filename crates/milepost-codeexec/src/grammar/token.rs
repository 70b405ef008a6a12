use std::fmt;

/// A piece of a MiniPy program: a keyword, an operator, a name, a digit, the begin of a block.
///
/// There are finitely many; a token is its number below [`Token::COUNT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token(u8);

/// Classes of tokens, by the names that the grammar's text gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Newline,
    Indent,
    Dedent,
    /// Keywords, brackets and separators: the grammar names them one by one.
    Word,
    Augmented,
    Compare,
    Binary,
    Keyword,
    Name,
    Builtin,
    Exception,
    Method,
    Digit,
    String,
}

/// The tokens, by class; their order is that of their numbers.
const PIECES: [(Class, &[&str]); 14] = [
    (Class::Newline, &["NEWLINE"]),
    (Class::Indent, &["INDENT"]),
    (Class::Dedent, &["DEDENT"]),
    (
        Class::Word,
        &[
            "def", "return", "if", "elif", "else", "while", "for", "in", "break", "continue", "pass", "try",
            "except", "as", "finally", "raise", "assert", "del", "lambda", "and", "or", "not", "None",
            "True", "False", "(", ")", "[", "]", "{", "}", ",", ":", "=", "-", "*", "**", "~",
        ],
    ),
    (Class::Augmented, &["+=", "-=", "*=", "/=", "//=", "%=", "**=", "&=", "|=", "^=", "<<=", ">>="]),
    (Class::Compare, &["<", "<=", ">", ">=", "==", "!=", "not in", "is", "is not"]),
    (Class::Binary, &["+", "/", "//", "%", "&", "|", "^", "<<", ">>"]),
    (Class::Keyword, &["key=", "reverse=", "default=", "start=", "sep=", "end="]),
    (
        Class::Name,
        &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "n", "s", "x", "y", "z", "xs", "ys"],
    ),
    (
        Class::Builtin,
        &[
            "abs",
            "all",
            "any",
            "bin",
            "bool",
            "chr",
            "dict",
            "divmod",
            "enumerate",
            "filter",
            "float",
            "frozenset",
            "hex",
            "int",
            "isinstance",
            "iter",
            "len",
            "list",
            "map",
            "max",
            "min",
            "next",
            "oct",
            "ord",
            "pow",
            "print",
            "range",
            "repr",
            "reversed",
            "round",
            "set",
            "sorted",
            "str",
            "sum",
            "tuple",
            "type",
            "zip",
        ],
    ),
    (
        Class::Exception,
        &["Exception", "ValueError", "TypeError", "IndexError", "KeyError", "ZeroDivisionError"],
    ),
    (
        Class::Method,
        &[
            ".append",
            ".insert",
            ".extend",
            ".pop",
            ".remove",
            ".sort",
            ".reverse",
            ".index",
            ".count",
            ".copy",
            ".join",
            ".split",
            ".strip",
            ".replace",
            ".find",
            ".upper",
            ".lower",
            ".isdigit",
            ".isalpha",
            ".isupper",
            ".islower",
            ".startswith",
            ".endswith",
            ".get",
            ".items",
            ".keys",
            ".values",
            ".add",
            ".update",
        ],
    ),
    (Class::Digit, &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]),
    (Class::String, &["''", "' '", "','", "'a'", "'bc'", "'x y'", "'Z0'"]),
];

impl Token {
    /// How many there are.
    pub const COUNT: usize = {
        let (mut count, mut at) = (0, 0);
        while at < PIECES.len() {
            count += PIECES[at].1.len();
            at += 1;
        }
        count
    };

    /// All of them, in the order of [`Token::index`].
    pub fn all() -> impl DoubleEndedIterator<Item = Self> {
        (0..Self::COUNT as u8).map(Self)
    }

    /// Its number, below [`Token::COUNT`].
    #[must_use]
    pub const fn index(self) -> usize {
        self.0 as usize
    }

    /// The token of a number.
    #[must_use]
    pub fn from_index(index: usize) -> Option<Self> {
        (index < Self::COUNT).then_some(Self(index as u8))
    }

    /// The token that is written so.
    #[must_use]
    pub fn named(text: &str) -> Option<Self> {
        Self::all().find(|token| token.text() == text)
    }

    /// How it is written; `NEWLINE`, `INDENT` and `DEDENT` for the ends of lines and blocks.
    #[must_use]
    pub fn text(self) -> &'static str {
        self.piece().1
    }

    pub(super) fn class(self) -> Class {
        self.piece().0
    }

    /// The tokens of a class.
    pub(super) fn of(class: Class) -> impl Iterator<Item = Self> {
        Self::all().filter(move |token| token.class() == class)
    }

    fn piece(self) -> (Class, &'static str) {
        let mut left = self.index();
        for (class, texts) in PIECES {
            match texts.get(left) {
                Some(text) => return (class, text),
                None => left -= texts.len(),
            }
        }
        unreachable!("a token's number is below the count")
    }
}

/// As it is written.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Some of the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct TokenSet([u64; 4]);

const _: () = assert!(Token::COUNT <= 256, "a set has 256 bits, a token's number 8");

impl TokenSet {
    pub(super) fn insert(&mut self, token: Token) {
        self.0[token.index() / 64] |= 1 << (token.index() % 64);
    }

    pub(super) fn contains(&self, token: Token) -> bool {
        self.0[token.index() / 64] >> (token.index() % 64) & 1 == 1
    }

    pub(super) fn union(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] | other.0[word]))
    }

    pub(super) fn without(self, other: Self) -> Self {
        Self(std::array::from_fn(|word| self.0[word] & !other.0[word]))
    }

    pub(super) fn is_empty(self) -> bool {
        self == Self::default()
    }
}

impl FromIterator<Token> for TokenSet {
    fn from_iter<I: IntoIterator<Item = Token>>(tokens: I) -> Self {
        let mut set = Self::default();
        tokens.into_iter().for_each(|token| set.insert(token));
        set
    }
}
