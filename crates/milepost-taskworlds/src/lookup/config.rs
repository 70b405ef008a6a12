use serde::{Deserialize, Serialize};

use super::turn::Rules;
use super::words::Thought;
use milepost_core::{ParameterCheck as Check, ParameterError};

/// Which world a task asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum WorldScope {
    /// Every task has a world of its own: what is not looked up cannot be known.
    #[default]
    PerGroup,
    /// One world for all tasks, which can be memorised.
    Fixed {
        /// Which.
        seed: u64,
    },
}

/// What the answer is paid by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeReward {
    /// 1 for the very name, else 0.
    #[default]
    ExactMatch,
    /// Bag-of-tokens F1 with the name ([`super::f1`]).
    F1,
}

/// Which chains of relations are asked about. A pair of neighbours `(r, s)` is *held out* where `r + s` is a
/// multiple of the number of relations: one pair in that many, with every relation in both places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Compositions {
    /// All, each equally likely.
    #[default]
    All,
    /// Chains without a held-out pair.
    Seen,
    /// Chains with at least one held-out pair.
    Unseen,
}

/// Parameters of [`super::LookupQa`]; the defaults are those of IGPO's experiment. Worlds that share `entities`,
/// `relations`, `name-len` and `document-ids` share a vocabulary, and so a policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct LookupConfig {
    /// Entities, `E`.
    pub entities: u32,
    /// Relations, `R`, each a total function of the entities.
    pub relations: u32,
    /// Relations to follow from the question's entity to the answer, 1 to 4.
    pub hops: u32,
    /// Tokens of an entity's name: 1, or 2 (a first name, and one of four last names).
    pub name_len: u32,
    /// `η`: scale of the Gumbel noise on the retriever's scores.
    pub retriever_noise: f64,
    /// `k`: documents returned to a query by their scores.
    pub top_k: u32,
    /// Other documents, drawn uniformly, mixed into every reply.
    pub distractors: u32,
    /// `B`: turns, that of the answer included; at least one more than the hops.
    pub turns: u32,
    /// Probability that the last relation maps every entity to the popular one ([`super::POPULAR`]), so that the
    /// answer can be guessed.
    pub shortcut: f64,
    /// Which world a task asks about.
    pub world: WorldScope,
    /// Which chains of relations are asked about.
    pub compositions: Compositions,
    /// The most think tokens before a turn's action; 0 forbids them.
    pub thoughts: u32,
    /// Whether an answer may name the entities on the way (`via`).
    pub via: bool,
    /// The most documents that an answer may cite. With 0, documents are shown without ids.
    pub citations: u32,
    /// Ids that documents are shown under; enough for every document of an episode.
    pub document_ids: u32,
    /// Whether the grammar allows nothing but an answer in the last turn.
    pub force_answer: bool,
    /// What the answer is paid by.
    pub outcome: OutcomeReward,
    /// Whether the hints that this world lends to samplers state the answer as well as the plan.
    pub answer_in_hint: bool,
    /// A relation that the expert takes for the one after it: what it demonstrates is wrong wherever the question names
    /// this relation. Nothing else depends on it. For teachers with a planted mistake.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub misread: Option<u32>,
}

impl Default for LookupConfig {
    fn default() -> Self {
        Self {
            entities: 24,
            relations: 4,
            hops: 2,
            name_len: 2,
            retriever_noise: 0.3,
            top_k: 2,
            distractors: 0,
            turns: 4,
            shortcut: 0.0,
            world: WorldScope::default(),
            compositions: Compositions::default(),
            thoughts: 2,
            via: false,
            citations: 0,
            document_ids: 16,
            force_answer: true,
            outcome: OutcomeReward::default(),
            answer_in_hint: false,
            misread: None,
        }
    }
}

impl LookupConfig {
    /// Documents in the corpus: one for each entity and relation.
    #[must_use]
    pub const fn corpus(&self) -> u32 {
        self.entities * self.relations
    }

    /// Documents of one reply.
    #[must_use]
    pub const fn reply(&self) -> u32 {
        self.top_k + self.distractors
    }

    /// The most tokens of an episode: the prompt, every turn as long as it can be, and every reply but that of the
    /// answer. What a policy's context must hold for it never to be cut.
    #[must_use]
    pub fn token_bound(&self) -> usize {
        let (name, rules) = (self.name_len as usize, Rules::new(self));
        let label = usize::from(self.citations > 0);
        let reply = self.reply() as usize * (2 + label + 2 * name + 1);
        let searches = self.turns as usize - usize::from(self.force_answer);
        let prompt = 2 + name + self.hops as usize;
        let answer = usize::from(self.force_answer) * rules.answer_limit();
        prompt + searches * (rules.query_limit() + reply) + answer
    }

    /// `Err` names the first parameter that no world can be built with, and what would be accepted.
    pub fn validate(&self) -> Result<(), ParameterError> {
        let check = Check("lookup-qa");
        check.between("entities", self.entities, 2, 256)?;
        check.between("relations", self.relations, 1, 16)?;
        check.between("hops", self.hops, 1, Thought::HOPS)?;
        check.between("name-len", self.name_len, 1, 2)?;
        check.not_negative("retriever-noise", self.retriever_noise)?;
        check.between("top-k", self.top_k, 1, 8)?;
        check.between("distractors", self.distractors, 0, 8)?;
        check.that(
            self.reply() <= self.corpus(),
            "distractors",
            self.distractors,
            format!("at most {}, what top-k leaves of the corpus", self.corpus().saturating_sub(self.top_k)),
        )?;
        check.between("turns", self.turns, self.hops + 1, 64)?;
        check.probability("shortcut", self.shortcut)?;
        check.that(
            self.shortcut == 0.0 || self.world == WorldScope::PerGroup,
            "shortcut",
            self.shortcut,
            "0 in a fixed world, whose relations are the same in every task",
        )?;
        check.that(
            self.compositions == Compositions::All || (self.relations > 1 && self.hops > 1),
            "compositions",
            "not `all`",
            "`all` where there are no two relations or no two hops to compose",
        )?;
        check.between("thoughts", self.thoughts, 0, 8)?;
        if let Some(misread) = self.misread {
            check.between("misread", misread, 0, self.relations - 1)?;
            check.that(
                self.relations > 1,
                "misread",
                misread,
                "left out where there is no other relation",
            )?;
        }
        check.between("citations", self.citations, 0, 20)?;
        check.between("document-ids", self.document_ids, 1, 1024)?;
        check.that(
            self.citations == 0 || self.turns * self.reply() <= self.document_ids,
            "document-ids",
            self.document_ids,
            format!("at least {}: turns × (top-k + distractors)", self.turns * self.reply()),
        )
    }
}
