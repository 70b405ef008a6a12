use super::captions::{CaptionId, Captions, SurfaceId};

/// Says which captions describe a subgoal of the quest: having the key or the potato, unlocking and opening the
/// box, frying the potato, and putting it on the table.
///
/// This is gold: it knows what the task wants. A [`QuestHouse`](super::QuestHouse) never hands one out, and neither
/// its observations nor its captions hold the answers. Make it where an experiment builds its annotator (with the delay and
/// the noise that the experiment studies) or measures how good a learned reward is; a policy or a scorer that reads it
/// directly is measuring itself.
#[derive(Debug, PartialEq, Eq)]
pub struct SubgoalOracle {
    subgoals: Vec<bool>,
}

impl SubgoalOracle {
    /// The oracle of the house's one quest.
    #[must_use]
    pub fn new(captions: &Captions) -> Self {
        Self { subgoals: captions.iter().map(|caption| is_subgoal(captions, caption)).collect() }
    }

    /// Whether the caption describes a subgoal. `false` for a number that is none.
    #[must_use]
    pub fn describes_subgoal(&self, caption: CaptionId) -> bool {
        self.subgoals.get(caption.0 as usize).copied().unwrap_or(false)
    }

    /// As [`SubgoalOracle::describes_subgoal`], for a caption in other words.
    #[must_use]
    pub fn surface_describes_subgoal(&self, captions: &Captions, surface: SurfaceId) -> bool {
        self.describes_subgoal(captions.caption_of(surface))
    }
}

fn is_subgoal(captions: &Captions, caption: CaptionId) -> bool {
    let happening = captions.happening(caption);
    let about = |slot: &str, name: &str| happening.names.get(slot).is_some_and(|found| found == name);
    match happening.rule.as_str() {
        "take" | "take/c" | "take/s" => about("o", "brass key") || about("o", "potato"),
        "unlock/c" | "open/c" => about("c", "brass box"),
        "cook/stove/needs_cooking" | "cook/stove/raw" => about("f", "potato"),
        "put" => about("o", "potato") && about("s", "table"),
        _ => false,
    }
}
