use milepost_algorithms::{TokenSettings, WarmStart};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::across;
use super::claim::{Claim, claims};
use super::environment::EnvironmentConfig;
use super::error::ConfigError;
use super::layers::Layers;
use super::metric::MetricName;
use super::parts::{Method, check_method};
use super::policy::PolicyConfig;
use super::read::Reader;
use super::resolved::{self, is_file_name, named};
use super::resources::Resources;
use super::scale::Scale;
use super::settings::{BudgetConfig, CheckpointConfig, EvaluationConfig, MetricConfig};
use super::teacher::TeacherConfig;
use super::tree;
use crate::measures::{Known, measured};
use crate::run::is_solved;

/// Everything in an experiment file but its arms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Its name; the folder its runs go to.
    pub name: String,
    /// The method it belongs to.
    pub dossier: String,
    /// One falsifiable sentence.
    pub claim: String,
    /// What one wants to know.
    pub question: String,
    /// How much it costs.
    #[serde(default)]
    pub scale: Scale,
    /// Number of training seeds, 0 to `seeds − 1`; shared by all arms, so that they are paired.
    pub seeds: u64,
    /// What every arm may spend.
    pub budget: BudgetConfig,
    /// Where the policy acts.
    pub environment: EnvironmentConfig,
    /// The network.
    pub policy: PolicyConfig,
    /// How a policy over tokens reads and draws; for worlds of tokens, and only for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<TokenSettings>,
    /// How it is judged.
    pub evaluation: EvaluationConfig,
    /// How often it can be picked up again.
    #[serde(default)]
    pub checkpoint: CheckpointConfig,
    /// What is measured.
    pub metric: MetricConfig,
    /// When the claim counts as reproduced.
    pub verdict: Claim,
    /// Further claims, judged and shown like the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<Claim>,
    /// Whether this is only a part of the file's arms: claims about the others have no verdict.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// What an arm and seed asks of a cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
}

/// One of the compared recipes.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// Its name.
    pub name: String,
    /// What it is, in words.
    pub about: String,
    /// The method: the base method with this arm's parts laid on it.
    pub method: Method,
    /// What is cloned from the world's expert first.
    pub warm_start: Option<WarmStart>,
    /// Where the expert acts that is cloned, if not where the arm trains: that environment with these keys laid on it.
    pub warm_start_environment: Option<EnvironmentConfig>,
    /// The teacher that its method distils from.
    pub teacher: Option<TeacherConfig>,
    /// Where it trains, if not where the others do: the experiment's environment with this arm's keys laid on it.
    pub environment: Option<EnvironmentConfig>,
}

/// An experiment with every choice made.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// Everything but the arms.
    pub settings: Settings,
    /// The compared recipes, in the order of the file.
    pub arms: Vec<Arm>,
}

impl Experiment {
    /// Merges the layers and reads them. Every scale is checked, not only the chosen one.
    pub(super) fn resolve(layers: &Layers, scale: Option<Scale>) -> Result<Self, ConfigError> {
        let chosen = layers.choose(scale)?;
        let resolved = Self::at(layers, chosen)?;
        for other in layers.scales().into_iter().filter(|other| *other != chosen) {
            Self::at(layers, other)?;
        }
        Ok(resolved)
    }

    fn at(layers: &Layers, scale: Scale) -> Result<Self, ConfigError> {
        let reader = Reader { layers, scale };
        let mut tree = layers.merged(scale)?;
        let base = reader.take_table(&mut tree, "method")?;
        let environments = reader.take_table(&mut tree, across::ENVIRONMENTS)?;
        let arms = reader.take_table(&mut tree, "arms")?;
        let arms = across::arms(&reader, arms, &environments, ENVIRONMENT)?;
        if arms.is_empty() {
            return Err(reader.invalid("arms", "there are none; add a table such as [arms.baseline]"));
        }
        if let Some(key) = tree.keys().find(|key| !Settings::KEYS.contains(&key.as_str())) {
            let known = Settings::KEYS.into_iter().chain(["method", "environments", "arms", "scales"]);
            return Err(reader.unknown_key(key, key, known.collect::<Vec<_>>()));
        }
        let settings: Settings = reader.read(&tree, "")?;
        let resolved = arms
            .iter()
            .map(|(name, table)| Arm::read(&reader, &base, tree.get(ENVIRONMENT), name, table))
            .collect::<Result<Vec<_>, _>>()?;
        reader.refuse_dead_settings(&base, &arms, "method")?;
        let experiment = Self { settings, arms: resolved };
        experiment.validate(&reader)?;
        Ok(experiment)
    }

    fn validate(&self, reader: &Reader<'_>) -> Result<(), ConfigError> {
        let s = &self.settings;
        s.budget.flaw().map_or(Ok(()), |flaw| Err(reader.invalid("budget", flaw)))?;
        for (path, value) in [
            ("seeds", s.seeds),
            ("budget", s.budget.amount()),
            ("evaluation.tasks", s.evaluation.tasks),
            ("evaluation.every", s.evaluation.every),
            ("checkpoint.every", s.checkpoint.every),
        ] {
            if value == 0 {
                return Err(reader.invalid(path, "is 0; it must be at least 1"));
            }
        }
        if !(s.metric.threshold > 0.0 && s.metric.threshold <= 1.0) {
            return Err(reader
                .invalid("metric.threshold", format!("is {}; it must lie in (0, 1]", s.metric.threshold)));
        }
        if !is_file_name(&s.name) {
            return Err(reader.invalid("name", "must consist of letters, digits, - and _; it names a folder"));
        }
        if let Some(arm) = self.arms.iter().find(|arm| !is_file_name(&arm.name)) {
            return Err(reader.invalid(
                &format!("arms.{}", arm.name),
                "must be named with letters, digits, - and _; the name is a folder",
            ));
        }
        if let Some(resources) = &s.resources {
            resources.validate(reader)?;
        }
        self.validate_tokens(reader)?;
        let measures = self.measures();
        let metrics = std::iter::once(("metric.primary", &s.metric.primary));
        for (path, metric) in
            metrics.chain(s.metric.secondary.iter().map(|metric| ("metric.secondary", metric)))
        {
            metric.check(&measures).map_err(|error| reader.invalid(path, error.to_string()))?;
        }
        for (path, claim) in claims(&s.verdict, &s.further) {
            let metric = |name: &str| self.metric(name).map(drop);
            let arm = |name: &str| if s.partial { Ok(()) } else { self.arm(name).map(drop) };
            claim.check(reader, &path, &metric, &arm)?;
        }
        Ok(())
    }

    /// Worlds of tokens, policies over tokens and their settings come together or not at all.
    fn validate_tokens(&self, reader: &Reader<'_>) -> Result<(), ConfigError> {
        let s = &self.settings;
        let tokens = s.environment.reads_tokens();
        if tokens == s.policy.on_features().is_some() {
            let (what, kinds) =
                if tokens { ("tokens", "transformer or gru") } else { ("features", "mlp, cnn or tabular") };
            let kind = s.policy.kind();
            let reason = format!("is {kind}, but this environment is read as {what}; use {kinds}");
            return Err(reader.invalid("policy.kind", reason));
        }
        if tokens != s.tokens.is_some() {
            let reason = if tokens {
                "is missing; say how the policy reads and draws"
            } else {
                "reads no tokens here"
            };
            return Err(reader.invalid("tokens", reason));
        }
        if tokens && s.evaluation.greedy {
            let reason =
                "has no meaning for turns of several tokens; lower tokens.evaluation-temperature instead";
            return Err(reader.invalid("evaluation.greedy", reason));
        }
        if s.evaluation.credit_tasks > 0 && !self.arms.iter().all(|arm| is_solved(self.environments(arm).0)) {
            let reason = "looks at credit in a world whose best play is known: text-quest or lookup-qa";
            return Err(reader.invalid("evaluation.credit-tasks", reason));
        }
        for arm in &self.arms {
            self.validate_teacher(arm, reader)?;
            if arm.warm_start_environment.is_some() && arm.warm_start.is_none() {
                let path = format!("arms.{}.{WARM_START_ENVIRONMENT}", arm.name);
                return Err(
                    reader.invalid(&path, "says where an expert is cloned, but there is no `warm-start`")
                );
            }
            let Some(warm_start) = &arm.warm_start else { continue };
            let path = format!("arms.{}.{WARM_START}", arm.name);
            if !tokens {
                return Err(reader.invalid(&path, "needs a world with an expert, which speaks in tokens"));
            }
            warm_start.validate().map_err(|error| reader.invalid(&path, error.to_string()))?;
            if warm_start.charge() >= s.budget.amount() && warm_start.charge() > 0 {
                let reason = format!("costs {} of the whole budget", warm_start.charge());
                return Err(reader.invalid(&path, reason));
            }
        }
        Ok(())
    }

    /// A method that distils needs a teacher.
    fn validate_teacher(&self, arm: &Arm, reader: &Reader<'_>) -> Result<(), ConfigError> {
        let path = format!("arms.{}.{TEACHER}", arm.name);
        match (&arm.teacher, &arm.method.distillation) {
            (_, None) => Ok(()),
            (None, Some(_)) => {
                Err(reader.invalid(&path, "is missing; `distillation` needs a network to distil from"))
            }
            (Some(_), Some(_)) if !self.settings.environment.reads_tokens() => {
                Err(reader.invalid(&path, "needs a world with an expert, which speaks in tokens"))
            }
            (Some(teacher), Some(_)) => {
                teacher.warm_start.validate().map_err(|error| reader.invalid(&path, error.to_string()))
            }
        }
    }

    /// Keeps only the named arms.
    pub fn keep_arms(&mut self, names: &[String]) -> Result<(), ConfigError> {
        for name in names {
            self.arm(name)?;
        }
        let before = self.arms.len();
        self.arms.retain(|arm| names.contains(&arm.name));
        self.settings.partial |= self.arms.len() < before;
        Ok(())
    }

    /// Where an arm trains, and where its held-out tasks are.
    pub(crate) fn environments<'a>(&'a self, arm: &'a Arm) -> (&'a EnvironmentConfig, &'a EnvironmentConfig) {
        let trained = arm.environment.as_ref().unwrap_or(&self.settings.environment);
        (trained, self.settings.evaluation.environment.as_ref().unwrap_or(trained))
    }

    /// What evaluation measures beside success, return and length.
    #[must_use]
    pub(crate) fn measures(&self) -> Vec<Known> {
        measured(&self.settings)
    }

    /// The metric of this name.
    pub(crate) fn metric(&self, name: &str) -> Result<MetricName, ConfigError> {
        let metric = MetricName::try_from(name.to_owned()).map_err(ConfigError::Metric)?;
        metric.check(&self.measures())?;
        Ok(metric)
    }

    /// The arm called `name`.
    pub fn arm(&self, name: &str) -> Result<&Arm, ConfigError> {
        named("arm", &self.arms, name, |arm| &arm.name)
    }

    /// The resolved file: every arm complete, nothing left to defaults. Reading it gives this value again.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(&self.to_table()?)
    }

    /// The identity of this configuration: blake3 of the resolved file with sorted keys.
    pub fn hash(&self) -> Result<String, toml::ser::Error> {
        resolved::hash(self.to_table()?)
    }

    fn to_table(&self) -> Result<Table, toml::ser::Error> {
        let written = |arm: &Arm| {
            let mut content = Table::try_from(&arm.method)?;
            if let Some(warm_start) = &arm.warm_start {
                content.insert(WARM_START.into(), Value::try_from(warm_start)?);
            }
            if let Some(environment) = &arm.warm_start_environment {
                content.insert(WARM_START_ENVIRONMENT.into(), Value::try_from(environment)?);
            }
            if let Some(teacher) = &arm.teacher {
                content.insert(TEACHER.into(), Value::try_from(teacher)?);
            }
            if let Some(environment) = &arm.environment {
                content.insert(ENVIRONMENT.into(), Value::try_from(environment)?);
            }
            Ok((arm.name.clone(), arm.about.clone(), content))
        };
        resolved::table(&self.settings, self.arms.iter().map(written))
    }
}

/// The key of an arm's warm start.
const WARM_START: &str = "warm-start";
/// The key of the environment of an arm's warm start.
const WARM_START_ENVIRONMENT: &str = "warm-start-environment";
/// The key of an arm's teacher.
const TEACHER: &str = "teacher";
/// The key of an environment.
const ENVIRONMENT: &str = "environment";

impl Settings {
    const KEYS: [&'static str; 17] = [
        "name",
        "dossier",
        "claim",
        "question",
        "scale",
        "seeds",
        "budget",
        "environment",
        "policy",
        "tokens",
        "evaluation",
        "checkpoint",
        "metric",
        "verdict",
        "further",
        "partial",
        "resources",
    ];
}

impl Arm {
    fn read(
        reader: &Reader<'_>,
        base: &Table,
        shared: Option<&Value>,
        name: &str,
        table: &Value,
    ) -> Result<Self, ConfigError> {
        let path = format!("arms.{name}");
        let (about, mut merged) = reader.lay_arm(base, name, table)?;
        let not_a_table = |key: &str| reader.invalid(&format!("{path}.{key}"), "must be a table");
        let warm_start: Option<WarmStart> = match merged.remove(WARM_START) {
            None => None,
            Some(Value::Table(table)) => Some(reader.read(&table, &format!("{path}.{WARM_START}"))?),
            Some(_) => return Err(not_a_table(WARM_START)),
        };
        let environment = match merged.remove(ENVIRONMENT) {
            None => None,
            Some(own) => Some(laid(&own, shared).ok_or_else(|| not_a_table(ENVIRONMENT))?),
        };
        let own = environment.as_ref().map(|table| reader.read(table, &format!("{path}.{ENVIRONMENT}")));
        let trained = environment.map(Value::Table);
        let trained = trained.as_ref().or(shared);
        let imitated = match merged.remove(WARM_START_ENVIRONMENT) {
            None => None,
            Some(keys) => {
                let world = laid(&keys, trained).ok_or_else(|| not_a_table(WARM_START_ENVIRONMENT))?;
                Some(reader.read(&world, &format!("{path}.{WARM_START_ENVIRONMENT}"))?)
            }
        };
        let teacher: Option<TeacherConfig> = match merged.remove(TEACHER) {
            None => None,
            Some(Value::Table(mut teacher)) => {
                if let Some(keys) = teacher.remove(ENVIRONMENT) {
                    let world = laid(&keys, trained);
                    let world = world.ok_or_else(|| not_a_table(&format!("{TEACHER}.{ENVIRONMENT}")))?;
                    teacher.insert(ENVIRONMENT.into(), Value::Table(world));
                }
                Some(reader.read(&teacher, &format!("{path}.{TEACHER}"))?)
            }
            Some(_) => return Err(not_a_table(TEACHER)),
        };
        let environment = own.transpose()?;
        let method: Method = reader.read(&merged, &path)?;
        check_method(&method).map_err(|reason| reader.invalid(&path, reason))?;
        // A teacher that all arms share is nobody's where nothing is distilled.
        let teacher = teacher.filter(|_| method.distillation.is_some());
        let name = name.to_owned();
        Ok(Self { name, about, method, warm_start, warm_start_environment: imitated, teacher, environment })
    }
}

/// The keys of an environment laid on the shared one.
fn laid(own: &Value, shared: Option<&Value>) -> Option<Table> {
    let mut laid = shared.and_then(Value::as_table).cloned().unwrap_or_default();
    tree::merge(&mut laid, own.as_table()?);
    Some(laid)
}
