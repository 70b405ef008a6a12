//! The values of literals.

use num_bigint::BigInt;

use super::ast::ExprKind;
use crate::Rejected;

/// The value of an integer literal in any base. It has been checked by the lexer.
pub(super) fn integer(text: &str, line: u32) -> Result<ExprKind, Rejected> {
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    let (radix, digits) = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        _ => (10, &digits[..]),
    };
    if let Ok(small) = i64::from_str_radix(digits, radix) {
        return Ok(ExprKind::Int(small));
    }
    if radix == 10 && digits.len() > 4300 {
        return Err(Rejected::syntax(line, "an integer literal of more than 4300 digits"));
    }
    BigInt::parse_bytes(digits.as_bytes(), radix)
        .map(|big| ExprKind::BigInt(Box::new(big)))
        .ok_or_else(|| Rejected::syntax(line, "a malformed integer"))
}

/// The text of a string literal's body.
pub(super) fn unescape(body: &str, raw: bool, line: u32) -> Result<String, Rejected> {
    if raw || !body.contains('\\') {
        return Ok(body.to_owned());
    }
    let mut text = String::with_capacity(body.len());
    let mut rest = body.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        let Some(escape) = rest.next() else { return Err(Rejected::syntax(line, "a string ends in `\\`")) };
        match escape {
            '\n' => {}
            'x' | 'u' | 'U' => {
                let length = [2, 4, 8][usize::from(escape == 'u') + 2 * usize::from(escape == 'U')];
                let digits = rest.as_str().get(..length).unwrap_or("");
                let hex = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
                let code = if hex { u32::from_str_radix(digits, 16).ok() } else { None };
                let Some(code) = code.filter(|code| *code <= 0x10_ffff) else {
                    return Err(Rejected::syntax(line, format!("a malformed `\\{escape}` escape")));
                };
                let Some(found) = char::from_u32(code) else {
                    return Err(Rejected::outside(line, "surrogates in strings"));
                };
                text.push(found);
                rest = rest.as_str()[length..].chars();
            }
            'N' => return Err(Rejected::outside(line, "named characters (`\\N{…}`)")),
            '0'..='7' => {
                let more = rest.as_str().bytes().take(2).take_while(|b| (b'0'..=b'7').contains(b)).count();
                let mut code = escape as u32 - 48;
                for digit in rest.by_ref().take(more) {
                    code = code * 8 + digit as u32 - 48;
                }
                text.push(char::from_u32(code).unwrap_or(' '));
            }
            _ => match simple(escape) {
                Some(known) => text.push(known),
                None => text.extend(['\\', escape]),
            },
        }
    }
    Ok(text)
}

fn simple(escape: char) -> Option<char> {
    Some(match escape {
        '\\' | '\'' | '"' => escape,
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        _ => return None,
    })
}

/// The bytes of a bytes literal's body.
pub(super) fn bytes(body: &str, raw: bool, line: u32) -> Result<Vec<u8>, Rejected> {
    if !body.is_ascii() {
        return Err(Rejected::syntax(line, "bytes literals are ASCII"));
    }
    // `\u`, `\U` and `\N` mean nothing in bytes.
    let masked;
    let mut source = body;
    if !raw && ["\\u", "\\U", "\\N"].iter().any(|escape| body.contains(escape)) {
        masked = mask(body);
        source = &masked;
    }
    let text = unescape(source, raw, line)?;
    text.chars()
        .map(|c| u8::try_from(c as u32).map_err(|_| Rejected::syntax(line, "an escape above `\\377`")))
        .collect()
}

fn mask(body: &str) -> String {
    let mut masked = String::new();
    let mut rest = body.chars();
    while let Some(c) = rest.next() {
        masked.push(c);
        if c == '\\' {
            match rest.next() {
                Some(escape @ ('u' | 'U' | 'N')) => masked.extend(['\\', escape]),
                Some(other) => masked.push(other),
                None => {}
            }
        }
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_pythons() {
        let text = |body: &str| unescape(body, false, 1).expect("well formed");
        assert_eq!(text(r"\n\t\x41\u00e9\101\0\'\d"), "\n\tA\u{e9}A\0'\\d");
        assert_eq!(text("a\\\nb"), "ab");
        assert!(unescape(r"\x4", false, 1).is_err());
        assert!(unescape(r"\ud800", false, 1).is_err());
        assert_eq!(unescape(r"\n", true, 1).as_deref(), Ok(r"\n"));
        assert_eq!(bytes(r"\xff\u\\", false, 1), Ok(b"\xff\\u\\".to_vec()));
    }
}
