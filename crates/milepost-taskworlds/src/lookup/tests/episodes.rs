use milepost_core::{Budget, Outcome, Provenance, SpanKind, StateRecords, TrajectoryBuilder, Version};

use super::super::{LookupAction, LookupMeasure};
use super::*;

proptest! {
    #[test]
    fn without_noise_the_expert_needs_one_turn_a_hop_and_one_to_answer(config in configs(), seed: u64) {
        let mut world = started(LookupConfig { retriever_noise: 0.0, ..config }, seed);
        prop_assert_eq!(follow_expert(&mut world), 1.0);
        prop_assert_eq!(world.ending(), Some(Ending::Terminated(Outcome::Success)));
        // A near miss may happen to be the gold document of the hop after, which is then not looked up.
        let hops = world.config().hops;
        prop_assert!(world.elapsed() <= hops + 1);
        let accident = world.events().windows(2).any(|pair| pair[1].resolved > pair[0].resolved + 1);
        prop_assert!(world.elapsed() == hops + 1 || accident);
        let gold = world.gold().expect("started");
        prop_assert_eq!(gold.for_evaluation(LookupMeasure::Evidence), 1.0);
        prop_assert_eq!(gold.for_evaluation(LookupMeasure::Shortcut), 0.0);
        prop_assert_eq!(gold.for_evaluation(LookupMeasure::Searches), f64::from(world.elapsed() - 1));
    }

    #[test]
    fn an_expert_that_misreads_a_relation_errs_on_questions_that_name_it_and_on_no_others(
        config in configs(), seed: u64, relation: u32,
    ) {
        let relation = relation % config.relations;
        // With a shortcut the last relation leads to one entity, however it is read.
        let outcome = OutcomeReward::ExactMatch;
        let config = LookupConfig { retriever_noise: 0.0, shortcut: 0.0, outcome, ..config };
        let mut mistaken = started(LookupConfig { misread: Some(relation), ..config.clone() }, seed);
        let mut sure = started(config, seed);
        let chain = sure.oracle().expect("started").relations().to_vec();
        let mut turns = [Vec::new(), Vec::new()];
        for (world, turns) in [&mut mistaken, &mut sure].into_iter().zip(&mut turns) {
            while let Some(turn) = world.expert_turn() {
                world.step(&turn).expect("running");
                turns.push(turn);
            }
        }
        if chain.contains(&relation) {
            prop_assert_ne!(&turns[0], &turns[1]);
            let answers = [&mistaken, &sure].map(|world| world.events().last().and_then(|e| e.answer().cloned()));
            // Two relations may lead to the same entity.
            let agree = answers[0].as_ref().map(|a| a.entity) == answers[1].as_ref().map(|a| a.entity);
            prop_assert_eq!(mistaken.ending().is_some_and(Ending::is_success), agree);
        } else {
            prop_assert_eq!(&turns[0], &turns[1]);
        }
    }

    #[test]
    fn replaying_a_prefix_gives_the_same_world(config in configs(), seed: u64) {
        let mut draws = stream(seed);
        let mut world = started(config.clone(), seed);
        let mut turns = Vec::new();
        play(&mut world, |world| {
            let turn = world.noisy_turn(0.3, &mut draws);
            turns.push(turn.clone());
            turn
        });
        let mut again = started(config, seed);
        for turn in &turns {
            again.step(turn).expect("the episode runs");
        }
        prop_assert_eq!(again, world);
    }

    #[test]
    fn a_recorded_trajectory_is_replayed(config in configs(), seed: u64) {
        let mut world = started(config.clone(), seed);
        let mut draws = stream(seed);
        let mut builder = TrajectoryBuilder::new(
            TaskSeed::literal(seed), 0, 0, Version::default(), StateRecords::default(),
        );
        builder.span(SpanKind::Prompt, Provenance::Forced, &said(&world), &[]);
        builder.state((), world.state_key(), &[]);
        while world.ending().is_none() {
            let turn = world.noisy_turn(0.5, &mut draws);
            // In two pieces, as a sampler that regenerates a tail records it.
            let (head, tail) = turn.split_at(1);
            for piece in [head, tail] {
                builder.span(SpanKind::Policy, Provenance::OnPolicy, piece, &vec![0.0; piece.len()]);
            }
            let outcome = world.step(&turn).expect("running");
            builder.span(SpanKind::Environment, Provenance::Forced, &said(&world), &[]);
            builder.end_turn(outcome.reward);
            builder.state((), world.state_key(), &[]);
        }
        let trajectory = builder.finish(world.ending().expect("over")).expect("complete");
        prop_assert_eq!(built(config).replay(&trajectory).expect("replays"), world);
    }

    #[test]
    fn no_episode_has_more_tokens_than_the_bound(config in configs(), seed: u64) {
        let mut world = started(config, seed);
        let mut draws = stream(seed);
        let mut tokens = said(&world).len();
        while world.ending().is_none() {
            let turn = world.random_turn(&mut draws);
            world.step(&turn).expect("running");
            tokens += turn.len() + said(&world).len();
        }
        prop_assert!(tokens <= world.config().token_bound());
    }

    #[test]
    fn the_record_tells_what_was_said(config in configs(), seed: u64) {
        let mut world = started(config, seed);
        let mut draws = stream(seed);
        while world.ending().is_none() {
            let turn = world.random_turn(&mut draws);
            let before = world.resolved();
            world.step(&turn).expect("the episode runs");
            let event = world.events().last().expect("a turn was taken");
            prop_assert_eq!(event.resolved, before);
            let words = world.words();
            let mut reply = Vec::new();
            for document in event.documents() {
                reply.push(super::super::Words::DOC);
                reply.extend((world.config().citations > 0).then(|| words.label(document.label)));
                reply.extend(words.name(document.fact.subject));
                reply.push(words.relation(document.fact.relation));
                reply.extend(words.name(document.fact.object));
                reply.push(super::super::Words::EOD);
            }
            prop_assert_eq!(said(&world), reply);
        }
    }

    #[test]
    fn the_reward_is_that_of_the_answer(config in configs(), seed: u64, guess in 0u32..4) {
        let mut world = started(config, seed);
        let oracle = world.oracle().expect("started");
        let (answer, right) = (oracle.answer(), guess == oracle.answer());
        let text = |entity| world.words().vocabulary().decode(&world.words().name(entity).collect::<Vec<_>>());
        let (turn, names) = (format!("ans {} <end>", text(guess)), [text(guess), text(answer)]);
        let (reward, ending) = say(&mut world, &turn);
        let outcome = if right { Outcome::Success } else { Outcome::Failure };
        prop_assert_eq!(ending, Some(Ending::Terminated(outcome)));
        let shared = names[0].split(' ').filter(|word| names[1].split(' ').any(|other| other == *word)).count();
        let f1 = shared as f64 / f64::from(world.config().name_len);
        let expected = match world.config().outcome {
            OutcomeReward::ExactMatch => f64::from(u8::from(right)),
            OutcomeReward::F1 => f1,
        };
        prop_assert_eq!(reward, expected);
        let gold = world.gold().expect("started");
        prop_assert_eq!(gold.for_evaluation(LookupMeasure::F1), f1);
        prop_assert_eq!(gold.for_evaluation(LookupMeasure::ExactMatch), f64::from(u8::from(right)));
        prop_assert_eq!(gold.for_evaluation(LookupMeasure::Shortcut), f64::from(u8::from(right)));
    }
}

#[test]
fn names_of_one_token_make_f1_and_exact_match_the_same() {
    let config = LookupConfig { name_len: 1, outcome: OutcomeReward::F1, ..LookupConfig::default() };
    for seed in 0..50 {
        let mut world = started(config.clone(), seed);
        let exact = world.oracle().expect("started").answer() == 3;
        let (reward, _) = say(&mut world, "ans e3 <end>");
        assert_eq!(reward, f64::from(u8::from(exact)));
    }
}

#[test]
fn queries_without_an_answer_are_truncated_and_nonsense_is_malformed() {
    let config = LookupConfig { force_answer: false, ..LookupConfig::default() };
    let mut world = started(config, 3);
    for turn in 0..4 {
        let (reward, ending) = say(&mut world, "hop1 q first0 last1 r2 <end>");
        assert_eq!(reward, 0.0);
        assert_eq!(ending, (turn == 3).then_some(Ending::Truncated(Budget::Steps)));
        assert!(!said(&world).is_empty());
    }
    for nonsense in [
        "q first0 r2 <end>",
        "q first0 last1 <end>",
        "ans first0 <end>",
        "ans first0 last1",
        "hop1 hop1 hop1 ans first0 last1 <end>",
        "ans first0 last1 cite d0 <end>",
        "ans first0 last1 via first0 last1 <end>",
        "ok <end>",
        "hint first0 last1 r2 <end>",
        "ans first0 last1 <end> <end>",
    ] {
        let mut world = started(LookupConfig::default(), 3);
        assert_eq!(say(&mut world, nonsense), (0.0, Some(Ending::Malformed)), "{nonsense}");
        assert!(said(&world).is_empty());
        let tokens = world.words().vocabulary().encode(nonsense).expect("words");
        assert_eq!(world.events()[0].action, LookupAction::Malformed { tokens });
    }
}

#[test]
fn the_bound_on_tokens_is_met() {
    let query = "hop1 hop1 q first0 last1 r2 <end>";
    for (force_answer, last) in [(true, "done done ans first0 last1 <end>"), (false, query)] {
        let config = LookupConfig { force_answer, ..LookupConfig::default() };
        let mut world = started(config, 3);
        let mut tokens = said(&world).len();
        for turn in [query, query, query, last] {
            say(&mut world, turn);
            tokens += turn.split(' ').count() + said(&world).len();
        }
        assert_eq!(tokens, world.config().token_bound());
    }
}

#[test]
fn the_books_transcript_is_what_is_said() {
    let mut world = started(LookupConfig::default(), 7);
    let mut transcript = String::from("```text\n");
    while let Some(turn) = world.expert_turn() {
        let words = world.words().vocabulary();
        for (who, tokens) in [("world ", &said(&world)), ("policy", &turn)] {
            transcript = [&transcript, who, "   ", &words.decode(tokens), "\n"].concat();
        }
        world.step(&turn).expect("running");
    }
    let page = include_str!("../../../../../docs/src/lookup-qa.md");
    assert!(page.contains(&transcript), "{transcript}");
}

#[test]
fn keys_tell_tasks_and_knowledge_apart_but_not_the_clock() {
    // With one document a query and no noise, asking again shows nothing new.
    let config = LookupConfig { top_k: 1, retriever_noise: 0.0, ..LookupConfig::default() };
    let mut world = started(config.clone(), 3);
    let unknowing = world.state_key();
    assert_ne!(unknowing, started(config.clone(), 4).state_key());
    say(&mut world, "q first0 last1 r2 <end>");
    let knowing = world.state_key();
    assert_ne!(knowing, unknowing);
    say(&mut world, "q first0 last1 r2 <end>");
    assert_eq!(world.state_key(), knowing);
    say(&mut world, "ans first0 last1 <end>");
    assert_ne!(world.state_key(), knowing);
    let [mut one, mut other] = [started(config.clone(), 3), started(config, 3)];
    say(&mut one, "q first0 last1 r2 <end>");
    say(&mut other, "q first0 last1 r3 <end>");
    assert_ne!(one.state_key(), other.state_key());
}
