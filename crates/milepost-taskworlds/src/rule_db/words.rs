use std::ops::Range;
use std::sync::Arc;

use milepost_core::Vocabulary;

use super::call::{Call, Role};
use super::rules::{RuleBook, RuleKind};
use super::tables::{Database, ITEMS, LARGEST, ORDERS, Status, Tier, USERS};
use super::task::RuleDbTask;
use super::violation::{Field, RuleId, Violation};
use super::wish::{Order, Wish};
use crate::form::{Form, token};

const FIXED: [&str; 16] = [
    "call",
    "done",
    "policy",
    "acting-as",
    "any-order",
    "in-order",
    "wish",
    "otherwise",
    "wants",
    "changes",
    "returns",
    "row",
    "ok",
    "err",
    "malformed",
    "over",
];

/// The id of a fixed word.
const fn fixed(index: usize) -> u32 {
    (Vocabulary::RESERVED.len() + index) as u32
}

const CALL: u32 = fixed(0);
const DONE: u32 = fixed(1);
const POLICY: u32 = fixed(2);
const ROLE: u32 = fixed(3);
const ANY_ORDER: u32 = fixed(4);
const IN_ORDER: u32 = fixed(5);
const WISH: u32 = fixed(6);
const OTHERWISE: u32 = fixed(7);
const WANTS: u32 = fixed(8);
const CHANGES: u32 = fixed(9);
const RETURNS: u32 = fixed(10);
const ROW: u32 = fixed(11);
const OK: u32 = fixed(12);
const ERR: u32 = fixed(13);
const MALFORMED: u32 = fixed(14);
const OVER: u32 = fixed(15);

/// What a turn says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Call(Call),
    Done,
}

/// What the world replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    Task,
    User(u8),
    Item(u8),
    Created(u8),
    Accepted,
    Rejected(Violation),
    Malformed,
    Over,
}

/// The words of the database: the same for every task and generator.
#[derive(Debug, Clone)]
pub(super) struct Words {
    vocabulary: Vocabulary,
    forms: Arc<[Form]>,
    tools: Range<u32>,
    roles: Range<u32>,
    tiers: Range<u32>,
    statuses: Range<u32>,
    rules: Range<u32>,
    schema: Range<u32>,
    fields: Range<u32>,
    numbers: Range<u32>,
    users: Range<u32>,
    items: Range<u32>,
    orders: Range<u32>,
}

impl Words {
    pub(super) fn new() -> Self {
        let mut words: Vec<String> = FIXED.map(str::to_owned).into();
        let mut add = |more: Vec<String>| {
            let first = fixed(words.len());
            let range = first..first + more.len() as u32;
            words.extend(more);
            range
        };
        let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let counted =
            |letter: char, count: u8| (0..count).map(|n| format!("{letter}{n}")).collect::<Vec<_>>();
        let tools = add(named(&Call::TOOLS));
        let roles = add(named(&["clerk", "manager"]));
        let tiers = add(named(&["basic", "silver", "gold"]));
        let statuses = add(named(&["new", "shipped", "cancelled"]));
        let rules = add(RuleKind::ALL.map(|kind| format!("rule:{}", kind.name())).into());
        let schema = add(RuleId::SCHEMA.map(|rule| format!("schema:{}", rule.name())).into());
        let fields = add(Field::ALL.map(|(_, name)| name.to_owned()).into());
        let numbers = add(counted('n', LARGEST as u8 + 1));
        let users = add(counted('u', USERS));
        let items = add(counted('i', ITEMS));
        let orders = add(counted('o', ORDERS));
        let vocabulary = Vocabulary::new(words).expect("the words are distinct");
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

    /// What the world says about a state.
    pub(super) fn say(&self, reply: Reply, task: &RuleDbTask, state: &Database, into: &mut Vec<u32>) {
        match reply {
            Reply::Task => {
                self.say_policy(&task.book, task.role, into);
                self.say_user_view(task, into);
            }
            Reply::User(user) => {
                let Some(row) = state.users.get(&user) else { return };
                into.extend([
                    ROW,
                    self.user(user),
                    self.tier(row.tier),
                    self.number(row.balance),
                    self.number(row.open),
                ]);
                for (id, order) in state.orders.iter().filter(|(_, order)| order.user == user) {
                    let status = self.statuses.start + order.status as u32;
                    into.extend([self.order(*id), self.item(order.item), self.number(order.qty), status]);
                }
            }
            Reply::Item(item) => {
                let Some(row) = state.items.get(&item) else { return };
                into.extend([ROW, self.item(item)]);
                into.extend([row.stock, row.price, row.band].map(|n| self.number(n)));
            }
            Reply::Created(order) => into.extend([OK, self.order(order)]),
            Reply::Accepted => into.push(OK),
            Reply::Rejected(Violation { rule, field, .. }) => {
                into.extend([ERR, self.rule(rule), self.fields.start + field as u32]);
            }
            Reply::Malformed => into.push(MALFORMED),
            Reply::Over => into.push(OVER),
        }
    }

    /// The rules in force and the caller's role: what an agent is told by its employer.
    fn say_policy(&self, book: &RuleBook, role: Role, into: &mut Vec<u32>) {
        into.push(POLICY);
        for (kind, parameter) in book.iter() {
            into.push(self.rule(RuleId::Rule(kind)));
            if kind.has_parameter() {
                into.push(self.number(parameter));
            }
        }
        into.extend([ROLE, self.roles.start + role as u32]);
    }

    /// The wishes of the client, in whose words there are neither tools nor rules.
    pub(super) fn say_user_view(&self, task: &RuleDbTask, into: &mut Vec<u32>) {
        into.push(if task.order == Order::Any { ANY_ORDER } else { IN_ORDER });
        for Wish { first_choice, call } in &task.wishes {
            into.push(WISH);
            if let Some(first) = first_choice {
                self.say_clause(*first, &task.start, into);
                into.push(OTHERWISE);
            }
            self.say_clause(*call, &task.start, into);
        }
    }

    fn say_clause(&self, call: Call, start: &Database, into: &mut Vec<u32>) {
        into.extend(call.user(start).map(|user| self.user(user)));
        match call {
            Call::CreateOrder { item, qty, .. } => into.extend([WANTS, self.number(qty), self.item(item)]),
            Call::UpdateOrder { order, item, qty } => {
                into.extend([CHANGES, self.order(order), self.number(qty), self.item(item)]);
            }
            Call::CancelOrder { order } => into.extend([RETURNS, self.order(order)]),
            Call::SetTier { tier, .. } => into.extend([WANTS, self.tier(tier)]),
            // Reading changes nothing, so nobody wishes for it.
            Call::GetUser { .. } | Call::GetItem { .. } => {}
        }
    }

    fn rule(&self, rule: RuleId) -> u32 {
        match rule {
            RuleId::Missing => self.schema.start,
            RuleId::Range => self.schema.start + 1,
            RuleId::Closed => self.schema.start + 2,
            RuleId::Rule(kind) => self.rules.start + kind as u32,
        }
    }

    fn user(&self, id: u8) -> u32 {
        token(&self.users, u32::from(id))
    }

    fn item(&self, id: u8) -> u32 {
        token(&self.items, u32::from(id))
    }

    fn order(&self, id: u8) -> u32 {
        token(&self.orders, u32::from(id))
    }

    fn tier(&self, tier: Tier) -> u32 {
        self.tiers.start + tier as u32
    }

    fn number(&self, number: i8) -> u32 {
        token(&self.numbers, u32::from(number.cast_unsigned()))
    }
}

const _: () = assert!(Status::ALL.len() == 3 && Tier::ALL.len() == 3 && Role::ALL.len() == 2);
