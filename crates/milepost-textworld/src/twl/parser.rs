use super::SyntaxError;
use super::cursor::{Cursor, is_word};
use crate::logic::{Alias, Declarations, Name, Placeholder, Predicate, Rule, Signature};

type Parsed<T> = Result<T, SyntaxError>;

/// Reads a .twl text: any number of `type NAME [: PARENT, ...] { ... }`.
pub(super) fn document(text: &str) -> Parsed<Declarations> {
    let mut cursor = Cursor::new(text);
    let mut found = Declarations::default();
    while !cursor.at_end() {
        cursor.expect("type")?;
        let name = type_name(&mut cursor)?;
        let parents = if cursor.eat(":") { separated(&mut cursor, ",", type_name)? } else { Vec::new() };
        found.types.push((name, parents));
        cursor.expect("{")?;
        while !cursor.eat("}") {
            type_part(&mut cursor, &mut found)?;
        }
    }
    Ok(found)
}

fn type_part(cursor: &mut Cursor<'_>, found: &mut Declarations) -> Parsed<()> {
    if cursor.eat("predicates") {
        for declaration in block(cursor, predicate_or_alias)? {
            match declaration {
                Declaration::Predicate(signature) => found.predicates.push(signature),
                Declaration::Alias(alias) => found.aliases.push(alias),
            }
        }
    } else if cursor.eat("rules") {
        found.rules.extend(block(cursor, rule)?);
    } else if cursor.eat("reverse_rules") {
        found.reverse_rules.extend(block(cursor, |cursor| {
            let name = rule_name(cursor)?;
            cursor.expect("::")?;
            Ok((name, rule_name(cursor)?))
        })?);
    } else if cursor.eat("constraints") {
        found.constraints.extend(block(cursor, rule)?);
    } else if cursor.eat("inform7") {
        cursor.expect("{")?;
        while !cursor.eat("}") {
            inform7_part(cursor, found)?;
        }
    } else {
        return Err(cursor.error("`predicates`, `rules`, `reverse_rules`, `constraints`, `inform7` or `}`"));
    }
    Ok(())
}

/// Of the parts that concern text only the commands are kept.
fn inform7_part(cursor: &mut Cursor<'_>, found: &mut Declarations) -> Parsed<()> {
    if cursor.eat("type") {
        block(cursor, |cursor| {
            if !cursor.eat("kind") && !cursor.eat("definition") {
                return Err(cursor.error("`kind` or `definition`"));
            }
            cursor.expect("::")?;
            cursor.quoted("\"")
        })?;
    } else if cursor.eat("predicates") {
        block(cursor, |cursor| {
            predicate(cursor)?;
            cursor.expect("::")?;
            cursor.quoted("\"")
        })?;
    } else if cursor.eat("commands") {
        found.commands.extend(block(cursor, |cursor| {
            let rule = rule_name(cursor)?;
            cursor.expect("::")?;
            let command = cursor.quoted("\"")?.to_owned();
            cursor.expect("::")?;
            cursor.quoted("\"")?;
            Ok((rule, command))
        })?);
    } else if cursor.eat("code") {
        cursor.expect("::")?;
        cursor.quoted("\"\"\"")?;
        cursor.expect(";")?;
    } else {
        return Err(cursor.error("`type`, `predicates`, `commands`, `code` or `}`"));
    }
    Ok(())
}

/// `{ item; item; ... }`
fn block<'a, T>(
    cursor: &mut Cursor<'a>,
    mut item: impl FnMut(&mut Cursor<'a>) -> Parsed<T>,
) -> Parsed<Vec<T>> {
    cursor.expect("{")?;
    let mut items = Vec::new();
    while !cursor.eat("}") {
        items.push(item(cursor)?);
        cursor.expect(";")?;
    }
    Ok(items)
}

/// One or more items with a separator between.
fn separated<T>(
    cursor: &mut Cursor<'_>,
    separator: &str,
    mut item: impl FnMut(&mut Cursor<'_>) -> Parsed<T>,
) -> Parsed<Vec<T>> {
    let mut items = vec![item(cursor)?];
    while cursor.eat(separator) {
        items.push(item(cursor)?);
    }
    Ok(items)
}

/// `( item, item, ... )`, perhaps empty.
fn arguments<T>(cursor: &mut Cursor<'_>, item: impl FnMut(&mut Cursor<'_>) -> Parsed<T>) -> Parsed<Vec<T>> {
    cursor.expect("(")?;
    if cursor.eat(")") {
        return Ok(Vec::new());
    }
    let items = separated(cursor, ",", item)?;
    cursor.expect(")")?;
    Ok(items)
}

enum Declaration {
    Predicate(Signature),
    Alias(Alias),
}

fn predicate_or_alias(cursor: &mut Cursor<'_>) -> Parsed<Declaration> {
    let start = cursor.clone();
    if let Ok(pattern) = predicate(cursor)
        && cursor.eat("=")
    {
        return Ok(Declaration::Alias(Alias { pattern, replacement: separated(cursor, "&", predicate)? }));
    }
    *cursor = start;
    let name = predicate_name(cursor)?;
    Ok(Declaration::Predicate(Signature { name, kinds: arguments(cursor, type_name)? }))
}

/// `name :: [$]p & ... -> q & ...`; a condition with `$` is carried over to the right, before what stands there.
fn rule(cursor: &mut Cursor<'_>) -> Parsed<Rule> {
    let name = rule_name(cursor)?;
    cursor.expect("::")?;
    let mut postconditions = Vec::new();
    let preconditions = separated(cursor, "&", |cursor| {
        let kept = cursor.eat("$");
        let condition = predicate(cursor)?;
        if kept {
            postconditions.push(condition.clone());
        }
        Ok(condition)
    })?;
    cursor.expect("->")?;
    postconditions.extend(separated(cursor, "&", predicate)?);
    Ok(Rule { name, preconditions, postconditions, command: None, reverse: None })
}

/// `p(a, b: t)`; `!p` is sugar for `not_p`.
fn predicate(cursor: &mut Cursor<'_>) -> Parsed<Predicate> {
    let written = predicate_name(cursor)?;
    let name = match written.strip_prefix('!') {
        None => written,
        Some(negated) => {
            negated.strip_prefix("not_").map_or_else(|| format!("not_{negated}").into(), Name::from)
        }
    };
    Ok(Predicate { name, arguments: arguments(cursor, placeholder)? })
}

fn placeholder(cursor: &mut Cursor<'_>) -> Parsed<Placeholder> {
    let name = cursor.word("a placeholder", |c| is_word(c) || c == '\'')?;
    if cursor.eat(":") {
        return Ok(Placeholder { name: name.into(), kind: type_name(cursor)? });
    }
    Ok(Placeholder::untyped(name))
}

fn type_name(cursor: &mut Cursor<'_>) -> Parsed<Name> {
    cursor.word("a type", |c| is_word(c) || c == '/' || c == '-').map(Name::from)
}

fn rule_name(cursor: &mut Cursor<'_>) -> Parsed<Name> {
    cursor.word("a rule", |c| is_word(c) || c == '/').map(Name::from)
}

fn predicate_name(cursor: &mut Cursor<'_>) -> Parsed<Name> {
    let negated = cursor.eat("!");
    let name = cursor.word("a predicate", |c| is_word(c) || c == '/')?;
    Ok(if negated { format!("!{name}").into() } else { name.into() })
}
