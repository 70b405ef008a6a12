//! The grammar's text as tables, made once.

use std::sync::LazyLock;

use super::token::{Class, Token, TokenSet};

/// Where a statement stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Place {
    pub(super) in_function: bool,
    pub(super) in_loop: bool,
}

/// What a symbol of a production stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A token of a set.
    Token(TokenSet),
    /// The name of a parameter, unlike those before it.
    Parameter(TokenSet),
    /// A rule, by its number.
    Rule(usize),
}

/// A symbol of a production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Symbol {
    pub(super) kind: Kind,
    /// Whether it is one level deeper than its rule.
    pub(super) deeper: bool,
    /// Where it stands: `None` for where its rule stands.
    pub(super) enters: Option<Enters>,
}

/// What a block is the body of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Enters {
    Loop,
    Function,
}

/// One of a rule's alternatives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Production {
    /// Where it may stand, beside everywhere.
    pub(super) only: Option<Enters>,
    pub(super) symbols: Vec<Symbol>,
    /// The tokens that it can begin with.
    pub(super) first: TokenSet,
    /// The fewest tokens of what it stands for.
    pub(super) shortest: usize,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) name: &'static str,
    pub(super) productions: Vec<Production>,
}

impl Rule {
    pub(super) fn first(&self) -> TokenSet {
        self.productions.iter().fold(TokenSet::default(), |set, production| set.union(production.first))
    }

    pub(super) fn shortest(&self) -> usize {
        self.productions.iter().map(|production| production.shortest).min().unwrap_or(UNKNOWN)
    }
}

/// Longer than anything.
const UNKNOWN: usize = usize::MAX / 1024;

/// All rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rules(pub(super) Vec<Rule>);

pub(super) static RULES: LazyLock<Rules> = LazyLock::new(|| Rules::read(include_str!("minipy.grammar")));

impl Rules {
    /// Reads the text of a grammar. A fault in it is a bug of ours, and panics.
    fn read(text: &'static str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        let mut read: Vec<(&str, Vec<&str>)> = Vec::new();
        for line in lines {
            match line.split_once(" = ") {
                Some((name, rest)) if !line.starts_with(' ') => read.push((name, alternatives(rest))),
                _ => match read.last_mut() {
                    Some((_, found)) => found.extend(alternatives(line.trim().trim_start_matches('|'))),
                    None => panic!("the grammar begins with no rule: {line}"),
                },
            }
        }
        let names: Vec<&str> = read.iter().map(|(name, _)| *name).collect();
        let rule = |(name, found): (&'static str, Vec<&str>)| Rule {
            name,
            productions: found.into_iter().map(|text| production(text, &names)).collect(),
        };
        let mut rules = Self(read.iter().cloned().map(rule).collect());
        while rules.improve() {}
        rules
    }

    /// The number of a rule.
    pub(super) fn named(&self, name: &str) -> usize {
        self.0.iter().position(|rule| rule.name == name).unwrap_or_else(|| panic!("no rule is named {name}"))
    }

    /// The fewest tokens of what a symbol stands for.
    pub(super) fn shortest(&self, symbol: &Symbol) -> usize {
        match symbol.kind {
            Kind::Token(_) | Kind::Parameter(_) => 1,
            Kind::Rule(rule) => self.0[rule].shortest(),
        }
    }

    /// One step to the least fixed point of first tokens and shortest lengths; whether anything changed.
    fn improve(&mut self) -> bool {
        let old = self.clone();
        for production in self.0.iter_mut().flat_map(|rule| &mut rule.productions) {
            let lengths = production.symbols.iter().map(|symbol| old.shortest(symbol));
            production.shortest = lengths.sum::<usize>().min(UNKNOWN);
            for symbol in &production.symbols {
                production.first = production.first.union(match symbol.kind {
                    Kind::Token(set) | Kind::Parameter(set) => set,
                    Kind::Rule(rule) => old.0[rule].first(),
                });
                if old.shortest(symbol) > 0 {
                    break;
                }
            }
        }
        *self != old
    }
}

/// The alternatives of a rule, which bars set apart that are no token's text.
fn alternatives(text: &str) -> Vec<&str> {
    text.split(" |").map(str::trim).collect()
}

fn production(text: &str, rules: &[&str]) -> Production {
    let mut words = text.split_whitespace().peekable();
    let only = words.next_if(|word| word.starts_with('?')).map(enters);
    let symbols = words.map(|word| symbol(word, rules)).collect();
    Production { only, symbols, first: TokenSet::default(), shortest: UNKNOWN }
}

fn symbol(word: &str, rules: &[&str]) -> Symbol {
    let (deeper, word) = word.strip_prefix('>').map_or((false, word), |rest| (true, rest));
    let (word, place) =
        word.split_once('@').map_or((word, None), |(word, place)| (word, Some(enters(place))));
    let kind = match class(word) {
        _ if word == "PARAMETER" => Kind::Parameter(Token::of(Class::Name).collect()),
        Some(set) => Kind::Token(set),
        None => Kind::Rule(
            rules.iter().position(|rule| *rule == word).unwrap_or_else(|| panic!("no rule is named {word}")),
        ),
    };
    Symbol { kind, deeper, enters: place }
}

/// The tokens that a word of a production stands for, unless it is a rule.
fn class(word: &str) -> Option<TokenSet> {
    if let Some(text) = word.strip_prefix('\'').and_then(|word| word.strip_suffix('\'')) {
        let token = Token::named(text).unwrap_or_else(|| panic!("{text} is no token"));
        return Some([token].into_iter().collect());
    }
    let class = match word {
        "NEWLINE" => Class::Newline,
        "INDENT" => Class::Indent,
        "DEDENT" => Class::Dedent,
        "AUGMENTED" => Class::Augmented,
        "COMPARE" => Class::Compare,
        "BINARY" => Class::Binary,
        "NAME" => Class::Name,
        "BUILTIN" => Class::Builtin,
        "CLASS" => Class::Exception,
        "METHOD" => Class::Method,
        "DIGIT" | "NONZERO" => Class::Digit,
        "STRING" => Class::String,
        _ => return None,
    };
    Some(Token::of(class).filter(|token| word != "NONZERO" || token.text() != "0").collect())
}

fn enters(word: &str) -> Enters {
    match word.trim_start_matches('?') {
        "loop" => Enters::Loop,
        "function" => Enters::Function,
        other => panic!("nothing is entered by {other}"),
    }
}
