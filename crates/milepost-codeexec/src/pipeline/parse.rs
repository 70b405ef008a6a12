use super::{MAX_TOKENS, Op, OpKind, Pipeline, Token};

/// Why tokens are no pipeline, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("token {at}: {fault}")]
pub struct ParseError {
    /// The token at which it shows, counted from 0; the number of tokens where something is missing at the end.
    pub at: usize,
    /// What is wrong.
    pub fault: ParseFault,
}

/// What is wrong with the tokens of a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ParseFault {
    /// An operation should stand here.
    #[error("an operation is needed here")]
    OperationNeeded,
    /// A constant should stand here.
    #[error("the operation before needs a constant")]
    ConstantNeeded,
    /// Nothing but a bar or the end may follow.
    #[error("a bar or the end is needed here")]
    BarNeeded,
    /// A constant of more than two digits, or with a zero in front.
    #[error("a constant is from 0 to 99, without a zero in front")]
    ConstantTooLong,
    /// More than [`MAX_TOKENS`] tokens.
    #[error("a pipeline has at most 14 tokens")]
    TooLong,
    /// Not a token of the language.
    #[error("not a token of pipelines")]
    Foreign,
}

/// What may stand next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    /// An operation.
    Operation,
    /// The first digit of its constant.
    Constant(OpKind),
    /// A second digit, a bar, or the end.
    Digit(OpKind, u8),
    /// A bar or the end.
    Bar,
}

/// Reads one token after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reader {
    pub(super) ops: Vec<Op>,
    pub(super) expect: Expect,
    pub(super) read: usize,
}

impl Reader {
    pub(super) const fn new() -> Self {
        Self { ops: Vec::new(), expect: Expect::Operation, read: 0 }
    }

    pub(super) fn push(&mut self, token: Token) -> Result<(), ParseError> {
        let fail = |fault| Err(ParseError { at: self.read, fault });
        if self.read == MAX_TOKENS {
            return fail(ParseFault::TooLong);
        }
        let (op, expect) = match (self.expect, token) {
            (Expect::Operation, Token::Op(kind)) => match Op::plain(kind) {
                Some(op) => (Some(op), Expect::Bar),
                None => (None, Expect::Constant(kind)),
            },
            (Expect::Operation, _) => return fail(ParseFault::OperationNeeded),
            (Expect::Constant(kind), Token::Digit(digit)) => (None, Expect::Digit(kind, digit)),
            (Expect::Constant(_), _) => return fail(ParseFault::ConstantNeeded),
            (Expect::Digit(_, 0) | Expect::Bar, Token::Digit(_)) => {
                let constant = !self.expect.is_after_plain(&self.ops);
                return fail(if constant { ParseFault::ConstantTooLong } else { ParseFault::BarNeeded });
            }
            (Expect::Digit(kind, tens), Token::Digit(units)) => {
                (Op::with(kind, u16::from(tens) * 10 + u16::from(units)), Expect::Bar)
            }
            (Expect::Digit(kind, digit), Token::Bar) => (Op::with(kind, u16::from(digit)), Expect::Operation),
            (Expect::Bar, Token::Bar) => (None, Expect::Operation),
            (Expect::Digit(..) | Expect::Bar, Token::Op(_)) => return fail(ParseFault::BarNeeded),
        };
        self.ops.extend(op);
        self.expect = expect;
        self.read += 1;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<Pipeline, ParseError> {
        match self.expect {
            Expect::Operation => Err(ParseError { at: self.read, fault: ParseFault::OperationNeeded }),
            Expect::Constant(_) => Err(ParseError { at: self.read, fault: ParseFault::ConstantNeeded }),
            Expect::Digit(kind, digit) => {
                self.ops.extend(Op::with(kind, u16::from(digit)));
                Ok(Pipeline::from_read(self.ops))
            }
            Expect::Bar => Ok(Pipeline::from_read(self.ops)),
        }
    }
}

impl Expect {
    /// Whether the last thing read is an operation without a constant.
    fn is_after_plain(self, ops: &[Op]) -> bool {
        self == Self::Bar && ops.last().is_some_and(|op| !op.kind().takes_constant())
    }
}
