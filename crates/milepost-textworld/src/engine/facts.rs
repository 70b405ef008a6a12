use std::collections::{BTreeMap, HashMap};

use crate::logic::{Fact, Name, Signature, Variable};

/// The number of an entity of a game, in order of (name, type).
pub(super) type VariableId = u32;
/// The number of a signature of a game.
pub(super) type SignatureId = u32;
/// The number of a fact of a game.
pub(super) type FactId = u32;

/// A fact by numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct NumberedFact {
    pub(super) signature: SignatureId,
    pub(super) arguments: Box<[VariableId]>,
}

/// Every entity, signature and fact that a game can ever meet, numbered.
#[derive(Debug)]
pub(super) struct FactTable {
    variables: Vec<Variable>,
    numbers: BTreeMap<Variable, VariableId>,
    signatures: Vec<Signature>,
    signature_numbers: BTreeMap<Signature, SignatureId>,
    facts: Vec<NumberedFact>,
    fact_numbers: HashMap<NumberedFact, FactId>,
}

impl FactTable {
    /// A table without facts. The entities must be all that the game has: rules make no new ones.
    pub(super) fn new(variables: impl IntoIterator<Item = Variable>) -> Self {
        let mut variables: Vec<Variable> = variables.into_iter().collect();
        variables.sort();
        variables.dedup();
        let numbers = variables.iter().cloned().zip(0..).collect();
        Self {
            variables,
            numbers,
            signatures: Vec::new(),
            signature_numbers: BTreeMap::new(),
            facts: Vec::new(),
            fact_numbers: HashMap::new(),
        }
    }

    /// Number of facts.
    pub(super) fn len(&self) -> usize {
        self.facts.len()
    }

    pub(super) fn variable(&self, id: VariableId) -> &Variable {
        &self.variables[id as usize]
    }

    pub(super) fn variable_id(&self, variable: &Variable) -> Option<VariableId> {
        self.numbers.get(variable).copied()
    }

    /// The number of a signature, a new one if need be.
    pub(super) fn signature(&mut self, signature: Signature) -> SignatureId {
        let next = self.signatures.len() as SignatureId;
        let signatures = &mut self.signatures;
        *self.signature_numbers.entry(signature).or_insert_with_key(|signature| {
            signatures.push(signature.clone());
            next
        })
    }

    /// The name of a fact's predicate.
    pub(super) fn predicate(&self, fact: FactId) -> &Name {
        &self.signatures[self.facts[fact as usize].signature as usize].name
    }

    /// The number of a fact, a new one if need be.
    pub(super) fn insert(&mut self, fact: NumberedFact) -> FactId {
        let next = self.facts.len() as FactId;
        let facts = &mut self.facts;
        *self.fact_numbers.entry(fact).or_insert_with_key(|fact| {
            facts.push(fact.clone());
            next
        })
    }

    /// The number of a fact whose entities are all in the table, a new one if need be.
    pub(super) fn insert_named(&mut self, fact: &Fact) -> Option<FactId> {
        let arguments = fact.arguments.iter().map(|v| self.variable_id(v)).collect::<Option<_>>()?;
        let signature = self.signature(fact.signature());
        Some(self.insert(NumberedFact { signature, arguments }))
    }

    /// The number of a fact, if it can ever hold.
    pub(super) fn find(&self, fact: &Fact) -> Option<FactId> {
        let arguments = fact.arguments.iter().map(|v| self.variable_id(v)).collect::<Option<_>>()?;
        let signature = *self.signature_numbers.get(&fact.signature())?;
        self.fact_numbers.get(&NumberedFact { signature, arguments }).copied()
    }

    pub(super) fn numbered(&self, id: FactId) -> &NumberedFact {
        &self.facts[id as usize]
    }

    /// A fact by its number.
    pub(super) fn fact(&self, id: FactId) -> Fact {
        let fact = &self.facts[id as usize];
        Fact {
            name: self.signatures[fact.signature as usize].name.clone(),
            arguments: fact.arguments.iter().map(|v| self.variable(*v).clone()).collect(),
        }
    }
}
