use super::SyntaxError;

/// A position in a .twl text.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Whether only white space and comments are left.
    pub(super) fn at_end(&mut self) -> bool {
        self.skip_space();
        self.at == self.text.len()
    }

    /// Moves past `token` if it comes next.
    pub(super) fn eat(&mut self, token: &str) -> bool {
        self.skip_space();
        let Some(rest) = self.rest().strip_prefix(token) else { return false };
        // A keyword ends where its word ends: `types` does not begin with `type`.
        let cut_short = token.ends_with(is_word) && rest.starts_with(is_word);
        if !cut_short {
            self.at += token.len();
        }
        !cut_short
    }

    /// Moves past `token`, which must come next.
    pub(super) fn expect(&mut self, token: &'static str) -> Result<(), SyntaxError> {
        if self.eat(token) { Ok(()) } else { Err(self.error(token)) }
    }

    /// The longest stretch of characters of which `belongs` holds; not empty.
    pub(super) fn word(
        &mut self,
        what: &'static str,
        belongs: impl Fn(char) -> bool,
    ) -> Result<&'a str, SyntaxError> {
        self.skip_space();
        let rest = self.rest();
        let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
        if end == 0 {
            return Err(self.error(what));
        }
        self.at += end;
        Ok(&rest[..end])
    }

    /// What stands between `quote` and the next `quote`.
    pub(super) fn quoted(&mut self, quote: &'static str) -> Result<&'a str, SyntaxError> {
        self.expect(quote)?;
        let rest = self.rest();
        let end = rest.find(quote).ok_or_else(|| self.error("a closing quote"))?;
        self.at += end + quote.len();
        Ok(&rest[..end])
    }

    /// An error at the current position.
    pub(super) fn error(&self, expected: &str) -> SyntaxError {
        let before = &self.text[..self.at];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let found: String = self.rest().chars().take_while(|c| *c != '\n').take(24).collect();
        SyntaxError {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            expected: expected.to_owned(),
            found: if found.is_empty() { "the end of the line".to_owned() } else { format!("`{found}`") },
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Moves past white space and comments, which go from `#` to the end of the line.
    fn skip_space(&mut self) {
        loop {
            let rest = self.rest().trim_start();
            self.at = self.text.len() - rest.len();
            if !rest.starts_with('#') {
                return;
            }
            self.at += rest.find('\n').unwrap_or(rest.len());
        }
    }
}

/// A letter, digit or underscore.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
