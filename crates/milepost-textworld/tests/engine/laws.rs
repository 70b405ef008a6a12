//! Laws of the engine on recorded games: what must hold after any sequence of actions.

use crate::recorded;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use milepost_textworld::engine::{ActionId, CommandId, Reply, Resolve, Session, World};
use milepost_textworld::logic::{self, Action, Fact, State};
use proptest::prelude::*;

/// Recorded games small enough to match from scratch after every step.
static WORLDS: LazyLock<Vec<Arc<World>>> = LazyLock::new(|| {
    let games = recorded::games().into_values();
    games
        .filter(|game| game.facts.len() < 120)
        .map(|game| Arc::new(World::new(game).expect("a sound game")))
        .collect()
});

fn session() -> impl Strategy<Value = Session> {
    let resolve = prop_oneof![Just(Resolve::FirstRule), Just(Resolve::MostPreconditions)];
    (any::<prop::sample::Index>(), resolve)
        .prop_map(|(index, resolve)| Session::with_resolve(index.get(&WORLDS).clone(), resolve))
}

fn walk() -> impl Strategy<Value = Vec<prop::sample::Index>> {
    prop::collection::vec(any::<prop::sample::Index>(), 0..40)
}

/// Takes an admissible command.
fn take(session: &mut Session, choice: prop::sample::Index) -> Reply {
    let index = choice.index(session.admissible_count());
    session.step_admissible(index)
}

fn wander(session: &mut Session, walk: &[prop::sample::Index]) {
    for choice in walk {
        take(session, *choice);
    }
}

fn state(session: &Session) -> State {
    session.facts().collect()
}

/// The valid actions by the definition: every rule matched from scratch.
fn from_scratch(session: &Session) -> Vec<(String, Vec<(String, String)>)> {
    let knowledge = &session.world().game().knowledge;
    let described = logic::all_matches(knowledge, &state(session)).into_iter().map(|(rule, bindings)| {
        let placeholders = rule.placeholders();
        let bound = placeholders.iter().map(|p| (p.name.to_string(), bindings[p].name.to_string()));
        (rule.name.to_string(), bound.collect())
    });
    described.collect()
}

fn kept(session: &Session) -> Vec<(String, Vec<(String, String)>)> {
    let world = session.world();
    let describe = |action: ActionId| {
        let bound = world.bindings_of(action).map(|(p, v)| (p.to_string(), v.name.to_string())).collect();
        (world.rule_of(action).expect("known").to_string(), bound)
    };
    session.valid_actions().map(describe).collect()
}

/// All that can be asked of a session.
fn seen(session: &Session) -> impl PartialEq + std::fmt::Debug + use<> {
    let outcome = (session.score(), session.is_won(), session.is_lost(), session.moves());
    let facts: Vec<Fact> = session.facts().collect();
    let commands: Vec<CommandId> = session.admissible().collect();
    let plan = (session.policy(), session.intermediate_reward(), session.policy_length());
    (outcome, facts, commands, plan, session.state_key())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn valid_actions_kept_up_to_date_are_those_matched_from_scratch(mut session in session(), walk in walk()) {
        for choice in &walk {
            prop_assert_eq!(kept(&session), from_scratch(&session));
            take(&mut session, *choice);
        }
        prop_assert_eq!(kept(&session), from_scratch(&session));
    }

    #[test]
    fn admissible_commands_are_the_texts_of_the_valid_actions(mut session in session(), walk in walk()) {
        for choice in &walk {
            take(&mut session, *choice);
            let world = session.world();
            let command = |action| world.command_of_action(action).expect("every action has one");
            let expected: BTreeSet<CommandId> = session.valid_actions().map(command).collect();
            let found: Vec<CommandId> = session.admissible().collect();
            prop_assert_eq!(&found, &expected.into_iter().collect::<Vec<_>>());
            let texts: Vec<&str> = session.admissible_commands().collect();
            prop_assert!(texts.is_sorted());
            for (index, id) in found.iter().enumerate() {
                prop_assert_eq!(session.nth_admissible(index), Some(*id));
                prop_assert_eq!(world.command_id(texts[index]), Some(*id));
            }
            prop_assert_eq!(session.nth_admissible(found.len()), None);
            prop_assert_eq!(session.admissible_count(), found.len());
        }
    }

    #[test]
    fn a_step_adds_and_removes_what_its_action_says(mut session in session(), walk in walk()) {
        for choice in &walk {
            let mut expected = state(&session);
            if let Reply::Done(action) = take(&mut session, *choice) {
                let (added, removed) = session.world().effects_of(action).expect("known");
                for fact in &added {
                    expected.add(fact);
                }
                for fact in &removed {
                    expected.remove(fact);
                }
                prop_assert!(added.iter().all(|fact| session.holds(fact)));
                prop_assert!(!removed.iter().any(|fact| session.holds(fact)));
            }
            prop_assert!(state(&session).facts().eq(expected.facts()));
        }
    }

    #[test]
    fn a_clone_evolves_like_the_original_and_leaves_it_alone(
        mut session in session(), before in walk(), after in walk(),
    ) {
        wander(&mut session, &before);
        let mut clone = session.clone();
        let still = seen(&session);
        wander(&mut clone, &after);
        prop_assert!(seen(&session) == still);
        wander(&mut session, &after);
        prop_assert_eq!(seen(&session), seen(&clone));
    }

    #[test]
    fn plans_followed_late_are_plans_followed_at_every_step(session in session(), walk in walk()) {
        let (mut late, mut early) = (session.clone(), session);
        for choice in &walk {
            take(&mut late, *choice);
            take(&mut early, *choice);
            early.follow_plans();
        }
        prop_assert_eq!(seen(&late), seen(&early));
    }

    #[test]
    fn following_the_policy_wins_in_as_many_steps_as_it_says(mut session in session(), walk in walk()) {
        for choice in &walk {
            if session.is_done() {
                break;
            }
            take(&mut session, *choice);
        }
        // The compiled game refuses meals that the plan counts on only before everything is ready.
        if let Some(policy) = session.policy().filter(|_| !session.is_done()) {
            let mut told = policy.len();
            while let Some(next) = session.policy().and_then(|policy| policy.first().cloned()) {
                prop_assert!(matches!(session.step(&next), Reply::Done(_)), "{} in {:?}", next, policy);
                let left = session.policy_length().unwrap_or(0);
                prop_assert!(left < told, "{} steps are left of {} after {}", left, told, next);
                prop_assert_eq!(session.intermediate_reward(), 1);
                told = left;
            }
            prop_assert!(session.is_won());
        }
    }

    #[test]
    fn the_score_never_exceeds_the_maximum(mut session in session(), walk in walk()) {
        for choice in &walk {
            take(&mut session, *choice);
            let most = session.world().game().max_score();
            prop_assert!(most.is_none_or(|most| session.score() <= most));
            prop_assert!(!session.is_won() || most.is_none_or(|most| session.score() == most || session.is_lost()));
        }
    }

    #[test]
    fn equal_keys_have_equal_futures(
        session in session(), walks in prop::collection::vec(prop::collection::vec(any::<prop::sample::Index>(), 30), 10),
    ) {
        let mut futures: BTreeMap<(u64, CommandId), (u64, i64, bool, bool)> = BTreeMap::new();
        for walk in walks {
            let mut session = session.clone();
            for choice in &walk {
                let before = session.state_key();
                let index = choice.index(session.admissible_count());
                let command = session.nth_admissible(index).expect("below the count");
                session.step_command(command);
                let after = (session.state_key(), session.score(), session.is_won(), session.is_lost());
                prop_assert_eq!(*futures.entry((before, command)).or_insert(after), after);
            }
        }
    }

    #[test]
    fn restarting_forgets_everything(session in session(), walk in walk()) {
        let mut used = session.clone();
        wander(&mut used, &walk);
        used.restart();
        prop_assert_eq!(seen(&used), seen(&session));
    }

    #[test]
    fn what_is_not_admissible_changes_nothing(mut session in session(), walk in walk(), text in "\\PC{0,20}") {
        wander(&mut session, &walk);
        let before = (state(&session), session.score(), session.moves(), session.state_key());
        let admissible: BTreeSet<CommandId> = session.admissible().collect();
        for id in (0..session.world().commands().len() as u32 + 3).map(CommandId) {
            if !admissible.contains(&id) {
                prop_assert_eq!(session.step_command(id), Reply::Invalid);
                prop_assert!(session.is_done() || session.intermediate_reward() == 0);
            }
        }
        prop_assert_eq!(session.step_admissible(admissible.len()), Reply::Invalid);
        if session.world().command_id(text.trim()).is_none() {
            prop_assert_eq!(session.step(&text), Reply::Invalid);
        }
        let after = (state(&session), session.score(), session.moves(), session.state_key());
        prop_assert!(before == after);
    }

    #[test]
    fn a_state_is_a_set(world in any::<prop::sample::Index>(), picks in prop::collection::vec(any::<prop::sample::Index>(), 1..20)) {
        let facts = &world.get(&WORLDS).game().facts;
        let mut state = State::default();
        let mut model = BTreeSet::new();
        for (turn, pick) in picks.iter().enumerate() {
            let fact = pick.get(facts);
            if turn % 3 == 2 {
                prop_assert_eq!(state.remove(fact), model.remove(fact));
                prop_assert!(!state.remove(fact));
            } else {
                prop_assert_eq!(state.add(fact), model.insert(fact.clone()));
                prop_assert!(!state.add(fact));
            }
            prop_assert_eq!(state.len(), model.len());
            prop_assert!(state.facts().collect::<BTreeSet<_>>() == model);
        }
    }

    #[test]
    fn an_action_and_its_inverse_restore_the_state(mut session in session(), walk in walk()) {
        for choice in &walk {
            let before = state(&session);
            let Reply::Done(id) = take(&mut session, *choice) else { continue };
            let (added, removed) = session.world().effects_of(id).expect("known");
            let action = Action {
                name: "any".into(),
                preconditions: removed,
                postconditions: added,
                command_template: None,
                reverse_name: None,
                reverse_command_template: None,
            };
            // Adding what holds already cannot be undone.
            if action.added().iter().any(|fact| before.holds(fact)) {
                continue;
            }
            let mut undone = state(&session);
            prop_assert!(undone.apply(&action.inverse("undo")));
            prop_assert!(undone.facts().eq(before.facts()));
        }
    }
}
