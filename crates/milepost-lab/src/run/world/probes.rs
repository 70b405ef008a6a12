//! What scorers may read of each world.

use milepost_algorithms::MethodConfig;
use milepost_codeexec::code_dsl::{CodeDsl, CodeProbe, CodeTool, ToolProbe};
use milepost_core::Probe;
use milepost_microworlds::tokens::{AnswerProbe, SingleTurn, TurnTask};
use milepost_taskworlds::lookup::{LookupProbe, LookupQa, RubricProbe};
use milepost_taskworlds::pages::{PageProbe, PageText};
use milepost_taskworlds::rule_db::{RuleDb, RuleDbProbe};
use milepost_textworld::quest_env::{QuestProbe, TextQuest};

use super::SetupError;

/// A world that offers numbers about its states.
pub(super) trait Probes: Sized {
    /// Every probe there is.
    fn probes() -> Vec<Box<dyn Probe<Self>>>;
}

/// Those of the `offered` probes that the method's scorers read.
pub(super) fn wanted<E>(
    method: &MethodConfig,
    offered: Vec<Box<dyn Probe<E>>>,
) -> Result<Vec<Box<dyn Probe<E>>>, SetupError> {
    let wanted = method.records();
    let missing = wanted.iter().find(|record| !offered.iter().any(|probe| names(record, probe.name())));
    if let Some(record) = missing {
        let known = offered.iter().map(|probe| probe.name()).collect::<Vec<_>>().join(", ");
        return Err(SetupError::Record { record: (*record).to_owned(), known });
    }
    let offered = offered.into_iter();
    Ok(offered.filter(|probe| wanted.iter().any(|record| names(record, probe.name()))).collect())
}

/// Whether a record is meant: by its name, or by the prefix of its number.
fn names(record: &str, name: &str) -> bool {
    let number = name.strip_prefix(record).and_then(|rest| rest.strip_prefix('-'));
    record == name || number.is_some_and(|number| number.parse::<u32>().is_ok())
}

impl Probes for LookupQa {
    fn probes() -> Vec<Box<dyn Probe<Self>>> {
        let graded = LookupProbe::ALL.into_iter().map(|probe| Box::new(probe) as Box<dyn Probe<Self>>);
        graded
            .chain(RubricProbe::ALL.into_iter().map(|probe| Box::new(probe) as Box<dyn Probe<Self>>))
            .collect()
    }
}

impl<T: TurnTask + 'static> Probes for SingleTurn<T> {
    fn probes() -> Vec<Box<dyn Probe<Self>>> {
        vec![Box::new(AnswerProbe)]
    }
}

impl Probes for PageText {
    fn probes() -> Vec<Box<dyn Probe<Self>>> {
        PageProbe::ALL.into_iter().map(|probe| Box::new(probe) as Box<dyn Probe<Self>>).collect()
    }
}

impl Probes for RuleDb {
    fn probes() -> Vec<Box<dyn Probe<Self>>> {
        RuleDbProbe::ALL.into_iter().map(|probe| Box::new(probe) as Box<dyn Probe<Self>>).collect()
    }
}

impl Probes for TextQuest {
    fn probes() -> Vec<Box<dyn Probe<Self>>> {
        QuestProbe::ALL.into_iter().map(|probe| Box::new(probe) as Box<dyn Probe<Self>>).collect()
    }
}

impl Probes for CodeDsl {
    fn probes() -> Vec<Box<dyn Probe<Self>>> {
        CodeProbe::all().map(|probe| Box::new(probe) as Box<dyn Probe<Self>>).collect()
    }
}

impl Probes for CodeTool {
    fn probes() -> Vec<Box<dyn Probe<Self>>> {
        ToolProbe::ALL.into_iter().map(|probe| Box::new(probe) as Box<dyn Probe<Self>>).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use milepost_core::{
        Batch, Demonstrator, Environment, Group, Provenance, Purpose, SpanKind, StateRecords, Stream,
        StreamKey, TaskSeed, Trajectory, TrajectoryBuilder, Version,
    };
    use milepost_policies::StateIndex;
    use milepost_rewards::{ScorerContext, combine};
    use milepost_taskworlds::rule_db::RuleDbGold;

    use super::*;
    use crate::config::{EnvironmentConfig, Request, load};

    /// An episode of a noisy expert with what the probes read, and what evaluation says of it.
    fn played(
        world: &mut RuleDb,
        probes: &mut [Box<dyn Probe<RuleDb>>],
        seed: u64,
    ) -> (Trajectory<()>, RuleDbGold) {
        let task = TaskSeed::literal(seed);
        world.reset(task).expect("a task is made");
        let mut luck = Stream::new(StreamKey::new(seed, Purpose::named("probes test")));
        let names = StateRecords::named(probes.iter().map(|probe| probe.name()));
        let mut builder = TrajectoryBuilder::new(task, 0, 0, Version(0), names);
        let mut look = |builder: &mut TrajectoryBuilder<()>, world: &RuleDb| {
            let read: Vec<f64> = probes.iter_mut().map(|probe| probe.read(world)).collect();
            builder.state((), world.state_key(), &read);
        };
        look(&mut builder, world);
        let ending = loop {
            let turn = world.noisy_turn(0.2, &mut luck);
            let outcome = world.step(&turn).expect("runs");
            builder.span(SpanKind::Policy, Provenance::Demonstrated, &turn, &[]);
            builder.end_turn(outcome.reward);
            look(&mut builder, world);
            if let Some(ending) = outcome.ending {
                break ending;
            }
        };
        (builder.finish(ending).expect("consistent"), RuleDbGold::of(world).expect("started"))
    }

    /// As they are trained with: by the scorers, records and combination of the experiment's own arms.
    #[test]
    fn dense_rewards_of_logigen_sum_to_the_score_of_the_last_state_and_the_bonus() {
        let request = Request { experiment: "logigen".into(), ..Request::default() };
        let experiment = load(&request).expect("built in");
        let EnvironmentConfig::RuleDb(config) = &experiment.settings.environment else {
            panic!("another world than a database with rules")
        };
        let mut world = RuleDb::new(config.clone()).expect("valid");
        for name in ["dense", "dense-turn"] {
            let arm = experiment.arms.iter().find(|arm| arm.name == name).expect("an arm");
            let mut probes = wanted(&arm.method, RuleDb::probes()).expect("offered");
            let (trajectories, gold): (Vec<_>, Vec<_>) =
                (0..40).map(|seed| played(&mut world, &mut probes, seed)).unzip();
            let alone = |trajectory| Group::new(vec![trajectory]).expect("one member");
            let mut batch = Batch { groups: trajectories.into_iter().map(alone).collect() };
            let encoder = Arc::new(StateIndex::new(2).expect("two rows"));
            let context: ScorerContext<'_, ()> =
                ScorerContext { run_seed: 0, device: None, encoder, slots: 1 };
            for scorer in &arm.method.scorers {
                scorer.build(&context).expect("builds").score(&mut batch).expect("scores");
            }
            for (trajectory, gold) in batch.trajectories().zip(&gold) {
                let paid: f64 = combine(trajectory, &arm.method.combine).expect("combines").iter().sum();
                let promised = gold.f1 + f64::from(u8::from(gold.success));
                assert!((paid - promised).abs() < 1e-12, "{name}: {paid} for {gold:?}");
            }
            let won = gold.iter().filter(|gold| gold.success).count();
            assert!((1..40).contains(&won), "both kinds of ending occur: {won} of 40 won");
        }
    }
}
