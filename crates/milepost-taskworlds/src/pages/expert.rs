use super::action::PageAction;
use super::config::ActionSpace;
use super::episode::PageEpisode;
use super::world::Query;

/// What an honest reader does who knows where the answer stands, but answers only after having read it.
///
/// Reads the open page if it is a gold one: answers once the value is legible, else crops the gold box. Otherwise
/// opens the first gold page of the list, or searches: for the question itself, or, where that finds no gold page,
/// for the first other query that does. `None` where the episode is over, nothing finds a gold page, or
/// too few turns are left.
pub(super) fn expert(episode: &PageEpisode) -> Option<PageAction> {
    if episode.ending().is_some() {
        return None;
    }
    let plan = reading(episode).or_else(|| opening(episode)).or_else(|| searching(episode))?;
    (plan.turns <= episode.left()).then_some(plan.next)
}

/// The next action, and the turns to the end with it.
struct Plan {
    next: PageAction,
    turns: u32,
}

/// Turns to read a gold page that is open, and to answer; `None` where it cannot be read at all.
fn turns_to_read(episode: &PageEpisode, needs_crop: bool) -> Option<u32> {
    match (needs_crop, episode.actions()) {
        (false, _) => Some(1),
        (true, ActionSpace::Hierarchical) => Some(2),
        (true, ActionSpace::WithoutCrop) => None,
    }
}

fn reading(episode: &PageEpisode) -> Option<Plan> {
    let (id, page) = episode.open()?;
    let gold = episode.oracle().annotation(id)?;
    let answer = PageAction::Answer { value: episode.oracle().answer };
    let read = episode.cropped().is_some_and(|shown| {
        shown.read(page).any(|reading| reading.place == gold.region && reading.value.is_some())
    });
    if read || !gold.needs_crop {
        return Some(Plan { next: answer, turns: 1 });
    }
    let turns = turns_to_read(episode, true)?;
    Some(Plan { next: PageAction::crop(gold.region), turns })
}

/// The slot of the first gold page of a list, and the turns to open and read it.
fn first_gold(episode: &PageEpisode, list: &[u32]) -> Option<(u32, u32)> {
    (0..).zip(list).find_map(|(slot, page)| {
        let gold = episode.oracle().annotation(*page)?;
        Some((slot, 1 + turns_to_read(episode, gold.needs_crop)?))
    })
}

fn opening(episode: &PageEpisode) -> Option<Plan> {
    let (slot, turns) = first_gold(episode, episode.results())?;
    Some(Plan { next: PageAction::Select { slot }, turns })
}

fn searching(episode: &PageEpisode) -> Option<Plan> {
    let question = episode.world().question();
    let others = (0..episode.relations()).map(|relation| Query { relation, ..question });
    std::iter::once(question).chain(others).find_map(|query| {
        let list = episode.world().retrieve(query);
        let (_, turns) = first_gold(episode, &list)?;
        Some(Plan { next: PageAction::search(query), turns: 1 + turns })
    })
}
