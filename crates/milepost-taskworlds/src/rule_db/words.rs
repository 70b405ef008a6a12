use std::ops::Range;
use std::sync::Arc;

use milepost_core::Vocabulary;

use super::call::{Call, Role};
use super::rules::RuleKind;
use super::tables::{ITEMS, LARGEST, ORDERS, Status, Tier, USERS};
use super::violation::{Field, RuleId};
use crate::form::{Form, Lexicon, fixed_words, token};

fixed_words! {
    CALL = "call";
    DONE = "done";
    POLICY = "policy";
    ROLE = "acting-as";
    ANY_ORDER = "any-order";
    IN_ORDER = "in-order";
    WISH = "wish";
    OTHERWISE = "otherwise";
    WANTS = "wants";
    CHANGES = "changes";
    RETURNS = "returns";
    ROW = "row";
    OK = "ok";
    ERR = "err";
    MALFORMED = "malformed";
    OVER = "over";
}

/// What a turn says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Call(Call),
    Done,
}

/// The words of the database: the same for every task and generator.
#[derive(Debug, Clone)]
pub(super) struct Words {
    vocabulary: Vocabulary,
    forms: Arc<[Form]>,
    tools: Range<u32>,
    pub(super) roles: Range<u32>,
    tiers: Range<u32>,
    pub(super) statuses: Range<u32>,
    rules: Range<u32>,
    schema: Range<u32>,
    pub(super) fields: Range<u32>,
    numbers: Range<u32>,
    users: Range<u32>,
    items: Range<u32>,
    orders: Range<u32>,
}

impl Words {
    pub(super) fn new() -> Self {
        let mut lexicon = Lexicon::new(FIXED);
        let tools = lexicon.add(Call::TOOLS.map(str::to_owned));
        let roles = lexicon.add(["clerk", "manager"].map(str::to_owned));
        let tiers = lexicon.add(["basic", "silver", "gold"].map(str::to_owned));
        let statuses = lexicon.add(["new", "shipped", "cancelled"].map(str::to_owned));
        let rules = lexicon.add(RuleKind::ALL.map(|kind| format!("rule:{}", kind.name())));
        let schema = lexicon.add(RuleId::SCHEMA.map(|rule| format!("schema:{}", rule.name())));
        let fields = lexicon.add(Field::ALL.map(|(_, name)| name.to_owned()));
        let numbers = lexicon.count('n', LARGEST as u32 + 1);
        let users = lexicon.count('u', u32::from(USERS));
        let items = lexicon.count('i', u32::from(ITEMS));
        let orders = lexicon.count('o', u32::from(ORDERS));
        let vocabulary = lexicon.finish();
        let all = |range: &Range<u32>| range.clone().collect::<Vec<u32>>();
        let tool = |index: u32| vec![tools.start + index];
        let forms = Arc::new([
            Form::new(CALL, [tool(0), all(&users)]),
            Form::new(CALL, [tool(1), all(&items)]),
            Form::new(CALL, [tool(2), all(&users), all(&items), all(&numbers)]),
            Form::new(CALL, [tool(3), all(&orders), all(&items), all(&numbers)]),
            Form::new(CALL, [tool(4), all(&orders)]),
            Form::new(CALL, [tool(5), all(&users), all(&tiers)]),
            Form::new(DONE, []),
        ]);
        Self {
            vocabulary,
            forms,
            tools,
            roles,
            tiers,
            statuses,
            rules,
            schema,
            fields,
            numbers,
            users,
            items,
            orders,
        }
    }

    pub(super) const fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    pub(super) fn forms(&self) -> &[Form] {
        &self.forms
    }

    /// Tokens of the longest turn.
    pub(super) fn longest(&self) -> usize {
        self.forms.iter().map(Form::len).max().unwrap_or(1)
    }

    /// A whole turn.
    pub(super) fn write(&self, said: Said) -> Vec<u32> {
        let mut turn = match said {
            Said::Done => vec![DONE],
            Said::Call(call) => {
                let mut turn = vec![CALL, self.tools.start + call.tool() as u32];
                match call {
                    Call::GetUser { user } => turn.push(self.user(user)),
                    Call::GetItem { item } => turn.push(self.item(item)),
                    Call::CreateOrder { user, item, qty } => {
                        turn.extend([self.user(user), self.item(item), self.number(qty)]);
                    }
                    Call::UpdateOrder { order, item, qty } => {
                        turn.extend([self.order(order), self.item(item), self.number(qty)]);
                    }
                    Call::CancelOrder { order } => turn.push(self.order(order)),
                    Call::SetTier { user, tier } => turn.extend([self.user(user), self.tier(tier)]),
                }
                turn
            }
        };
        turn.push(Vocabulary::END);
        turn
    }

    /// What a whole turn says, if it says anything.
    pub(super) fn read(&self, turn: &[u32]) -> Option<Said> {
        let within =
            |range: &Range<u32>, word: u32| range.contains(&word).then(|| (word - range.start) as u8);
        let (end, words) = turn.split_last()?;
        if *end != Vocabulary::END {
            return None;
        }
        let (tool, arguments) = match words {
            [DONE] => return Some(Said::Done),
            [CALL, tool, arguments @ ..] => (within(&self.tools, *tool)?, arguments),
            _ => return None,
        };
        let (user, item, order) = (
            |word: u32| within(&self.users, word),
            |word: u32| within(&self.items, word),
            |word: u32| within(&self.orders, word),
        );
        let number = |word: u32| within(&self.numbers, word).map(|n| n as i8);
        Some(Said::Call(match (tool, arguments) {
            (0, [whom]) => Call::GetUser { user: user(*whom)? },
            (1, [what]) => Call::GetItem { item: item(*what)? },
            (2, [whom, what, qty]) => {
                Call::CreateOrder { user: user(*whom)?, item: item(*what)?, qty: number(*qty)? }
            }
            (3, [which, what, qty]) => {
                Call::UpdateOrder { order: order(*which)?, item: item(*what)?, qty: number(*qty)? }
            }
            (4, [which]) => Call::CancelOrder { order: order(*which)? },
            (5, [whom, tier]) => Call::SetTier {
                user: user(*whom)?,
                tier: Tier::ALL[usize::from(within(&self.tiers, *tier)?)],
            },
            _ => return None,
        }))
    }

    pub(super) fn rule(&self, rule: RuleId) -> u32 {
        match rule {
            RuleId::Missing => self.schema.start,
            RuleId::Range => self.schema.start + 1,
            RuleId::Closed => self.schema.start + 2,
            RuleId::Rule(kind) => self.rules.start + kind as u32,
        }
    }

    pub(super) fn user(&self, id: u8) -> u32 {
        token(&self.users, u32::from(id))
    }

    pub(super) fn item(&self, id: u8) -> u32 {
        token(&self.items, u32::from(id))
    }

    pub(super) fn order(&self, id: u8) -> u32 {
        token(&self.orders, u32::from(id))
    }

    pub(super) fn tier(&self, tier: Tier) -> u32 {
        self.tiers.start + tier as u32
    }

    pub(super) fn number(&self, number: i8) -> u32 {
        token(&self.numbers, u32::from(number.cast_unsigned()))
    }
}

const _: () = assert!(Status::ALL.len() == 3 && Tier::ALL.len() == 3 && Role::ALL.len() == 2);
