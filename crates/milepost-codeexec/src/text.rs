//! Text as Python writes it.

/// `repr` of a string: single quotes unless the text has some and no double ones.
///
/// Characters are escaped that are not printable; whether one outside ASCII is, see [`is_printable`].
#[must_use]
pub fn str_repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    format!("{quote}{}{quote}", escape(text, quote))
}

/// `repr` of bytes.
#[must_use]
pub fn bytes_repr(bytes: &[u8]) -> String {
    let quote = if bytes.contains(&b'\'') && !bytes.contains(&b'"') { b'"' } else { b'\'' };
    let mut out = format!("b{}", char::from(quote));
    for &byte in bytes {
        match byte {
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            _ if byte == quote => out.extend(['\\', char::from(byte)]),
            b' '..=b'~' => out.push(char::from(byte)),
            _ => push_escape(&mut out, char::from(byte)),
        }
    }
    out.push(char::from(quote));
    out
}

/// The text with the escapes that it needs between `quote`s.
pub(crate) fn escape(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if c == quote => out.extend(['\\', c]),
            _ if is_printable(c) => out.push(c),
            _ => push_escape(&mut out, c),
        }
    }
    out
}

/// `ascii` of a value from its `repr`: everything outside ASCII escaped.
pub(crate) fn str_ascii_of_repr(repr: &str) -> String {
    let mut out = String::with_capacity(repr.len());
    for c in repr.chars() {
        if c.is_ascii() { out.push(c) } else { push_escape(&mut out, c) }
    }
    out
}

fn push_escape(out: &mut String, c: char) {
    let code = c as u32;
    let escape = match code {
        0..=0xff => format!("\\x{code:02x}"),
        0x100..=0xffff => format!("\\u{code:04x}"),
        _ => format!("\\U{code:08x}"),
    };
    out.push_str(&escape);
}

/// Whether Python prints the character as itself. Exact below U+0370 and for the characters of
/// [`is_known`]; beyond those the answer is that of Rust's `Debug`, of a later Unicode than Python's.
#[must_use]
pub fn is_printable(c: char) -> bool {
    match c {
        ' '..='~' => true,
        '\0'..='\u{a0}' | '\u{ad}' => false,
        _ => c.escape_debug().len() == 1 || is_mark(c),
    }
}

/// Combining marks, which Rust escapes and Python prints.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}')
}

/// Whether the character's class and case are the same in every version of Unicode that a Python ≥ 3.9 or
/// Rust ships: ASCII, Latin, Greek and Cyrillic letters. What MiniPy does by class is refused for others.
#[must_use]
pub fn is_known(c: char) -> bool {
    matches!(c, '\0'..='\u{24f}' | '\u{391}'..='\u{3a1}' | '\u{3a3}'..='\u{3ce}' | '\u{400}'..='\u{481}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repr_is_pythons() {
        assert_eq!(str_repr("it's"), "\"it's\"");
        assert_eq!(str_repr("'\""), "'\\'\"'");
        assert_eq!(str_repr("a\n\x00\x7fé\u{a0}\u{ad}"), "'a\\n\\x00\\x7fé\\xa0\\xad'");
        assert_eq!(str_ascii_of_repr("'é€😀'"), "'\\xe9\\u20ac\\U0001f600'");
        assert_eq!(bytes_repr(b"a'\xff\n"), "b\"a'\\xff\\n\"");
    }
}
