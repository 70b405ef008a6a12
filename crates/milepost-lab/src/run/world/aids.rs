//! What each world lends to samplers: judges, hints, calls. All of it is read off oracles, which training signals
//! may be computed from; nothing here reads what evaluation believes.

use milepost_algorithms::sampling::refine::MetaTokens;
use milepost_algorithms::{AnswerForm, BeliefAid, CallAid, SamplerAids, TurnJudge, VerificationAid};
use milepost_codeexec::code_dsl::{CodeDsl, CodeTool, Submission, ToolAction};
use milepost_core::{Ending, Environment, Outcome, Probe, TokenEnvironment};
use milepost_microworlds::tokens::{ArithChain, CountdownMini, SingleTurn, TraceLab, TurnTask};
use milepost_taskworlds::lookup::{LookupAction, LookupProbe, LookupQa, Words};
use milepost_taskworlds::pages::{PageProbe, PageText};
use milepost_taskworlds::rule_db::{RuleDb, RuleDbProbe};
use milepost_textworld::quest_env::TextQuest;

/// A world of tokens that lends what it can.
pub(super) trait Aids: TokenEnvironment {
    /// What it lends.
    fn aids() -> SamplerAids<Self>;
}

impl Aids for LookupQa {
    fn aids() -> SamplerAids<Self> {
        SamplerAids {
            judge: Some(TurnJudge {
                values: &[-1.0, 0.0, 1.0],
                parts: 2,
                value: |part, _, after| {
                    if part == 0 { LookupProbe::Thought.read(after) } else { grade_of_act(after) }
                },
                mistake: |_, after| {
                    after.oracle().is_some_and(|oracle| oracle.first_wrong(after.events()).is_some())
                },
            }),
            hint: Some(|world, attempt| {
                let oracle = world.oracle().filter(|oracle| (attempt as usize) < oracle.hops())?;
                let mut hint = oracle.plan_hint(attempt as usize + 1);
                if world.config().answer_in_hint {
                    hint.extend(oracle.answer_hint());
                }
                Some(oracle.prompt(&hint))
            }),
            meta: Some(|world| {
                let turns = world.config().turns.min(Words::POSITION_COUNT);
                let cut = |turn| vec![Words::REVISE, world.words().position(turn)];
                MetaTokens {
                    ask: vec![Words::META],
                    keep: vec![Words::OK],
                    cuts: (0..turns).map(cut).collect(),
                }
            }),
            answers: Some(|world, tokens, allowed| {
                world.answer_grammar(tokens, allowed);
                true
            }),
            belief: Some(BeliefAid {
                answer: |world| {
                    let schema = world.oracle()?.answer_schema();
                    Some(AnswerForm { before: schema.before, aliases: vec![schema.answer] })
                },
            }),
            ..SamplerAids::NONE
        }
    }
}

/// Grade of the last turn's query or answer, −1, 0 or 1; −1 if it was neither.
fn grade_of_act(after: &LookupQa) -> f64 {
    match after.events().last().map(|event| &event.action) {
        None => 0.0,
        Some(LookupAction::Malformed { .. }) => -1.0,
        Some(LookupAction::Search { .. }) => LookupProbe::Query.read(after),
        Some(LookupAction::Answer { .. }) => LookupProbe::Answer.read(after),
    }
}

impl Aids for TextQuest {
    fn aids() -> SamplerAids<Self> {
        SamplerAids {
            judge: Some(TurnJudge {
                values: &[-1.0, 0.0, 1.0],
                parts: 1,
                value: |_, _, after| f64::from(after.intermediate_reward()),
                mistake: |_, after| after.intermediate_reward() <= 0,
            }),
            hint: Some(|world, attempt| if attempt == 0 { world.hinted_prompt() } else { None }),
            call: Some(CallAid::whole_turns(false)),
            ..SamplerAids::NONE
        }
    }
}

impl Aids for PageText {
    fn aids() -> SamplerAids<Self> {
        SamplerAids {
            judge: Some(TurnJudge {
                values: &[0.0, 0.25, 0.5, 0.75, 1.0],
                parts: 1,
                value: |_, _, after| measured(after),
                mistake: |before, after| measured(after) <= measured(before),
            }),
            call: Some(CallAid::whole_turns(true)),
            ..SamplerAids::NONE
        }
    }
}

/// Mean of what is measured of the search, the selection, the crop and the answer.
fn measured(world: &PageText) -> f64 {
    let parts = [PageProbe::Ranking, PageProbe::Selection, PageProbe::Localisation, PageProbe::Answer];
    parts.into_iter().map(|mut probe| Probe::<PageText>::read(&mut probe, world)).sum::<f64>() / 4.0
}

impl Aids for RuleDb {
    fn aids() -> SamplerAids<Self> {
        SamplerAids {
            judge: Some(TurnJudge {
                values: &[0.0, 0.5, 1.0],
                parts: 1,
                value: |_, _, after| if failed(after) { 0.0 } else { RuleDbProbe::F1.read(after) },
                mistake: |before, after| {
                    failed(after) || RuleDbProbe::F1.read(after) < RuleDbProbe::F1.read(before)
                },
            }),
            call: Some(CallAid::whole_turns(true)),
            ..SamplerAids::NONE
        }
    }
}

impl Aids for CodeDsl {
    fn aids() -> SamplerAids<Self> {
        SamplerAids {
            judge: Some(TurnJudge {
                values: &[0.0, 1.0],
                parts: 1,
                value: |_, _, after| f64::from(u8::from(solves(after))),
                mistake: |_, after| !solves(after),
            }),
            ..SamplerAids::NONE
        }
    }
}

/// Whether the last submission passes every rewarded test.
fn solves(world: &CodeDsl) -> bool {
    world.submissions().last().is_some_and(Submission::solves)
}

impl Aids for CodeTool {
    fn aids() -> SamplerAids<Self> {
        SamplerAids {
            judge: Some(TurnJudge {
                values: &[0.0, 0.5, 1.0],
                parts: 1,
                value: |_, _, after| match after.events().last().map(|event| &event.action) {
                    Some(ToolAction::Run { result: Ok(_), .. }) => 0.5,
                    Some(ToolAction::Answer { .. }) if !lost(after) => 1.0,
                    _ => 0.0,
                },
                mistake: |_, after| failed(after),
            }),
            call: Some(CallAid { start: |world, turn| world.call_of(turn), well_formed_fail: true }),
            ..SamplerAids::NONE
        }
    }
}

/// Whether the last turn was refused, not understood, or ended the task in failure.
fn failed<E: TokenEnvironment>(after: &E) -> bool {
    after.fault().is_some() || lost(after)
}

fn lost<E: Environment>(after: &E) -> bool {
    matches!(after.ending(), Some(Ending::Terminated(Outcome::Failure) | Ending::Malformed))
}

/// Whether a single turn was lost.
fn of_one_turn<T: TurnTask>() -> SamplerAids<SingleTurn<T>> {
    SamplerAids {
        judge: Some(TurnJudge {
            values: &[0.0, 1.0],
            parts: 1,
            value: |_, _, after| f64::from(u8::from(!lost(after))),
            mistake: |_, after| lost(after),
        }),
        ..SamplerAids::NONE
    }
}

impl Aids for SingleTurn<ArithChain> {
    fn aids() -> SamplerAids<Self> {
        of_one_turn()
    }
}

impl Aids for SingleTurn<TraceLab> {
    fn aids() -> SamplerAids<Self> {
        of_one_turn()
    }
}

impl Aids for SingleTurn<CountdownMini> {
    fn aids() -> SamplerAids<Self> {
        let ask = |world: &Self, turn: &[u32]| {
            let mut asked = world.clone();
            asked.pose(world.task().question(world.problem()?, turn)?);
            Some(asked)
        };
        let says_yes = |asked: &Self, turn: &[u32]| asked.task().says_yes(turn);
        SamplerAids { verification: Some(VerificationAid { ask, says_yes }), ..of_one_turn() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use milepost_core::{Demonstrator, Purpose, Stream, StreamKey, TaskSeed};
    use milepost_microworlds::tokens::ArithChainConfig;
    use milepost_taskworlds::lookup::LookupConfig;
    use milepost_textworld::quest_env::TextQuestConfig;

    /// The oracle's judge never calls a turn of the expert a mistake, and likes no random turn better.
    fn judge_likes_the_expert<E: Aids + Demonstrator>(mut world: E) {
        let judge = E::aids().judge.expect("lends a judge");
        let mut stream = Stream::new(StreamKey::new(1, Purpose::named("test")));
        let mut worse = 0;
        for seed in 0..20 {
            world.reset(TaskSeed::literal(seed)).expect("a task");
            while let Some(turn) = world.expert_turn() {
                let after = |turn: &Vec<u32>| {
                    let mut after = world.clone();
                    after.step(turn).expect("running");
                    after
                };
                let expert = after(&turn);
                let best = judge.total(&world, &expert);
                assert!(!(judge.mistake)(&world, &expert), "seed {seed}: {turn:?}");
                for part in 0..judge.parts {
                    let value = (judge.value)(part, &world, &expert);
                    assert!(judge.values.contains(&value), "{value} is none of {:?}", judge.values);
                }
                for _ in 0..5 {
                    let value = judge.total(&world, &after(&world.random_turn(&mut stream)));
                    assert!(value <= best, "seed {seed}: {value} above {best}");
                    worse += u32::from(value < best);
                }
                world = expert;
            }
            assert!(world.ending().is_some_and(Ending::is_success), "seed {seed}");
        }
        assert!(worse > 20, "random turns are worse: {worse}");
    }

    #[test]
    fn oracles_like_what_their_experts_do() {
        judge_likes_the_expert(TextQuest::new(TextQuestConfig::default()).expect("valid"));
        let sure = LookupConfig { retriever_noise: 0.0, ..LookupConfig::default() };
        judge_likes_the_expert(LookupQa::new(sure).expect("valid"));
        let chain = ArithChain::new(ArithChainConfig::default()).expect("valid");
        judge_likes_the_expert(SingleTurn::new(chain));
    }

    #[test]
    fn a_malformed_turn_loses_what_its_act_could_earn_and_nothing_for_its_thought() {
        let mut world = LookupQa::new(LookupConfig::default()).expect("valid");
        world.reset(TaskSeed::literal(1)).expect("a task");
        let before = world.clone();
        world.step(&vec![4, 4, 4]).expect("any turn is answered");
        assert_eq!(LookupQa::aids().judge.expect("lends a judge").total(&before, &world), -1.0);
    }

    #[test]
    fn the_answer_that_a_belief_is_scored_in_is_the_start_of_the_expert_s_last_turn() {
        let belief = LookupQa::aids().belief.expect("lends its answers");
        let mut world = LookupQa::new(LookupConfig::default()).expect("valid");
        for seed in 0..20 {
            world.reset(TaskSeed::literal(seed)).expect("a task");
            let form = (belief.answer)(&world).expect("every task has an answer");
            let mut last = Vec::new();
            while let Some(turn) = world.expert_turn() {
                world.step(&turn).expect("running");
                last = turn;
            }
            assert!(last.starts_with(&[&form.before[..], &form.aliases[0]].concat()), "{form:?}: {last:?}");
        }
        assert!(RuleDb::aids().belief.is_none() && PageText::aids().belief.is_none());
    }

    fn hints_are_prompts<E: Aids>(mut world: E) {
        let hint = E::aids().hint.expect("lends hints");
        world.reset(TaskSeed::literal(3)).expect("a task");
        let mut plain = world.new_observation();
        world.observe(&mut plain);
        let hints: Vec<_> = (0..10).map_while(|attempt| hint(&world, attempt)).collect();
        assert!(!hints.is_empty() && hints.len() < 10);
        for hinted in &hints {
            assert_ne!(*hinted, plain);
            assert!(hinted.iter().all(|word| world.vocabulary().word(*word).is_some()));
        }
    }

    #[test]
    fn the_answer_is_in_a_hint_only_where_the_world_says_so() {
        let hint = LookupQa::aids().hint.expect("lends hints");
        for answer_in_hint in [false, true] {
            let config = LookupConfig { answer_in_hint, ..LookupConfig::default() };
            let mut world = LookupQa::new(config).expect("valid");
            for seed in 0..20 {
                world.reset(TaskSeed::literal(seed)).expect("a task");
                let stated = world.oracle().expect("started").answer_hint();
                let prompt = hint(&world, 0).expect("a hint");
                let states = prompt.windows(stated.len() + 1).any(|window| {
                    // Not followed by a relation: that would be a query.
                    window[..stated.len()] == stated
                        && window[stated.len()] == milepost_taskworlds::lookup::Words::ASKED
                });
                assert_eq!(states, answer_in_hint, "seed {seed}");
            }
        }
    }

    #[test]
    fn decisions_on_drafts_are_written_in_words_that_no_turn_of_the_world_holds() {
        let mut world = LookupQa::new(LookupConfig::default()).expect("valid");
        let meta = (LookupQa::aids().meta.expect("lends words"))(&world);
        assert_eq!(meta.cuts.len(), 4, "one for each turn that a draft can have");
        for mut phrase in meta.cuts.into_iter().chain([meta.ask, meta.keep]) {
            world.reset(TaskSeed::literal(1)).expect("a task");
            phrase.push(milepost_core::Vocabulary::END);
            let ending = world.step(&phrase).expect("running").ending;
            assert_eq!(ending, Some(Ending::Malformed), "{phrase:?}");
        }
    }

    #[test]
    fn hints_are_prompts_in_the_world_s_words() {
        hints_are_prompts(TextQuest::new(TextQuestConfig::default()).expect("valid"));
        hints_are_prompts(LookupQa::new(LookupConfig::default()).expect("valid"));
    }
}
