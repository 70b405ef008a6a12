use super::position::Position;
use super::tables::Tables;

/// Which action a command means where it names several. TextWorld's two engines disagree; in its own
/// challenges only "prepare meal" shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Resolve {
    /// The first valid action: TextWorld's engine for .json games.
    #[default]
    FirstRule,
    /// The valid action with the most preconditions, the first of those: the compiled game with TextWorld's
    /// state tracking. A meal is prepared by the rule for as many ingredients as the recipe has, or not at all.
    MostPreconditions,
}

const RECIPE: &str = "make/recipe/";

impl Resolve {
    /// The action; `None` where the game refuses. The command must be admissible.
    #[inline]
    pub(super) fn resolve(self, tables: &Tables, position: &Position, command: u32) -> Option<u32> {
        let mut valid = tables.ways(command).iter().copied().filter(|i| position.valid().contains(*i));
        match self {
            Self::FirstRule => valid.next(),
            Self::MostPreconditions => {
                let size = |instance: u32| tables.actions.precondition_count(instance);
                // The first of the largest.
                let largest = valid.reduce(|best, next| if size(next) > size(best) { next } else { best })?;
                if !tables.instance(largest).rule.starts_with(RECIPE) {
                    return Some(largest);
                }
                let asked =
                    tables.ingredients.iter().filter(|fact| position.facts().contains(**fact)).count();
                let rule = format!("{RECIPE}{asked}");
                let ways = tables.ways(command).iter().copied();
                let mut of_rule = ways.filter(|instance| tables.instance(*instance).rule == rule.as_str());
                of_rule.find(|instance| position.valid().contains(*instance))
            }
        }
    }
}
