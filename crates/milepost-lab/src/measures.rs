//! What evaluation measures about an episode beside success, return and length: each environment's own numbers.
//!
//! Measures read what only evaluation believes. They are read off finished episodes on held-out tasks; no scorer,
//! judge or sampler is given one.

use milepost_codeexec::code_dsl::{CodeDsl, CodeGold, CodeMeasure, CodeTool, ToolAction, ToolEvent};
use milepost_core::Probe;
use milepost_eval::verdict::Direction;
use milepost_microworlds::tokens::{ArithChain, CountdownMini, SingleTurn, TraceLab, TurnTask};
use milepost_taskworlds::lookup::{LookupMeasure, LookupQa};
use milepost_taskworlds::pages::{PageGold, PageText};
use milepost_taskworlds::rule_db::{RuleDb, RuleDbGold};
use milepost_textworld::quest_env::TextQuest;

use crate::config::{EnvironmentConfig, Settings};
use crate::credit_order;

/// A measure, without the means to read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its name in experiment files and reports.
    pub name: &'static str,
    /// What it is, with its unit.
    pub about: &'static str,
    /// Which of two values is better.
    pub direction: Direction,
}

/// A number about a state; the last state's is that of the episode.
pub(crate) struct Measure<E> {
    pub(crate) known: Known,
    read: fn(&E) -> Option<f64>,
}

impl<E> Measure<E> {
    const fn new(
        name: &'static str,
        direction: Direction,
        about: &'static str,
        read: fn(&E) -> Option<f64>,
    ) -> Self {
        Self { known: Known { name, about, direction }, read }
    }
}

/// An environment that measures its episodes.
pub(crate) trait Measures: Sized {
    /// Everything it measures.
    fn measures() -> Vec<Measure<Self>>;
}

/// A measure as something that is recorded beside each state; NaN where it is not defined.
pub(crate) struct Recording<E>(Measure<E>);

impl<E> Recording<E> {
    /// Everything that the environment measures.
    pub(crate) fn all() -> Vec<Box<dyn Probe<E>>>
    where
        E: Measures + 'static,
    {
        E::measures().into_iter().map(|measure| Box::new(Self(measure)) as Box<dyn Probe<E>>).collect()
    }
}

impl<E> Probe<E> for Recording<E> {
    fn name(&self) -> &str {
        self.0.known.name
    }

    fn read(&mut self, environment: &E) -> f64 {
        (self.0.read)(environment).unwrap_or(f64::NAN)
    }
}

/// What an environment measures.
fn known(environment: &EnvironmentConfig) -> Vec<Known> {
    fn of<E: Measures>() -> Vec<Known> {
        E::measures().into_iter().map(|measure| measure.known).collect()
    }
    match environment {
        EnvironmentConfig::Minigrid { .. } => Vec::new(),
        EnvironmentConfig::TextQuest(_) => of::<TextQuest>(),
        EnvironmentConfig::LookupQa(_) => of::<LookupQa>(),
        EnvironmentConfig::PageQa(_) => of::<PageText>(),
        EnvironmentConfig::RuleDb(_) => of::<RuleDb>(),
        EnvironmentConfig::CodeDsl(_) => of::<CodeDsl>(),
        EnvironmentConfig::CodeTool(_) => of::<CodeTool>(),
        EnvironmentConfig::ArithChain(_) => of::<SingleTurn<ArithChain>>(),
        EnvironmentConfig::CountdownMini(_) => of::<SingleTurn<CountdownMini>>(),
        EnvironmentConfig::TraceLab(_) => of::<SingleTurn<TraceLab>>(),
    }
}

/// What the evaluations of an experiment measure beside success, return and length.
pub(crate) fn measured(settings: &Settings) -> Vec<Known> {
    let evaluation = &settings.evaluation;
    let mut all = known(evaluation.environment.as_ref().unwrap_or(&settings.environment));
    if evaluation.credit_tasks > 0 {
        all.extend(credit_order::MEASURES);
    }
    all
}

use Direction::{HigherIsBetter, LowerIsBetter};

impl Measures for LookupQa {
    fn measures() -> Vec<Measure<Self>> {
        fn gold(world: &LookupQa, measure: LookupMeasure) -> Option<f64> {
            Some(world.gold()?.for_evaluation(measure))
        }
        vec![
            Measure::new("f1", HigherIsBetter, "bag-of-tokens F1 of the answer", |world| {
                gold(world, LookupMeasure::F1)
            }),
            Measure::new(
                "evidence",
                HigherIsBetter,
                "share of the gold documents that were shown",
                |world| gold(world, LookupMeasure::Evidence),
            ),
            Measure::new(
                "shortcut",
                LowerIsBetter,
                "share of episodes answered rightly although not all gold documents were shown",
                |world| gold(world, LookupMeasure::Shortcut),
            ),
            Measure::new(
                "supported",
                HigherIsBetter,
                "share of episodes whose answer is right and whose citations hold the whole chain",
                |world| gold(world, LookupMeasure::Supported),
            ),
            Measure::new("searches", LowerIsBetter, "queries asked in an episode", |world| {
                gold(world, LookupMeasure::Searches)
            }),
        ]
    }
}

impl Measures for PageText {
    fn measures() -> Vec<Measure<Self>> {
        vec![
            Measure::new("answer", HigherIsBetter, "share of right answers", |world| {
                Some(PageGold::of(world)?.measures.answer)
            }),
            Measure::new("ranking", HigherIsBetter, "NDCG of all searches' results, merged", |world| {
                Some(PageGold::of(world)?.measures.ranking)
            }),
            Measure::new(
                "selection",
                HigherIsBetter,
                "share of searches whose best page was chosen",
                |world| Some(PageGold::of(world)?.measures.selection),
            ),
            Measure::new(
                "localisation",
                HigherIsBetter,
                "F1 of the boxes at an overlap of one half",
                |world| Some(PageGold::of(world)?.measures.localisation),
            ),
            Measure::new(
                "cropped-needed",
                HigherIsBetter,
                "share of the selected gold pages that need a crop on which a box was issued, where there are any",
                |world| PageGold::of(world)?.needed.share(),
            ),
            Measure::new(
                "cropped-needless",
                LowerIsBetter,
                "share of the selected gold pages that need no crop on which a box was issued, where there are any",
                |world| PageGold::of(world)?.needless.share(),
            ),
        ]
    }
}

impl Measures for RuleDb {
    fn measures() -> Vec<Measure<Self>> {
        vec![
            Measure::new(
                "exact",
                HigherIsBetter,
                "share of episodes that end in the goal, said or not",
                |world| Some(f64::from(u8::from(RuleDbGold::of(world)?.exact))),
            ),
            Measure::new("f1", HigherIsBetter, "F1 of the changes made against those wanted", |world| {
                Some(RuleDbGold::of(world)?.f1)
            }),
            Measure::new("collateral", LowerIsBetter, "changes in an episode that nobody wanted", |world| {
                Some(RuleDbGold::of(world)?.collateral as f64)
            }),
            Measure::new("rejected", LowerIsBetter, "calls of an episode that a rule rejected", |world| {
                Some(f64::from(RuleDbGold::of(world)?.rejected))
            }),
        ]
    }
}

impl Measures for TextQuest {
    fn measures() -> Vec<Measure<Self>> {
        vec![Measure::new(
            "progress",
            HigherIsBetter,
            "share of the plan's steps that were achieved",
            |world| {
                let steps = world.plan_length();
                (steps > 0).then(|| world.steps_achieved() as f64 / steps as f64)
            },
        )]
    }
}

impl Measures for CodeDsl {
    fn measures() -> Vec<Measure<Self>> {
        fn gold(world: &CodeDsl, measure: CodeMeasure) -> Option<f64> {
            Some(CodeGold::of(world)?.for_evaluation(measure))
        }
        vec![
            Measure::new(
                "all-passed",
                HigherIsBetter,
                "share of episodes whose last program passes every test of evaluation",
                |world| gold(world, CodeMeasure::AllPassed),
            ),
            Measure::new("pass-rate", HigherIsBetter, "share of the tests of evaluation passed", |world| {
                gold(world, CodeMeasure::PassRate)
            }),
            Measure::new("hard-rate", HigherIsBetter, "the same among hard tests", |world| {
                gold(world, CodeMeasure::HardRate)
            }),
            Measure::new(
                "gap",
                LowerIsBetter,
                "share of the rewarded tests passed, less that of the tests of evaluation: what was learned of the tests",
                |world| gold(world, CodeMeasure::Gap),
            ),
            Measure::new("submissions", LowerIsBetter, "programs submitted in an episode", |world| {
                gold(world, CodeMeasure::Submissions)
            }),
        ]
    }
}

impl Measures for CodeTool {
    fn measures() -> Vec<Measure<Self>> {
        vec![
            Measure::new("failed-calls", LowerIsBetter, "calls of an episode that failed", |world| {
                Some(f64::from(world.failed_calls()))
            }),
            Measure::new(
                "repaired",
                HigherIsBetter,
                "share of the failed turns that the next turn made good, where there are any",
                repaired,
            ),
        ]
    }
}

/// Of the turns that failed and were followed by another, the share that was followed by a call that succeeded.
fn repaired(world: &CodeTool) -> Option<f64> {
    let succeeded = |event: &ToolEvent| matches!(event.action, ToolAction::Run { result: Ok(_), .. });
    let failures = world.events().windows(2).filter(|pair| pair[0].is_fault());
    let made_good: Vec<bool> = failures.map(|pair| succeeded(&pair[1])).collect();
    let count = made_good.iter().filter(|good| **good).count();
    (!made_good.is_empty()).then(|| count as f64 / made_good.len() as f64)
}

/// A task of one turn is over with its verdict: nothing is left to measure.
impl<T: TurnTask> Measures for SingleTurn<T> {
    fn measures() -> Vec<Measure<Self>> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use milepost_codeexec::code_dsl::CodeConfig;
    use milepost_core::{Demonstrator, Environment, TaskSeed, TokenEnvironment, Vocabulary};
    use milepost_taskworlds::lookup::LookupConfig;
    use milepost_taskworlds::pages::PageConfig;
    use milepost_taskworlds::rule_db::RuleDbConfig;
    use milepost_textworld::quest_env::TextQuestConfig;

    /// After an episode of the expert every measure is defined, but for those that some episodes lack, and a rate is at
    /// its best.
    fn the_expert_is_measured<E>(mut world: E, best: &[&str], lacking: &[&str])
    where
        E: Demonstrator + Measures + 'static,
    {
        let mut probes = Recording::<E>::all();
        for seed in 0..5 {
            world.reset(TaskSeed::literal(seed)).expect("a task");
            while let Some(turn) = world.expert_turn() {
                world.step(&turn).expect("running");
            }
            for probe in &mut probes {
                let value = probe.read(&world);
                assert!(value.is_finite() || lacking.contains(&probe.name()), "{} is {value}", probe.name());
                assert!(value == 1.0 || !best.contains(&probe.name()), "{} is {value}", probe.name());
            }
        }
    }

    #[test]
    fn crop_rates_follow_the_boxes_on_selected_gold_pages_of_their_kind() {
        let mut world = PageText::new(PageConfig::default()).expect("valid");
        let mut crop = world.vocabulary().encode("crop n0 n0 n3 n3").expect("words");
        crop.push(Vocabulary::END);
        let measures = PageText::measures();
        let rates = |world: &PageText| {
            ["cropped-needed", "cropped-needless"].map(|name| {
                let measure = measures.iter().find(|measure| measure.known.name == name).expect("measured");
                (measure.read)(world)
            })
        };
        let mut seen = [0, 0];
        for seed in 0..40 {
            world.reset(TaskSeed::literal(seed)).expect("a task");
            assert_eq!(rates(&world), [None, None], "nothing is selected");
            let mut course = Vec::new();
            while let Some(turn) = world.expert_turn() {
                world.step(&turn).expect("running");
                course.push(rates(&world));
                if course.last() == Some(&[None, Some(0.0)]) && world.ending().is_none() {
                    let mut hasty = world.clone();
                    hasty.step(&crop).expect("running");
                    assert_eq!(rates(&hasty), [None, Some(1.0)], "seed {seed}: a box that is not needed");
                }
            }
            course.dedup();
            let kind = usize::from(course.last() == Some(&[None, Some(0.0)]));
            let expected: &[_] = match kind {
                0 => &[[None, None], [Some(0.0), None], [Some(1.0), None]],
                _ => &[[None, None], [None, Some(0.0)]],
            };
            assert_eq!(course, expected, "seed {seed}: the expert crops what needs it, after selecting it");
            seen[kind] += 1;
        }
        assert!(seen.iter().all(|count| *count > 0), "small print and large: {seen:?}");
    }

    #[test]
    fn episodes_of_experts_are_measured() {
        let sure = LookupConfig { retriever_noise: 0.0, ..LookupConfig::default() };
        the_expert_is_measured(LookupQa::new(sure).expect("valid"), &["f1", "evidence"], &[]);
        the_expert_is_measured(
            PageText::new(PageConfig::default()).expect("valid"),
            &["answer"],
            &["cropped-needed", "cropped-needless"],
        );
        the_expert_is_measured(RuleDb::new(RuleDbConfig::default()).expect("valid"), &["exact", "f1"], &[]);
        the_expert_is_measured(
            CodeDsl::new(CodeConfig::default()).expect("valid"),
            &["all-passed", "hard-rate"],
            &[],
        );
        the_expert_is_measured(
            TextQuest::new(TextQuestConfig::default()).expect("valid"),
            &["progress"],
            &[],
        );
    }
}
