use milepost_core::Vocabulary;

use super::call::{Call, Role};
use super::rules::RuleBook;
use super::tables::Database;
use super::task::RuleDbTask;
use super::violation::{RuleId, Violation};
use super::wish::{Order, Wish};
use super::words::{
    ANY_ORDER, CHANGES, ERR, IN_ORDER, MALFORMED, OK, OTHERWISE, OVER, POLICY, RETURNS, ROLE, ROW, WANTS,
    WISH, Words,
};

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

impl Words {
    /// What the world says about a state.
    pub(super) fn say(&self, reply: Reply, task: &RuleDbTask, state: &Database, into: &mut Vec<u32>) {
        match reply {
            Reply::Task => {
                into.push(Vocabulary::BEGIN);
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
}
