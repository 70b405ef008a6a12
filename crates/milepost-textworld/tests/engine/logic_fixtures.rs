//! Recorded knowledge bases: the parser against TextWorld's own.

use std::collections::BTreeMap;

use milepost_testkit::fixtures;
use milepost_textworld::logic::{KnowledgeBase, Placeholder, Predicate, Rule};
use serde::Deserialize;

type WrittenPredicate = (String, Vec<(String, String)>);

#[derive(Deserialize)]
struct WrittenRule {
    name: String,
    pre: Vec<WrittenPredicate>,
    post: Vec<WrittenPredicate>,
    #[serde(default)]
    command: Option<String>,
    #[serde(default)]
    reverse: Option<String>,
    str: String,
}

#[derive(Deserialize)]
struct WrittenKnowledge {
    id: String,
    types: BTreeMap<String, Vec<String>>,
    constants: Vec<String>,
    predicates: Vec<(String, Vec<String>)>,
    aliases: Vec<(WrittenPredicate, Vec<WrittenPredicate>)>,
    rules: Vec<WrittenRule>,
    constraints: Vec<WrittenRule>,
    logic: String,
}

fn predicate((name, arguments): &WrittenPredicate) -> Predicate {
    Predicate::new(name.as_str(), arguments.iter().map(|(n, k)| Placeholder::new(n.as_str(), k.as_str())))
}

fn same_rules<'a>(found: impl Iterator<Item = &'a Rule>, expected: &[WrittenRule]) {
    let found: Vec<&Rule> = found.collect();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.name, expected.name.as_str());
        assert_eq!(found.preconditions, expected.pre.iter().map(predicate).collect::<Vec<_>>());
        assert_eq!(found.postconditions, expected.post.iter().map(predicate).collect::<Vec<_>>());
        assert_eq!(found.command, expected.command);
        assert_eq!(found.reverse.as_deref(), expected.reverse.as_deref());
        assert_eq!(found.to_string(), expected.str);
    }
}

#[test]
fn fixture_knowledge_bases_parse_to_the_recorded_forms() {
    let recorded: Vec<WrittenKnowledge> =
        fixtures::json_lines("parity/textworld/kb.jsonl.gz").expect("the fixture can be read");
    assert!(!recorded.is_empty());
    for expected in recorded {
        let found = KnowledgeBase::parse(&expected.logic)
            .unwrap_or_else(|error| panic!("knowledge base {}: {error}", expected.id));
        let types: Vec<_> =
            found.types.iter().map(|(name, parents)| (name.to_string(), parents.len())).collect();
        let recorded: Vec<_> = expected.types.iter().map(|(name, p)| (name.clone(), p.len())).collect();
        assert_eq!(types, recorded);
        for (name, parents) in &expected.types {
            assert!(parents.iter().all(|parent| found.types.is_a(name, parent)));
        }
        let constants: Vec<&str> =
            found.types.constants().map(milepost_textworld::logic::Name::as_str).collect();
        assert_eq!(constants, expected.constants);
        let signatures: Vec<(String, Vec<String>)> = found
            .predicates
            .iter()
            .map(|s| (s.name.to_string(), s.kinds.iter().map(ToString::to_string).collect()))
            .collect();
        assert_eq!(signatures, expected.predicates);
        let aliases: Vec<_> =
            found.aliases.iter().map(|a| (a.pattern.clone(), a.replacement.clone())).collect();
        let recorded =
            expected.aliases.iter().map(|(p, r)| (predicate(p), r.iter().map(predicate).collect()));
        assert_eq!(aliases, recorded.collect::<Vec<(Predicate, Vec<Predicate>)>>());
        same_rules(found.rules.values(), &expected.rules);
        same_rules(found.constraints.values(), &expected.constraints);
    }
}
