use super::rules::{Enters, Kind, Place, Production, RULES, Rules, Symbol};
use super::token::{Token, TokenSet};
use super::{Grammar, MAX_LEVELS, MAX_TOKENS};
use crate::Next;

/// A program as far as it has been read, token by token: what may follow, and how far the end is.
///
/// A push-down automaton over the productions of `minipy.grammar`, which look one token ahead.
#[derive(Debug, Clone)]
pub struct Reader {
    rules: &'static Rules,
    /// What is still to come, last first.
    stack: Vec<Item>,
    /// Names of the parameters of the function or lambda that was begun last.
    parameters: TokenSet,
    read: usize,
    limit: usize,
    /// The fewest tokens that are still to come.
    owed: usize,
}

#[derive(Debug, Clone, Copy)]
struct Item {
    symbol: Symbol,
    level: usize,
    place: Place,
}

impl Reader {
    pub(super) fn new(grammar: Grammar, limit: usize) -> Self {
        let rules = &*RULES;
        let symbol = Symbol { kind: Kind::Rule(rules.named(grammar.rule())), deeper: false, enters: None };
        Self {
            rules,
            stack: vec![Item { symbol, level: 0, place: Place::default() }],
            parameters: TokenSet::default(),
            read: 0,
            limit: limit.min(MAX_TOKENS),
            owed: rules.shortest(&symbol),
        }
    }

    /// The fewest tokens with which the program can be finished from here.
    #[must_use]
    pub fn owed(&self) -> usize {
        self.owed
    }

    /// Reads a token; whether the grammar allows it. Where it does not, nothing has been read.
    pub fn push(&mut self, token: Token) -> bool {
        let before = self.clone();
        let read = self.advance(token) && self.read + self.owed <= self.limit;
        if !read {
            *self = before;
        }
        read
    }

    /// What may follow so that the program can still be finished within the limit.
    #[must_use]
    pub fn next(&self) -> Next<Token> {
        let candidates = self.candidates();
        let allowed = |token: &Token| {
            let mut after = self.clone();
            candidates.contains(*token) && after.advance(*token) && after.read + after.owed <= after.limit
        };
        let end = self.owed == 0 && self.read <= self.limit;
        Next { tokens: Token::all().filter(allowed).collect(), end }
    }

    /// The tokens that could follow but for levels, places, parameters and the limit.
    fn candidates(&self) -> TokenSet {
        let mut found = TokenSet::default();
        for item in self.stack.iter().rev() {
            found = found.union(match item.symbol.kind {
                Kind::Token(set) | Kind::Parameter(set) => set,
                Kind::Rule(rule) => self.rules.0[rule].first(),
            });
            if self.rules.shortest(&item.symbol) > 0 {
                break;
            }
        }
        found
    }

    fn advance(&mut self, token: Token) -> bool {
        while let Some(item) = self.stack.pop() {
            match item.symbol.kind {
                Kind::Token(set) => return set.contains(token) && self.take(token),
                Kind::Parameter(set) => {
                    let new = set.without(self.parameters).contains(token);
                    self.parameters.insert(token);
                    return new && self.take(token);
                }
                Kind::Rule(number) => {
                    let rule = &self.rules.0[number];
                    match rule.productions.iter().find(|production| production.first.contains(token)) {
                        Some(production) if self.fits(production, item) => {
                            self.owed = self.owed + production.shortest - rule.shortest();
                            self.expand(production, item);
                        }
                        None if rule.shortest() == 0 => {}
                        _ => return false,
                    }
                }
            }
        }
        false
    }

    fn take(&mut self, token: Token) -> bool {
        if matches!(token.text(), "def" | "lambda") {
            self.parameters = TokenSet::default();
        }
        self.read += 1;
        self.owed -= 1;
        true
    }

    /// Whether a production may stand where its rule does.
    fn fits(&self, production: &Production, item: Item) -> bool {
        let place = match production.only {
            None => true,
            Some(Enters::Loop) => item.place.in_loop,
            Some(Enters::Function) => item.place.in_function,
        };
        place
            && production.symbols.iter().all(|symbol| match symbol.kind {
                Kind::Parameter(set) => !set.without(self.parameters).is_empty(),
                _ => !symbol.deeper || item.level < MAX_LEVELS,
            })
    }

    fn expand(&mut self, production: &Production, item: Item) {
        self.stack.extend(production.symbols.iter().rev().map(|symbol| Item {
            symbol: *symbol,
            level: item.level + usize::from(symbol.deeper),
            place: match symbol.enters {
                None => item.place,
                Some(Enters::Loop) => Place { in_loop: true, ..item.place },
                Some(Enters::Function) => Place { in_function: true, in_loop: false },
            },
        }));
    }
}
