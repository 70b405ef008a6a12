use crate::code_dsl::Words;
use crate::pipeline::{Data, Token};

/// Values of a list that can be answered.
const ITEMS: usize = 6;
/// Tokens of a number, its sign included.
const NUMBER: usize = 3;
/// The most tokens of a value.
pub(super) const MAX_VALUE: usize = 2 + ITEMS * NUMBER + (ITEMS - 1);

/// What may be read next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// A number or an opening bracket.
    Start,
    /// A number or, at once, the closing bracket.
    FirstItem,
    /// A number.
    Item,
    /// A digit after a sign: no zero.
    Digit,
    /// Another digit, or what follows a number. Whether a digit may follow depends on the number.
    MoreDigits,
    /// Nothing: the value is whole.
    Nothing,
}

/// Reads a value: a number from −99 to 999, or up to six of them in brackets, without zeros in front.
#[derive(Debug, Clone)]
pub(super) struct AnswerReader {
    next: Next,
    /// Whether a bracket was opened.
    list: bool,
    items: Vec<i64>,
    negative: bool,
    number: i64,
    tokens: usize,
}

impl AnswerReader {
    pub(super) const fn new() -> Self {
        let items = Vec::new();
        Self { next: Next::Start, list: false, items, negative: false, number: 0, tokens: 0 }
    }

    /// Reads one token; `None` if it may not stand here.
    pub(super) fn push(&mut self, id: u32) -> Option<()> {
        match (self.next, id) {
            (Next::Start, Words::OPEN) => {
                self.list = true;
                self.next = Next::FirstItem;
            }
            (Next::FirstItem, Words::CLOSE) => self.next = Next::Nothing,
            (Next::Start | Next::FirstItem | Next::Item, Words::MINUS) => {
                (self.negative, self.number, self.tokens) = (true, 0, 1);
                self.next = Next::Digit;
            }
            (Next::Start | Next::FirstItem | Next::Item, _) => {
                (self.negative, self.number, self.tokens) = (false, i64::from(Words::digit(id)?), 1);
                self.next = Next::MoreDigits;
            }
            (Next::Digit, _) => {
                self.add(Words::digit(id).filter(|digit| *digit > 0)?);
                self.next = Next::MoreDigits;
            }
            (Next::MoreDigits, Words::COMMA) if self.list && self.items.len() + 1 < ITEMS => {
                self.end_item();
                self.next = Next::Item;
            }
            (Next::MoreDigits, Words::CLOSE) if self.list => {
                self.end_item();
                self.next = Next::Nothing;
            }
            (Next::MoreDigits, _) if self.takes_digits() => self.add(Words::digit(id)?),
            (Next::MoreDigits | Next::Nothing, _) => return None,
        }
        Some(())
    }

    fn takes_digits(&self) -> bool {
        self.number > 0 && self.tokens < NUMBER
    }

    fn add(&mut self, digit: u8) {
        self.number = self.number * 10 + i64::from(digit);
        self.tokens += 1;
    }

    fn end_item(&mut self) {
        self.items.push(self.value());
    }

    const fn value(&self) -> i64 {
        if self.negative { -self.number } else { self.number }
    }

    /// Appends what may be read next. `true` if the value may end here.
    pub(super) fn allowed(&self, into: &mut Vec<u32>) -> bool {
        let digits = |from: u8| (from..10).map(|digit| Words::token(Token::Digit(digit)));
        match self.next {
            Next::Start => {
                into.extend(digits(0));
                into.extend([Words::OPEN, Words::MINUS]);
            }
            Next::FirstItem => {
                into.extend(digits(0));
                into.extend([Words::CLOSE, Words::MINUS]);
            }
            Next::Item => {
                into.extend(digits(0));
                into.push(Words::MINUS);
            }
            Next::Digit => into.extend(digits(1)),
            Next::MoreDigits => {
                if self.takes_digits() {
                    into.extend(digits(0));
                }
                if self.list {
                    into.push(Words::CLOSE);
                    into.extend((self.items.len() + 1 < ITEMS).then_some(Words::COMMA));
                }
                return !self.list;
            }
            Next::Nothing => return true,
        }
        false
    }

    /// The value, if it is whole.
    pub(super) fn finish(self) -> Option<Data> {
        match (self.next, self.list) {
            (Next::MoreDigits, false) => Some(Data::Int(self.value())),
            (Next::Nothing, _) => Some(Data::List(self.items)),
            _ => None,
        }
    }
}
