//! Random MiniPy programs, well typed by construction: for the differential test, for warm starts, and as tasks (a program and
//! inputs give expected outputs).

mod expressions;
mod statements;
#[cfg(test)]
mod tests;

use milepost_core::Stream;

use crate::{Source, Value};
use statements::Writer;

/// Types of generated values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GeneratedType {
    /// `int`
    Int,
    /// `bool`
    Bool,
    /// `str`, of ASCII characters
    Str,
    /// `list` of `int`
    List,
}

impl GeneratedType {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Int, Self::Bool, Self::Str, Self::List];
}

/// A generated program: the function `f` of arguments of these types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedProgram {
    /// Its text.
    pub source: Source,
    /// What it takes.
    pub arguments: Vec<GeneratedType>,
    /// What it returns, where it does not raise an exception.
    pub returns: GeneratedType,
}

impl GeneratedProgram {
    /// The function's name.
    pub const ENTRY: &'static str = "f";
}

/// A random program of about `size` statements, by type-directed expansion.
///
/// It never raises `TypeError`, `NameError` or `AttributeError`; it may divide by zero or look beyond the end of a list. Its
/// loops are bounded, so that it ends soon; integers may still outgrow their limit.
pub fn random_program(
    size: usize,
    arguments: &[GeneratedType],
    returns: GeneratedType,
    stream: &mut Stream,
) -> GeneratedProgram {
    let text = Writer::new(arguments, stream).function(size, returns);
    GeneratedProgram { source: Source::from(text), arguments: arguments.to_vec(), returns }
}

/// Random arguments of these types: small numbers, short texts and lists, empty ones among them.
pub fn random_arguments(types: &[GeneratedType], stream: &mut Stream) -> Vec<Value> {
    types.iter().map(|ty| random_value(*ty, stream)).collect()
}

fn random_value(ty: GeneratedType, stream: &mut Stream) -> Value {
    let int = |stream: &mut Stream| stream.below(40) as i64 - 12;
    match ty {
        GeneratedType::Int => Value::int(int(stream)),
        GeneratedType::Bool => Value::Bool(stream.below(2) == 1),
        GeneratedType::Str => {
            let letters = b"abcABC 0123xyz";
            let length = stream.below(7);
            let text: String = (0..length)
                .map(|_| char::from(letters[stream.below(letters.len() as u64) as usize]))
                .collect();
            Value::str(&text)
        }
        GeneratedType::List => Value::List((0..stream.below(6)).map(|_| Value::int(int(stream))).collect()),
    }
}
