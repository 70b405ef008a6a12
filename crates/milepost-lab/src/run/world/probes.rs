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
