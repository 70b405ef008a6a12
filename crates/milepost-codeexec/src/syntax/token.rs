//! Tokens.

/// A token and the line on which it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token<'s> {
    pub(super) line: u32,
    pub(super) kind: Tok<'s>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Tok<'s> {
    Name(&'s str),
    Key(Key),
    /// An integer literal as written.
    Int(&'s str),
    Float(f64),
    Str(StrTok<'s>),
    Op(Sym),
    Newline,
    Indent,
    Dedent,
    End,
}

/// A string literal: its prefix and what stands between the quotes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct StrTok<'s> {
    pub(super) raw: bool,
    pub(super) bytes: bool,
    pub(super) format: bool,
    pub(super) body: &'s str,
}

impl StrTok<'_> {
    /// As it is written, in single quotation marks.
    pub(super) fn text(&self) -> String {
        let mark = |set, letter| if set { letter } else { "" };
        let (raw, bytes, format) = (mark(self.raw, "r"), mark(self.bytes, "b"), mark(self.format, "f"));
        format!("{bytes}{format}{raw}'{}'", self.body)
    }
}

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $name { $($variant),* }

        impl $name {
            pub(super) fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)* _ => None }
            }

            pub(super) fn text(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
        }
    };
}

words!(
    /// The keywords of Python.
    Key {
        False = "False", None = "None", True = "True", And = "and", As = "as", Assert = "assert",
        Async = "async", Await = "await", Break = "break", Class = "class", Continue = "continue",
        Def = "def", Del = "del", Elif = "elif", Else = "else", Except = "except", Finally = "finally",
        For = "for", From = "from", Global = "global", If = "if", Import = "import", In = "in", Is = "is",
        Lambda = "lambda", Nonlocal = "nonlocal", Not = "not", Or = "or", Pass = "pass", Raise = "raise",
        Return = "return", Try = "try", While = "while", With = "with", Yield = "yield",
    }
);

words!(
    /// Operators and delimiters.
    Sym {
        LeftParen = "(", RightParen = ")", LeftBracket = "[", RightBracket = "]", LeftBrace = "{",
        RightBrace = "}", Comma = ",", Colon = ":", Semicolon = ";", Dot = ".", Ellipsis = "...",
        Arrow = "->", Walrus = ":=", At = "@", Assign = "=", Plus = "+", Minus = "-", Star = "*",
        Slash = "/", DoubleSlash = "//", Percent = "%", DoubleStar = "**", Less = "<", LessEqual = "<=",
        Greater = ">", GreaterEqual = ">=", Equal = "==", NotEqual = "!=", ShiftLeft = "<<",
        ShiftRight = ">>", Amper = "&", Bar = "|", Caret = "^", Tilde = "~", PlusAssign = "+=",
        MinusAssign = "-=", StarAssign = "*=", SlashAssign = "/=", DoubleSlashAssign = "//=",
        PercentAssign = "%=", DoubleStarAssign = "**=", ShiftLeftAssign = "<<=",
        ShiftRightAssign = ">>=", AmperAssign = "&=", BarAssign = "|=", CaretAssign = "^=",
        AtAssign = "@=",
    }
);

impl std::fmt::Display for Tok<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Tok::Name(name) => write!(f, "`{name}`"),
            Tok::Key(key) => write!(f, "`{}`", key.text()),
            Tok::Op(sym) => write!(f, "`{}`", sym.text()),
            Tok::Int(text) => write!(f, "`{text}`"),
            Tok::Float(value) => write!(f, "`{value}`"),
            Tok::Str(_) => f.write_str("a string"),
            Tok::Newline => f.write_str("the end of the line"),
            Tok::Indent => f.write_str("an indented line"),
            Tok::Dedent => f.write_str("the end of the block"),
            Tok::End => f.write_str("the end of the program"),
        }
    }
}
