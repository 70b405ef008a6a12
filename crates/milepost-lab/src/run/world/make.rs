//! Worlds of tokens from their configurations.

use milepost_codeexec::code_dsl::{CodeDsl, CodeTool};
use milepost_microworlds::tokens::{ArithChain, CountdownMini, SingleTurn, TraceLab};
use milepost_taskworlds::lookup::LookupQa;
use milepost_taskworlds::pages::PageText;
use milepost_taskworlds::rule_db::RuleDb;
use milepost_textworld::quest_env::TextQuest;

use super::SetupError;
use crate::config::EnvironmentConfig;

/// A world that an experiment file can name.
pub(super) trait Make: Sized {
    /// The world of this configuration; `None` if it is of another kind.
    fn make(config: &EnvironmentConfig) -> Result<Option<Self>, SetupError>;
}

/// Each world with the kind that makes it, and how.
macro_rules! made {
    ($($world:ty, $kind:ident, $make:expr;)*) => {
        $(impl Make for $world {
            fn make(config: &EnvironmentConfig) -> Result<Option<Self>, SetupError> {
                match config {
                    EnvironmentConfig::$kind(config) => Ok(Some($make(config.clone())?)),
                    _ => Ok(None),
                }
            }
        })*
    };
}

made! {
    TextQuest, TextQuest, TextQuest::new;
    LookupQa, LookupQa, LookupQa::new;
    PageText, PageQa, PageText::new;
    RuleDb, RuleDb, RuleDb::new;
    CodeDsl, CodeDsl, CodeDsl::new;
    CodeTool, CodeTool, CodeTool::new;
    SingleTurn<ArithChain>, ArithChain, |config| ArithChain::new(config).map(SingleTurn::new);
    SingleTurn<CountdownMini>, CountdownMini, |config| CountdownMini::new(config).map(SingleTurn::new);
    SingleTurn<TraceLab>, TraceLab, |config| TraceLab::new(config).map(SingleTurn::new);
}
