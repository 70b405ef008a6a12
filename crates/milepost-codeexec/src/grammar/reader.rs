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

/// What reading a token does.
struct Step {
    /// How many of the old items stay.
    kept: usize,
    /// The fewest tokens that are still to come then.
    owed: usize,
    is_parameter: bool,
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
        let mut new = Vec::new();
        let Some(step) = self.step(token, &mut new) else { return false };
        self.stack.truncate(step.kept);
        self.stack.append(&mut new);
        if matches!(token.text(), "def" | "lambda") {
            self.parameters = TokenSet::default();
        } else if step.is_parameter {
            self.parameters.insert(token);
        }
        (self.read, self.owed) = (self.read + 1, step.owed);
        true
    }

    /// What may follow so that the program can still be finished within the limit.
    #[must_use]
    pub fn next(&self) -> Next<Token> {
        let (candidates, mut scratch) = (self.candidates(), Vec::new());
        let mut allowed =
            |token: &Token| candidates.contains(*token) && self.step(*token, &mut scratch).is_some();
        let end = self.owed == 0 && self.read <= self.limit;
        Next { tokens: Token::all().filter(&mut allowed).collect(), end }
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

    /// What reading the token does, if it may follow; the items that it puts on the stack are left in `new`.
    fn step(&self, token: Token, new: &mut Vec<Item>) -> Option<Step> {
        new.clear();
        let (mut kept, mut owed) = (self.stack.len(), self.owed);
        loop {
            let item = if let Some(item) = new.pop() {
                item
            } else {
                kept = kept.checked_sub(1)?;
                self.stack[kept]
            };
            let (is_parameter, set) = match item.symbol.kind {
                Kind::Token(set) => (false, set),
                Kind::Parameter(set) => (true, set.without(self.parameters)),
                Kind::Rule(number) => {
                    let rule = &self.rules.0[number];
                    match rule.productions.iter().find(|production| production.first.contains(token)) {
                        Some(production) if self.fits(production, item) => {
                            owed = owed + production.shortest - rule.shortest();
                            expand(production, item, new);
                        }
                        None if rule.shortest() == 0 => {}
                        _ => return None,
                    }
                    continue;
                }
            };
            owed -= 1;
            let fits = set.contains(token) && self.read + 1 + owed <= self.limit;
            return fits.then_some(Step { kept, owed, is_parameter });
        }
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
}

fn expand(production: &Production, item: Item, stack: &mut Vec<Item>) {
    stack.extend(production.symbols.iter().rev().map(|symbol| Item {
        symbol: *symbol,
        level: item.level + usize::from(symbol.deeper),
        place: match symbol.enters {
            None => item.place,
            Some(Enters::Loop) => Place { in_loop: true, ..item.place },
            Some(Enters::Function) => Place { in_function: true, in_loop: false },
        },
    }));
}
