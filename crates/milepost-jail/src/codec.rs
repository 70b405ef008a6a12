//! The wire format of plain values: a tag byte, then lengths as `u32` and numbers, little-endian.
//!
//! The other side of it is in `warm.py`. What comes back from there is untrusted: the reader bounds depth, nodes
//! and lengths by what is really there, and walks with a stack of its own.

use milepost_codeexec::{Integer, Value};
use num_bigint::{BigInt, Sign};

/// Why bytes are not the value of an honest harness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("it ends early")]
    Short,
    #[error("bytes follow it")]
    Trailing,
    #[error("an unknown tag")]
    Tag,
    #[error("text that is not UTF-8")]
    Text,
    #[error("more levels than allowed")]
    Depth,
    #[error("more nodes than allowed")]
    Nodes,
    #[error("a larger integer than allowed")]
    Bits,
}

/// What a value may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) depth: usize,
    pub(crate) nodes: u64,
    pub(crate) bits: u64,
}

fn put_length(length: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(&(length as u32).to_le_bytes());
}

fn put_all<'a>(tag: u8, items: impl ExactSizeIterator<Item = &'a Value>, out: &mut Vec<u8>) {
    out.push(tag);
    put_length(items.len(), out);
    items.for_each(|item| put(item, out));
}

/// Appends a value. Arguments are the host's own, so their depth is its caller's choice.
pub(crate) fn put(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::None => out.push(b'N'),
        Value::Bool(true) => out.push(b'T'),
        Value::Bool(false) => out.push(b'F'),
        Value::Int(Integer::Small(number)) => {
            out.push(b'i');
            out.extend_from_slice(&number.to_le_bytes());
        }
        Value::Int(Integer::Big(number)) => {
            let (sign, magnitude) = number.to_bytes_le();
            out.extend([b'I', u8::from(sign == Sign::Minus)]);
            put_bytes(&magnitude, out);
        }
        Value::Float(number) => {
            out.push(b'f');
            out.extend_from_slice(&number.to_le_bytes());
        }
        Value::Str(text) => {
            out.push(b's');
            put_bytes(text.as_bytes(), out);
        }
        Value::Bytes(bytes) => {
            out.push(b'b');
            put_bytes(bytes, out);
        }
        Value::List(items) => put_all(b'l', items.iter(), out),
        Value::Tuple(items) => put_tuple(items, out),
        Value::Set(items) => put_all(b'S', items.iter(), out),
        Value::FrozenSet(items) => put_all(b'Z', items.iter(), out),
        Value::Dict(pairs) => {
            out.push(b'd');
            put_length(pairs.len(), out);
            for (key, item) in pairs {
                put(key, out);
                put(item, out);
            }
        }
    }
}

/// Appends the tuple of these items.
pub(crate) fn put_tuple(items: &[Value], out: &mut Vec<u8>) {
    put_all(b't', items.iter(), out);
}

/// Appends a length and so many bytes.
pub(crate) fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_length(bytes.len(), out);
    out.extend_from_slice(bytes);
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (head, tail) = self.0.split_at_checked(count).ok_or(Malformed::Short)?;
        self.0 = tail;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.take(N)?.try_into().map_err(|_| Malformed::Short)
    }

    fn length(&mut self) -> Result<usize, Malformed> {
        Ok(u32::from_le_bytes(self.array()?) as usize)
    }

    fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.length()?;
        self.take(length)
    }
}

/// A container that is being filled.
struct Open {
    tag: u8,
    left: usize,
    items: Vec<Value>,
}

impl Open {
    fn close(self) -> Value {
        match self.tag {
            b'l' => Value::List(self.items),
            b't' => Value::Tuple(self.items),
            b'S' => Value::Set(self.items),
            b'Z' => Value::FrozenSet(self.items),
            _ => {
                let mut items = self.items.into_iter();
                let pairs = std::iter::from_fn(|| Some((items.next()?, items.next()?)));
                Value::Dict(pairs.collect())
            }
        }
    }
}

fn big_integer(negative: bool, magnitude: &[u8], bits: u64) -> Result<Value, Malformed> {
    let significant = magnitude.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
    let magnitude = &magnitude[..significant];
    let top = magnitude.last().map_or(0, |b| 8 - u64::from(b.leading_zeros()));
    if (magnitude.len() as u64).saturating_sub(1) * 8 + top > bits {
        return Err(Malformed::Bits);
    }
    let sign = if negative { Sign::Minus } else { Sign::Plus };
    Ok(Value::Int(BigInt::from_bytes_le(sign, magnitude).into()))
}

/// The value that the bytes are, all of them.
pub(crate) fn get(bytes: &[u8], bounds: Bounds) -> Result<Value, Malformed> {
    let mut reader = Reader(bytes);
    let mut open: Vec<Open> = Vec::new();
    let mut nodes = bounds.nodes;
    loop {
        nodes = nodes.checked_sub(1).ok_or(Malformed::Nodes)?;
        let tag = reader.array::<1>()?[0];
        let mut value = match tag {
            b'N' => Value::None,
            b'T' => Value::Bool(true),
            b'F' => Value::Bool(false),
            b'i' => Value::int(i64::from_le_bytes(reader.array()?)),
            b'f' => Value::Float(f64::from_le_bytes(reader.array()?)),
            b'I' => {
                let negative = reader.array::<1>()?[0] != 0;
                big_integer(negative, reader.bytes()?, bounds.bits)?
            }
            b's' => {
                let text = std::str::from_utf8(reader.bytes()?).map_err(|_| Malformed::Text)?;
                Value::Str(text.into())
            }
            b'b' => Value::Bytes(reader.bytes()?.into()),
            b'l' | b't' | b'S' | b'Z' | b'd' => {
                if open.len() >= bounds.depth {
                    return Err(Malformed::Depth);
                }
                let count = reader.length()?;
                let left = if tag == b'd' { 2 * count } else { count };
                // Every node takes at least a byte, so a count is checked before anything is reserved for it.
                if left > reader.0.len() {
                    return Err(Malformed::Short);
                }
                if left as u64 > nodes {
                    return Err(Malformed::Nodes);
                }
                let container = Open { tag, left, items: Vec::with_capacity(left.min(1024)) };
                if left > 0 {
                    open.push(container);
                    continue;
                }
                container.close()
            }
            _ => return Err(Malformed::Tag),
        };
        loop {
            let Some(top) = open.last_mut() else {
                return if reader.0.is_empty() { Ok(value) } else { Err(Malformed::Trailing) };
            };
            top.items.push(value);
            top.left -= 1;
            if top.left > 0 {
                break;
            }
            value = open.pop().map_or(Value::None, Open::close);
        }
    }
}

#[cfg(test)]
mod tests;
