use milepost_codeexec::code_dsl::{CodeConfig, Language, ToolConfig};
use milepost_microworlds::tokens::{ArithChainConfig, CountdownMiniConfig, TraceLabConfig};
use milepost_taskworlds::lookup::LookupConfig;
use milepost_taskworlds::pages::PageConfig;
use milepost_taskworlds::rule_db::RuleDbConfig;
use milepost_textworld::quest_env::TextQuestConfig;
use serde::{Deserialize, Serialize};

/// Where the policy acts. All kinds but `minigrid` are worlds of tokens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum EnvironmentConfig {
    /// A MiniGrid level by its registered name, such as `MiniGrid-DoorKey-5x5-v0`.
    Minigrid {
        /// The registered name.
        level: String,
    },
    /// A quest that is read and written.
    TextQuest(TextQuestConfig),
    /// Questions of several hops over a corpus.
    LookupQa(LookupConfig),
    /// Questions about pages: search, select, crop, answer; in tokens.
    PageQa(PageConfig),
    /// A database whose rules are enforced.
    RuleDb(RuleDbConfig),
    /// Programs written to a specification, run on tests.
    CodeDsl(CodeConfig),
    /// Expressions run by a tool, then an answer.
    CodeTool(ToolConfig),
    /// Chains of sums, one step after the other.
    ArithChain(ArithChainConfig),
    /// Three digits, a target, an expression.
    CountdownMini(CountdownMiniConfig),
    /// Traces with a gold score.
    TraceLab(TraceLabConfig),
}

impl EnvironmentConfig {
    /// Whether policies read and write tokens in it.
    #[must_use]
    pub const fn reads_tokens(&self) -> bool {
        !matches!(self, Self::Minigrid { .. })
    }

    /// What it is, in words.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Minigrid { level } => level.clone(),
            Self::TextQuest(config) => format!("text quests {}", config.family.label()),
            Self::LookupQa(config) => format!("lookup-qa, {} hops", config.hops),
            Self::PageQa(_) => "page-qa in tokens".to_owned(),
            Self::RuleDb(_) => "rule-db".to_owned(),
            Self::CodeDsl(config) => {
                let language = if config.language == Language::MiniPy { "MiniPy, " } else { "" };
                format!("code-dsl, {language}{} turns", config.turns)
            }
            Self::CodeTool(config) => format!("code-tool, {} calls", config.calls),
            Self::ArithChain(_) => "arith-chain".to_owned(),
            Self::CountdownMini(_) => "countdown-mini".to_owned(),
            Self::TraceLab(_) => "trace-lab".to_owned(),
        }
    }
}
