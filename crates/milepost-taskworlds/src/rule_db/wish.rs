use super::call::{Call, Role};
use super::canonical::equivalent;
use super::rules::RuleBook;
use super::tables::Database;
use super::triggers::{execute, replay};

/// What a client asks for, as the call that grants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// What the client would like best; granted instead of `call` where the rules let it.
    pub first_choice: Option<Call>,
    /// What is granted where the first choice is not possible.
    pub call: Call,
}

/// In which order wishes may be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// As written.
    Given,
    /// Any in which all can be granted: every one of them leads to the goal.
    Any,
}

/// Most wishes of which all orders are tried.
const MOST_PERMUTED: usize = 5;

/// Grants all wishes one after another. `None` if one cannot be granted.
#[must_use]
pub fn carry_out(book: &RuleBook, role: Role, start: &Database, wishes: &[Wish]) -> Option<Database> {
    wishes.iter().try_fold(start.clone(), |state, wish| Some(grant(book, role, &state, *wish)?.1))
}

/// The call that grants a wish in this state, and the state after it.
pub(super) fn grant(book: &RuleBook, role: Role, state: &Database, wish: Wish) -> Option<(Call, Database)> {
    let choices = wish.first_choice.into_iter().chain([wish.call]);
    choices.into_iter().find_map(|call| Some((call, execute(book, role, state, call).ok()?.database)))
}

/// Drops calls without which the others still lead from `start` to `goal`, and then the first choices that have
/// become possible.
#[must_use]
pub(super) fn minimise(
    book: &RuleBook,
    role: Role,
    start: &Database,
    goal: &Database,
    mut wishes: Vec<Wish>,
) -> Vec<Wish> {
    let mut at = 0;
    while at < wishes.len() {
        let others = wishes.iter().enumerate().filter(|(index, _)| *index != at);
        let calls: Vec<Call> = others.map(|(_, wish)| wish.call).collect();
        if replay(book, role, start, &calls).is_some_and(|end| equivalent(&end, goal)) {
            wishes.remove(at);
            at = 0;
        } else {
            at += 1;
        }
    }
    let mut state = start.clone();
    for wish in &mut wishes {
        wish.first_choice = wish.first_choice.filter(|first| execute(book, role, &state, *first).is_err());
        if let Ok(effect) = execute(book, role, &state, wish.call) {
            state = effect.database;
        }
    }
    wishes
}

/// [`Order::Any`] if every order in which all wishes can be granted leads to the goal.
#[must_use]
pub(super) fn pinned_order(
    book: &RuleBook,
    role: Role,
    start: &Database,
    wishes: &[Wish],
    goal: &Database,
) -> Order {
    if wishes.len() > MOST_PERMUTED {
        return Order::Given;
    }
    let mut left: Vec<Wish> = wishes.to_vec();
    if all_lead_to(book, role, start, &mut left, goal) { Order::Any } else { Order::Given }
}

fn all_lead_to(book: &RuleBook, role: Role, state: &Database, left: &mut Vec<Wish>, goal: &Database) -> bool {
    if left.is_empty() {
        return equivalent(state, goal);
    }
    (0..left.len()).all(|index| {
        let wish = left.remove(index);
        let fine =
            grant(book, role, state, wish).is_none_or(|(_, next)| all_lead_to(book, role, &next, left, goal));
        left.insert(index, wish);
        fine
    })
}
