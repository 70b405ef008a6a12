use serde::{Deserialize, Serialize};

use crate::dynamics::Dynamics;
use crate::error::TaskError;
use crate::table::{LawError, Table};
use crate::worlds;

/// Something to do with a world whatever its type.
pub trait WorldVisitor {
    /// What comes of it.
    type Output;

    /// Does it.
    fn visit<D: Dynamics>(self, world: D) -> Self::Output;
}

/// Why a configured task could not be compiled.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BuildError {
    /// A parameter is out of range.
    #[error(transparent)]
    Parameter(#[from] TaskError),
    /// The world is too large to enumerate.
    #[error(transparent)]
    Law(#[from] LawError),
}

/// One place for the list of families: the enum that an experiment file reads, and what it builds.
macro_rules! families {
    ($($family:ident($config:ident);)*) => {
        /// A world by name and parameters, as an experiment file writes it:
        /// `{ kind = "bifurcation", horizon = 32 }`. Parameters that are left out have their defaults; one that
        /// does not exist is an error.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        pub enum TaskConfig {
            $(
                #[doc = concat!("See [`worlds::", stringify!($family), "`].")]
                $family(worlds::$config),
            )*
        }

        impl TaskConfig {
            /// Every family with its default parameters.
            #[must_use]
            pub fn all() -> Vec<Self> {
                vec![$(Self::$family(worlds::$config::default()),)*]
            }

            /// Builds the world and hands it to `visitor`, its own type kept.
            pub fn visit<V: WorldVisitor>(&self, visitor: V) -> Result<V::Output, TaskError> {
                match self {
                    $(Self::$family(config) => Ok(visitor.visit(worlds::$family::new(config.clone())?)),)*
                }
            }

            /// The same family with default parameters.
            fn defaults(&self) -> Self {
                match self {
                    $(Self::$family(_) => Self::$family(worlds::$config::default()),)*
                }
            }
        }
    };
}

families! {
    Bifurcation(BifurcationConfig);
    DelayedEffect(DelayedEffectConfig);
    Recovery(RecoveryConfig);
    Shortcut(ShortcutConfig);
    AmbiguousBandit(AmbiguousBanditConfig);
    VariableHorizon(VariableHorizonConfig);
    KeyToDoor(KeyToDoorConfig);
    MilestoneRooms(MilestoneRoomsConfig);
    Umbrella(UmbrellaConfig);
    DiscountingChain(DiscountingChainConfig);
    MemoryAlias(MemoryAliasConfig);
    TwoWorlds(TwoWorldsConfig);
    DelayedSum(DelayedSumConfig);
    OverlappingTree(OverlappingTreeConfig);
    Turns(TurnsConfig);
    Interleaving(InterleavingConfig);
    RiskyInsert(RiskyInsertConfig);
    Grid(GridConfig);
    Pinpad(PinpadConfig);
    BoxPushing(BoxPushingConfig);
    RandomWalk(RandomWalkConfig);
    Chain(ChainConfig);
    RiverSwim(RiverSwimConfig);
    DoubleLoop(DoubleLoopConfig);
    TwoState(TwoStateConfig);
}

impl TaskConfig {
    /// The world compiled into flat arrays: one type for all families.
    pub fn build(&self) -> Result<Table, BuildError> {
        Ok(self.visit(Compile)??)
    }

    /// The family and the parameters that differ from its defaults: `bifurcation horizon=32`.
    #[must_use]
    pub fn label(&self) -> String {
        let (own, default) = (fields(self), fields(&self.defaults()));
        let kind = own.get("kind").and_then(serde_json::Value::as_str).unwrap_or_default();
        let changed = own.iter().filter(|(name, value)| default.get(*name) != Some(value));
        changed.fold(kind.to_owned(), |label, (name, value)| format!("{label} {name}={value}"))
    }
}

/// The fields of a task as an experiment file names them.
fn fields(task: &TaskConfig) -> serde_json::Map<String, serde_json::Value> {
    match serde_json::to_value(task) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => serde_json::Map::new(),
    }
}

struct Compile;

impl WorldVisitor for Compile {
    type Output = Result<Table, LawError>;

    fn visit<D: Dynamics>(self, world: D) -> Self::Output {
        Table::compile(&world, Table::CAP)
    }
}
