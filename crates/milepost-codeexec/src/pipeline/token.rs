use super::OpKind;

/// The most tokens of a pipeline.
pub const MAX_TOKENS: usize = 14;

/// What pipelines are written in: 17 operations, the bar, ten digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Token {
    /// The name of an operation.
    Op(OpKind),
    /// `|`, between operations.
    Bar,
    /// A digit of a constant, below 10.
    Digit(u8),
}

impl Token {
    /// How many there are.
    pub const COUNT: usize = OpKind::ALL.len() + 1 + 10;

    /// All of them, in the order of [`Token::index`].
    pub fn all() -> impl Iterator<Item = Self> {
        OpKind::ALL.into_iter().map(Self::Op).chain([Self::Bar]).chain((0..10).map(Self::Digit))
    }

    /// Its number, below [`Token::COUNT`].
    #[must_use]
    pub const fn index(self) -> usize {
        match self {
            Self::Op(kind) => kind as usize,
            Self::Bar => OpKind::ALL.len(),
            Self::Digit(digit) => OpKind::ALL.len() + 1 + digit as usize,
        }
    }

    /// The token of a number.
    #[must_use]
    pub fn from_index(index: usize) -> Option<Self> {
        match index.checked_sub(OpKind::ALL.len()) {
            None => Some(Self::Op(OpKind::ALL[index])),
            Some(0) => Some(Self::Bar),
            Some(digit) if digit <= 10 => Some(Self::Digit(digit as u8 - 1)),
            Some(_) => None,
        }
    }

    /// How it is written.
    #[must_use]
    pub const fn text(self) -> &'static str {
        const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
        match self {
            Self::Op(kind) => kind.name(),
            Self::Bar => "|",
            Self::Digit(digit) => DIGITS[digit as usize],
        }
    }

    /// The tokens of a text: words set apart by white space, a number is its digits. `Err` names the word that is none.
    pub fn read(text: &str) -> Result<Vec<Self>, String> {
        let mut tokens = Vec::new();
        for word in text.split_whitespace() {
            if let Some(kind) = OpKind::named(word) {
                tokens.push(Self::Op(kind));
            } else if word == "|" {
                tokens.push(Self::Bar);
            } else if word.bytes().all(|byte| byte.is_ascii_digit()) {
                tokens.extend(word.bytes().map(|byte| Self::Digit(byte - b'0')));
            } else {
                return Err(word.to_owned());
            }
        }
        Ok(tokens)
    }
}
