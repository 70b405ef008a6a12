//! TOML trees: merging, dotted paths, comparison.

use toml::{Table, Value};

/// Lays `over` on `base`: tables merge key by key, everything else (lists too) is replaced whole. A
/// table whose `kind` changes is another thing, so it is replaced whole as well.
pub(super) fn merge(base: &mut Table, over: &Table) {
    for (key, value) in over {
        match (base.get_mut(key), value) {
            (Some(Value::Table(old)), Value::Table(new)) if same_kind(old, new) => merge(old, new),
            _ => {
                base.insert(key.clone(), value.clone());
            }
        }
    }
}

fn same_kind(old: &Table, new: &Table) -> bool {
    new.get("kind").is_none_or(|kind| old.get("kind") == Some(kind))
}

/// Why a dotted path cannot be set.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoSuchPlace {
    pub(super) path: String,
    pub(super) reason: String,
}

/// Sets `path` (keys and list indices) to `value`, making tables on the way.
pub(super) fn set(root: &mut Table, path: &[&str], value: Value) -> Result<(), NoSuchPlace> {
    let fail = |upto: usize, reason: String| Err(NoSuchPlace { path: path[..upto].join("."), reason });
    let mut place = root
        .entry(path[0])
        .or_insert_with(|| if path.len() == 1 { value.clone() } else { Value::Table(Table::new()) });
    for (depth, key) in path.iter().enumerate().skip(1) {
        place = match place {
            Value::Table(table) => table.entry(*key).or_insert_with(|| Value::Table(Table::new())),
            Value::Array(list) => {
                let length = list.len();
                let Some(entry) = key.parse::<usize>().ok().and_then(|index| list.get_mut(index)) else {
                    return fail(depth, format!("is a list of {length}; `{key}` is not one of its indices"));
                };
                entry
            }
            other => {
                return fail(depth, format!("is a {}, so `{key}` cannot be set in it", other.type_str()));
            }
        };
    }
    match (place, value) {
        (Value::Table(old), Value::Table(new)) if same_kind(old, &new) => merge(old, &new),
        (place, value) => *place = value,
    }
    Ok(())
}

/// Whether `path` leads to something in `root`.
pub(super) fn contains(root: &Table, path: &str) -> bool {
    let mut keys = path.split('.');
    let Some(mut place) = keys.next().and_then(|key| root.get(key)) else { return false };
    for key in keys {
        let next = match place {
            Value::Table(table) => table.get(key),
            Value::Array(list) => key.parse::<usize>().ok().and_then(|index| list.get(index)),
            _ => None,
        };
        let Some(next) = next else { return false };
        place = next;
    }
    true
}

/// A key of `given` that is missing from `known`, with the keys that stand beside it there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Stray {
    pub(super) path: String,
    pub(super) name: String,
    pub(super) siblings: Vec<String>,
}

/// The first key of `given` that did not survive being read and written again: nothing reads it.
pub(super) fn first_stray(given: &Value, known: &Value, path: &str) -> Option<Stray> {
    let join = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match (given, known) {
        (Value::Table(given), Value::Table(known)) => {
            given.iter().find_map(|(key, value)| match known.get(key) {
                Some(twin) => first_stray(value, twin, &join(key)),
                None => Some(Stray {
                    path: join(key),
                    name: key.clone(),
                    siblings: known.keys().filter(|k| !given.contains_key(*k)).cloned().collect(),
                }),
            })
        }
        (Value::Array(given), Value::Array(known)) => given
            .iter()
            .zip(known)
            .enumerate()
            .find_map(|(index, (a, b))| first_stray(a, b, &join(&index.to_string()))),
        _ => None,
    }
}

/// Dotted paths of all leaves (values that are not tables).
pub(super) fn leaves(table: &Table, prefix: &str, out: &mut Vec<String>) {
    for (key, value) in table {
        let path = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            Value::Table(inner) => leaves(inner, &path, out),
            _ => out.push(path),
        }
    }
}

/// The tree with the keys of every table in alphabetical order.
pub(super) fn sorted(value: &Value) -> Value {
    match value {
        Value::Table(table) => {
            let mut keys: Vec<_> = table.keys().collect();
            keys.sort();
            Value::Table(keys.into_iter().map(|key| (key.clone(), sorted(&table[key]))).collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        text.parse().expect("TOML")
    }

    #[test]
    fn tables_merge_lists_and_kinds_are_replaced_whole() {
        let mut base = table(
            "l = [1, 2]\n[credit]\nkind = \"gae\"\ngamma = 0.9\nlambda = 0.95\n[learner]\na = 1\nb = 2",
        );
        merge(&mut base, &table("l = [3]\n[credit]\nkind = \"broadcast\"\n[learner]\nb = 5"));
        assert_eq!(base, table("l = [3]\n[credit]\nkind = \"broadcast\"\n[learner]\na = 1\nb = 5"));
        merge(&mut base, &table("[credit]\nscale = 2"));
        assert_eq!(base["credit"], Value::Table(table("kind = \"broadcast\"\nscale = 2")));
    }

    #[test]
    fn dotted_paths_reach_into_tables_and_lists() {
        let mut root = table("[[arms.a.scorers]]\nkind = \"outcome\"");
        set(&mut root, &["arms", "a", "scorers", "0", "scale"], Value::Float(2.0)).expect("a place");
        set(&mut root, &["seeds"], Value::Integer(3)).expect("a place");
        assert!(contains(&root, "arms.a.scorers.0.scale") && contains(&root, "seeds"));
        assert!(!contains(&root, "arms.a.scorers.1"));
        let refused = set(&mut root, &["arms", "a", "scorers", "4", "scale"], Value::Integer(0));
        assert_eq!(refused.expect_err("no fourth").path, "arms.a.scorers");
        assert!(set(&mut root, &["seeds", "x"], Value::Integer(0)).is_err());
    }

    #[test]
    fn a_key_that_does_not_survive_reading_is_found_with_its_siblings() {
        let stray = first_stray(
            &Value::Table(table("[a]\nx = 1\n[[a.list]]\ngama = 1")),
            &Value::Table(table("[a]\nx = 1\n[[a.list]]\ngamma = 0")),
            "",
        )
        .expect("a stray");
        assert_eq!(stray.path, "a.list.0.gama");
        assert_eq!(stray.siblings, ["gamma"]);
    }
}
