use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{LogicError, Name};

/// The types of a game and their inheritance.
///
/// A type whose first letter is upper case is a *constant*: it has exactly one entity, named like the type.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Types {
    parents: BTreeMap<Name, Vec<Name>>,
    children: BTreeMap<Name, Vec<Name>>,
}

impl Types {
    /// The hierarchy of `declared` types, each with its parents.
    pub fn new(declared: impl IntoIterator<Item = (Name, Vec<Name>)>) -> Result<Self, LogicError> {
        let mut types = Self::default();
        for (name, parents) in declared {
            for parent in &parents {
                types.children.entry(parent.clone()).or_default().push(name.clone());
            }
            if types.parents.insert(name.clone(), parents).is_some() {
                return Err(LogicError::Duplicate { what: "type", name: name.to_string() });
            }
        }
        types.children.values_mut().for_each(|children| children.sort());
        for (name, parents) in &types.parents {
            for parent in parents {
                types.known(parent, || format!("the parents of type `{name}`"))?;
            }
            if parents.iter().any(|parent| types.is_a(parent, name)) {
                return Err(LogicError::TypeCycle { name: name.to_string() });
            }
        }
        Ok(types)
    }

    /// Every type with its parents, in order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &[Name])> {
        self.parents.iter().map(|(name, parents)| (name, parents.as_slice()))
    }

    /// Whether `name` is a type.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.parents.contains_key(name)
    }

    /// The types that inherit directly from `name`, in order of their names.
    #[must_use]
    pub fn children(&self, name: &str) -> &[Name] {
        self.children.get(name).map_or(&[], Vec::as_slice)
    }

    /// The constant types, in order of their names.
    pub fn constants(&self) -> impl Iterator<Item = &Name> {
        self.parents.keys().filter(|name| is_constant(name))
    }

    /// Whether `kind` is `ancestor` or inherits from it.
    #[must_use]
    pub fn is_a(&self, kind: &str, ancestor: &str) -> bool {
        let mut seen = BTreeSet::new();
        let mut open = vec![kind];
        while let Some(kind) = open.pop() {
            if kind == ancestor {
                return true;
            }
            if seen.insert(kind) {
                open.extend(self.parents.get(kind).into_iter().flatten().map(Name::as_str));
            }
        }
        false
    }

    /// `name` and all types that inherit from it, breadth first.
    #[must_use]
    pub fn subtypes(&self, name: &Name) -> Vec<Name> {
        self.tuple_subtypes(std::slice::from_ref(name)).into_iter().flatten().collect()
    }

    /// All tuples of types that can stand where `kinds` are asked for, in the order in which TextWorld tries
    /// them: `kinds` itself, then breadth first over replacing one type by a direct child.
    #[must_use]
    pub fn tuple_subtypes(&self, kinds: &[Name]) -> Vec<Vec<Name>> {
        let mut seen = BTreeSet::from([kinds.to_vec()]);
        let mut queue = VecDeque::from([kinds.to_vec()]);
        let mut found = Vec::new();
        while let Some(tuple) = queue.pop_front() {
            for position in 0..tuple.len() {
                for child in self.children(&tuple[position]) {
                    let mut next = tuple.clone();
                    next[position] = child.clone();
                    if seen.insert(next.clone()) {
                        queue.push_back(next);
                    }
                }
            }
            found.push(tuple);
        }
        found
    }

    /// An error that names `place` unless `name` is a type.
    pub(super) fn known(&self, name: &Name, place: impl FnOnce() -> String) -> Result<(), LogicError> {
        if self.contains(name) {
            return Ok(());
        }
        let nearest = milepost_core::nearest(name, self.parents.keys().map(Name::as_str)).map(str::to_owned);
        Err(LogicError::UnknownType { name: name.to_string(), place: place(), nearest })
    }
}

/// Whether a type has exactly one entity, named like the type.
#[must_use]
pub fn is_constant(kind: &str) -> bool {
    kind.chars().next().is_some_and(char::is_uppercase)
}
