use super::super::{AnswerGrade, LookupAction, LookupProbe, Query, QueryGrade, Thought, ThoughtGrade, Words};
use super::*;
use milepost_core::Probe;

proptest! {
    #[test]
    fn the_expert_has_the_best_grades(config in configs(), seed: u64) {
        let mut world = started(LookupConfig { retriever_noise: 0.0, thoughts: 1, ..config }, seed);
        let oracle = world.oracle().expect("started");
        follow_expert(&mut world);
        prop_assert_eq!(oracle.first_wrong(world.events()), None);
        for event in world.events() {
            prop_assert_eq!(oracle.grade_thoughts(&event.thoughts, event.resolved), ThoughtGrade::Right);
            if let Some(query) = event.query() {
                prop_assert_eq!(oracle.grade_query(query, event.resolved), QueryGrade::Next);
                prop_assert!(event.documents().iter().any(|d| oracle.hop_of(d.fact).is_some()));
            }
            if let Some(answer) = event.answer() {
                prop_assert_eq!(oracle.grade_answer(answer.entity), AnswerGrade::Exact);
            }
        }
        prop_assert!(oracle.evidence(world.events()).into_iter().all(|shown| shown));
    }

    #[test]
    fn the_expert_thinks_what_is_true_whatever_is_retrieved(config in configs(), seed: u64) {
        let mut world = started(LookupConfig { thoughts: 1, ..config }, seed);
        let oracle = world.oracle().expect("started");
        follow_expert(&mut world);
        for event in world.events() {
            prop_assert_eq!(oracle.grade_thoughts(&event.thoughts, event.resolved), ThoughtGrade::Right);
        }
    }

    #[test]
    fn grades_of_queries_follow_their_definition(config in configs(), seed: u64, resolved in 0usize..5) {
        let world = started(config, seed);
        let oracle = world.oracle().expect("started");
        let resolved = resolved.min(oracle.hops());
        for entity in 0..world.config().entities {
            for relation in 0..world.config().relations {
                let query = Query { entity, relation };
                let behind = oracle.facts().take(resolved).any(|gold| gold.query() == query);
                let expected = match oracle.next_query(resolved) {
                    Some(next) if next == query => QueryGrade::Next,
                    Some(next) if next.entity == entity || next.relation == relation => QueryGrade::Near,
                    _ if behind => QueryGrade::Near,
                    _ => QueryGrade::Off,
                };
                prop_assert_eq!(oracle.grade_query(query, resolved), expected);
            }
        }
        prop_assert_eq!(oracle.next_query(oracle.hops()), None);
    }

    #[test]
    fn resolved_hops_never_become_fewer(config in configs(), seed: u64) {
        let mut world = started(config, seed);
        let mut draws = stream(seed);
        let mut last = 0.0;
        while world.ending().is_none() {
            let turn = world.noisy_turn(0.5, &mut draws);
            world.step(&turn).expect("running");
            let now = LookupProbe::Resolved.read(&world);
            prop_assert!(now >= last && now <= f64::from(world.config().hops));
            last = now;
        }
    }

    #[test]
    fn the_answer_schema_and_the_hints_are_words_of_the_gold_chain(config in configs(), seed: u64) {
        let world = started(config, seed);
        let oracle = world.oracle().expect("started");
        let schema = oracle.answer_schema();
        let mut turn = schema.before.clone();
        turn.extend(&schema.answer);
        turn.push(milepost_core::Vocabulary::END);
        let mut answered = world.clone();
        prop_assert!(answered.step(&turn).expect("running").ending.is_some_and(Ending::is_success));
        prop_assert_eq!(schema.answer.len(), world.config().name_len as usize);
        let closing = (world.config().thoughts > 0).then(|| world.words().thought(Thought::Done));
        let before: Vec<u32> = closing.into_iter().chain([Words::ANSWER]).collect();
        prop_assert_eq!(&schema.before, &before);
        let hint = oracle.plan_hint(1);
        let first = oracle.next_query(0).expect("a hop");
        let mut expected = vec![Words::HINT];
        expected.extend(world.words().name(first.entity));
        expected.push(world.words().relation(first.relation));
        prop_assert_eq!(&hint, &expected);
        prop_assert_eq!(oracle.plan_hint(9).len(), oracle.hops() * expected.len());
        let hinted = oracle.prompt(&hint);
        let plain = said(&world);
        prop_assert_eq!(oracle.prompt(&[]), &plain[..]);
        prop_assert_eq!(&hinted[plain.len() - 1..hinted.len() - 1], &hint[..]);
        prop_assert_eq!(&oracle.answer_hint()[1..], &schema.answer[..]);
    }
}

#[test]
fn grades_of_thoughts_and_answers() {
    let world = started(LookupConfig { hops: 3, ..LookupConfig::default() }, 1);
    let oracle = world.oracle().expect("started");
    assert_eq!(oracle.grade_thoughts(&[], 0), ThoughtGrade::Absent);
    assert_eq!(oracle.grade_thoughts(&[Thought::Hop(1)], 1), ThoughtGrade::Right);
    assert_eq!(oracle.grade_thoughts(&[Thought::Hop(1), Thought::Done], 1), ThoughtGrade::Wrong);
    assert_eq!(oracle.grade_thoughts(&[Thought::Done], 3), ThoughtGrade::Right);
    assert_eq!(oracle.grade_answer(oracle.answer()), AnswerGrade::Exact);
    let middle = oracle.entities()[..3].iter().find(|e| **e != oracle.answer()).expect("another entity");
    assert_eq!(oracle.grade_answer(*middle), AnswerGrade::Intermediate);
    let stranger = (0..24).find(|e| !oracle.entities().contains(e)).expect("24 entities");
    assert_eq!(oracle.grade_answer(stranger), AnswerGrade::Wrong);
    let grades = [AnswerGrade::Wrong, AnswerGrade::Intermediate, AnswerGrade::Exact];
    assert_eq!(grades.map(AnswerGrade::ternary), [-1.0, 0.0, 1.0]);
}

#[test]
fn the_first_wrong_turn_is_found() {
    let config =
        LookupConfig { retriever_noise: 0.0, turns: 6, force_answer: false, ..LookupConfig::default() };
    for seed in 0..20 {
        let mut world = started(config.clone(), seed);
        let oracle = world.oracle().expect("started");
        let expert = world.expert_turn().expect("running");
        world.step(&expert).expect("running");
        world.step(&expert).expect("running");
        assert!(matches!(world.events()[1].action, LookupAction::Search { .. }));
        assert_eq!(oracle.first_wrong(world.events()), Some(1), "asked twice");
    }
}

proptest! {
    #[test]
    fn probes_record_the_grades_of_the_turn_before(config in configs(), seed: u64) {
        let mut world = started(config, seed);
        let oracle = world.oracle().expect("started");
        let mut draws = stream(seed);
        let [mut resolved, mut query, mut thought, mut answer, mut useful, mut search, _] = LookupProbe::ALL;
        prop_assert_eq!(LookupProbe::ALL.map(|mut probe| probe.read(&world)), [0.0; 7]);
        while world.ending().is_none() {
            let turn = if draws.below(8) == 0 { Vec::new() } else { world.noisy_turn(0.5, &mut draws) };
            world.step(&turn).expect("running");
            let event = world.events().last().expect("a turn");
            let (searched, answered) = (event.query(), event.answer());
            let malformed = turn.is_empty();
            let expected = searched.map_or(-f64::from(u8::from(malformed)), |q| {
                oracle.grade_query(q, event.resolved).ternary()
            });
            prop_assert_eq!(query.read(&world), expected);
            let expected = answered.map_or(0.0, |a| oracle.grade_answer(a.entity).ternary());
            prop_assert_eq!(answer.read(&world), expected);
            let expected = oracle.grade_thoughts(&event.thoughts, event.resolved).ternary();
            prop_assert_eq!(thought.read(&world), if malformed { 0.0 } else { expected });
            // A useful search is one after which more is resolved.
            let more = resolved.read(&world) > event.resolved as f64;
            prop_assert_eq!(useful.read(&world), f64::from(u8::from(more)));
            prop_assert_eq!(search.read(&world), f64::from(u8::from(searched.is_some())));
        }
    }

    #[test]
    fn a_rubric_is_identified_by_names_and_supported_by_citations(config in configs(), seed: u64) {
        let config = LookupConfig { via: true, citations: 4, retriever_noise: 0.0, document_ids: 96, ..config };
        let mut world = started(config, seed);
        let oracle = world.oracle().expect("started");
        follow_expert(&mut world);
        let Some(LookupAction::Answer { answer, evidence }) = world.events().last().map(|e| &e.action) else {
            return Err(TestCaseError::fail("the expert answers"));
        };
        // The expert names and cites everything: every statement is the gold one, and supported.
        let items = oracle.rubric(answer, evidence);
        prop_assert_eq!(items.len(), oracle.hops());
        for (hop, (item, gold)) in items.iter().zip(oracle.facts()).enumerate() {
            prop_assert_eq!((item.subject, item.object, item.claim), (hop, hop + 1, Some(gold)));
            prop_assert!(item.supported);
        }
        // Without the first name the statements on both sides of it are lost.
        let mut silent = answer.clone();
        silent.via.clear();
        for item in oracle.rubric(&silent, evidence) {
            let known = |entity: usize| entity == 0 || entity == oracle.hops();
            prop_assert_eq!(item.claim.is_some(), known(item.subject) && known(item.object));
            prop_assert_eq!(item.supported, item.claim.is_some());
        }
        // A citation of nothing supports nothing, least of all what is not identified.
        prop_assert!(oracle.rubric(&silent, &[None]).iter().all(|item| !item.supported));
        // Without citations nothing is supported, and another answer's last statement is not what is cited.
        prop_assert!(oracle.rubric(answer, &[]).iter().all(|item| item.claim.is_some() && !item.supported));
        prop_assert!(oracle.rubric(answer, &[None]).iter().all(|item| !item.supported));
        let mut other = answer.clone();
        other.entity = (answer.entity + 1) % world.config().entities;
        prop_assert!(!oracle.rubric(&other, evidence)[oracle.hops() - 1].supported);
    }
}
