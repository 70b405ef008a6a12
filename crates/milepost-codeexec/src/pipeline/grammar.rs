use super::parse::{Expect, Reader};
use super::{MAX_TOKENS, OpKind, Token, Type};

/// Which pipelines are drawn under a mask.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Grammar {
    /// Every text that parses.
    Syntax,
    /// Every text that parses and is well typed. A run can still fail: on `max` or `first` of an empty list, or at a
    /// limit.
    #[default]
    Typed,
}

/// What may follow a prefix of a pipeline.
pub type Next = crate::Next<Token>;

impl Grammar {
    /// What may follow `prefix` so that a pipeline of at most [`MAX_TOKENS`] tokens can still come of it; nothing where
    /// `prefix` itself is none of the grammar's.
    #[must_use]
    pub fn next(self, prefix: &[Token]) -> Next {
        let mut reader = Reader::new();
        if prefix.iter().any(|token| reader.push(*token).is_err()) {
            return Next::default();
        }
        let (flow, left) = (self.flow(&reader), MAX_TOKENS - reader.read);
        match reader.expect {
            _ if flow == Flow::Broken => Next::default(),
            Expect::Operation => Next { tokens: operations(flow, left).collect(), end: false },
            Expect::Constant(_) => Next { tokens: (0..10).map(Token::Digit).collect(), end: false },
            Expect::Digit(kind, digit) => {
                let flow = if self == Self::Typed { Flow::Of(kind.output()) } else { Flow::Any };
                let mut next = after(flow, left);
                if digit > 0 && left > 0 {
                    next.tokens.extend((0..10).map(Token::Digit));
                }
                next
            }
            Expect::Bar => after(flow, left),
        }
    }

    /// What the next operation gets.
    fn flow(self, reader: &Reader) -> Flow {
        if self == Self::Syntax {
            return Flow::Any;
        }
        let begun = match reader.expect {
            Expect::Constant(kind) | Expect::Digit(kind, _) => Some(kind),
            Expect::Operation | Expect::Bar => None,
        };
        let mut found = Type::List;
        for op in &reader.ops {
            if op.kind().input() != found {
                return Flow::Broken;
            }
            found = op.kind().output();
        }
        if begun.is_none_or(|kind| kind.input() == found) { Flow::Of(found) } else { Flow::Broken }
    }
}

/// What flows into the next operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// Types do not matter.
    Any,
    /// This.
    Of(Type),
    /// Some operation before gets what it does not take.
    Broken,
}

/// Operations that take what flows and fit into `left` tokens.
fn operations(flow: Flow, left: usize) -> impl Iterator<Item = Token> {
    let fits = move |kind: &OpKind| {
        let needed = if kind.takes_constant() { 2 } else { 1 };
        (flow == Flow::Any || flow == Flow::Of(kind.input())) && needed <= left
    };
    OpKind::ALL.into_iter().filter(fits).map(Token::Op)
}

/// A bar if an operation can follow it, and the end.
fn after(flow: Flow, left: usize) -> Next {
    let bar = left > 1 && operations(flow, left - 1).next().is_some();
    Next { tokens: bar.then_some(Token::Bar).into_iter().collect(), end: true }
}
