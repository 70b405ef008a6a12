use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Name;

/// An entity as the logic sees it: a name that is unique in its game (`r_0`) and a type (`r`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Variable {
    /// The unique name.
    pub name: Name,
    /// The type; written `type` in game files.
    #[serde(rename = "type")]
    pub kind: Name,
}

/// A fact: a predicate that holds of entities, such as `at(P, r_0)`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fact {
    /// The predicate.
    pub name: Name,
    /// What it holds of.
    pub arguments: Vec<Variable>,
}

/// A slot of a rule that stands for an entity of a type, such as `r'`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Placeholder {
    /// The name, unique in its rule.
    pub name: Name,
    /// The type, subtypes included.
    pub kind: Name,
}

/// A condition of a rule: a predicate over placeholders, such as `at(P, r)`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Predicate {
    /// The predicate's name.
    pub name: Name,
    /// What it is said of.
    pub arguments: Vec<Placeholder>,
}

/// A predicate's name and the exact types of its arguments: `at(P, r)` and `at(t, r)` are two predicates.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signature {
    /// The predicate's name.
    pub name: Name,
    /// The arguments' types.
    pub kinds: Vec<Name>,
}

/// What the placeholders of a rule stand for.
pub type Bindings = BTreeMap<Placeholder, Variable>;

impl Variable {
    /// An entity.
    pub fn new(name: impl Into<Name>, kind: impl Into<Name>) -> Self {
        Self { name: name.into(), kind: kind.into() }
    }

    /// The only entity of a constant type (`P`, `I`), which has the type's name.
    pub fn constant(kind: impl Into<Name>) -> Self {
        let kind = kind.into();
        Self { name: kind.clone(), kind }
    }
}

impl Fact {
    /// A fact.
    pub fn new(name: impl Into<Name>, arguments: impl IntoIterator<Item = Variable>) -> Self {
        Self { name: name.into(), arguments: arguments.into_iter().collect() }
    }

    /// The predicate with the exact types of the arguments.
    #[must_use]
    pub fn signature(&self) -> Signature {
        Signature {
            name: self.name.clone(),
            kinds: self.arguments.iter().map(|variable| variable.kind.clone()).collect(),
        }
    }
}

impl Placeholder {
    /// A placeholder of a stated type.
    pub fn new(name: impl Into<Name>, kind: impl Into<Name>) -> Self {
        Self { name: name.into(), kind: kind.into() }
    }

    /// A placeholder whose type is its name without the primes: `r''` is of type `r`.
    pub fn untyped(name: impl Into<Name>) -> Self {
        let name = name.into();
        let kind = Name::from(name.trim_end_matches('\''));
        Self { name, kind }
    }
}

impl Predicate {
    /// A condition.
    pub fn new(name: impl Into<Name>, arguments: impl IntoIterator<Item = Placeholder>) -> Self {
        Self { name: name.into(), arguments: arguments.into_iter().collect() }
    }

    /// The predicate's name with the types as written.
    #[must_use]
    pub fn signature(&self) -> Signature {
        Signature {
            name: self.name.clone(),
            kinds: self.arguments.iter().map(|placeholder| placeholder.kind.clone()).collect(),
        }
    }

    /// The fact that this is under `bindings`; `None` where a placeholder stands for nothing.
    #[must_use]
    pub fn instantiate(&self, bindings: &Bindings) -> Option<Fact> {
        let arguments = self.arguments.iter().map(|p| bindings.get(p).cloned()).collect::<Option<_>>()?;
        Some(Fact { name: self.name.clone(), arguments })
    }

    /// The same condition with other placeholders; those that `renaming` leaves out stay.
    #[must_use]
    pub fn rename(&self, renaming: &BTreeMap<Placeholder, Placeholder>) -> Self {
        let new = |p: &Placeholder| renaming.get(p).unwrap_or(p).clone();
        Self { name: self.name.clone(), arguments: self.arguments.iter().map(new).collect() }
    }
}

fn call(
    f: &mut fmt::Formatter<'_>,
    name: &Name,
    arguments: &[impl fmt::Display],
    comma: &str,
) -> fmt::Result {
    write!(f, "{name}(")?;
    for (index, argument) in arguments.iter().enumerate() {
        write!(f, "{}{argument}", if index == 0 { "" } else { comma })?;
    }
    f.write_str(")")
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

/// `at(P,r_0)`: names only, no space.
impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        call(f, &self.name, &self.arguments, ",")
    }
}

/// `r'`, or `r1: r` where the type does not follow from the name.
impl fmt::Display for Placeholder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind == *self.name.trim_end_matches('\'') {
            return self.name.fmt(f);
        }
        write!(f, "{}: {}", self.name, self.kind)
    }
}

/// `at(P, r)`, as in a .twl text.
impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        call(f, &self.name, &self.arguments, ", ")
    }
}

/// `at(P, r)`.
impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        call(f, &self.name, &self.kinds, ", ")
    }
}
