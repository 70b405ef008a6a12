use std::collections::{BTreeMap, BTreeSet};

use super::paraphrase::{FORMS, forms};
use crate::generate::{Family, House, house};
use crate::logic::{KnowledgeBase, Rule, template};
use crate::text::sentence;

/// What a caption says, whatever the words: a number below [`Captions::len`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaptionId(pub u32);

/// The words of a caption: a number below [`Captions::surface_count`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SurfaceId(pub u32);

/// Every caption of the house, the same for every seed and size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captions {
    /// What happened: a rule, and the names of what it happened to, sorted by slot.
    events: Vec<Happening>,
    /// `FORMS` texts for each.
    texts: Vec<[String; FORMS]>,
    numbers: BTreeMap<Happening, CaptionId>,
}

/// A rule that was applied, and the names in the slots of its sentence.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Happening {
    pub(super) rule: String,
    pub(super) names: BTreeMap<String, String>,
}

/// What is said before anything happened.
const START: &str = "you look around .";

/// The rules that never apply in the house, by how their names begin: it has a stove to cook with, but no knife and no
/// recipe, and its doors have no locks.
const NEVER: [&str; 8] =
    ["chop", "slice", "dice", "lock/d", "unlock/d", "cook/oven", "cook/toaster", "make/recipe"];

impl Captions {
    /// All captions: first that of the start, then rule after rule in order of their names.
    #[must_use]
    pub fn new() -> Self {
        let mut new = Self { events: Vec::new(), texts: Vec::new(), numbers: BTreeMap::new() };
        new.push(Happening { rule: String::new(), names: BTreeMap::new() }, [START; FORMS]);
        let knowledge = Family::House(House::default()).knowledge();
        for rule in possible_rules(&knowledge) {
            for names in groundings(&knowledge, rule, sentence(&rule.name)) {
                new.push(Happening { rule: rule.name.to_string(), names }, forms(&rule.name));
            }
        }
        new
    }

    fn push(&mut self, event: Happening, forms: [&str; FORMS]) {
        let texts = forms.map(|form| fill(form, &event.names));
        // Two rules can say the same (`fry` what is raw, and what needs cooking): one caption for both.
        let same = self.texts.iter().position(|known| known[0] == texts[0]);
        let number = CaptionId(same.unwrap_or(self.texts.len()) as u32);
        self.numbers.insert(event.clone(), number);
        if same.is_none() {
            self.texts.push(texts);
            self.events.push(event);
        }
    }

    /// Number of captions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Never: something is always said at the start.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// The caption of the start of an episode.
    #[must_use]
    pub const fn start(&self) -> CaptionId {
        CaptionId(0)
    }

    /// All captions.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = CaptionId> + use<> {
        (0..self.texts.len() as u32).map(CaptionId)
    }

    /// The words of a caption where nothing is paraphrased. Empty for a number that is none.
    #[must_use]
    pub fn text(&self, caption: CaptionId) -> &str {
        self.texts.get(caption.0 as usize).map_or("", |forms| forms[0].as_str())
    }

    /// Number of surface forms: five for each caption.
    #[must_use]
    pub fn surface_count(&self) -> usize {
        self.texts.len() * FORMS
    }

    /// The words of a surface form. Empty for a number that is none.
    #[must_use]
    pub fn surface_text(&self, surface: SurfaceId) -> &str {
        let caption = self.texts.get(surface.0 as usize / FORMS);
        caption.map_or("", |forms| forms[surface.0 as usize % FORMS].as_str())
    }

    /// What a surface form says.
    #[must_use]
    pub const fn caption_of(&self, surface: SurfaceId) -> CaptionId {
        CaptionId(surface.0 / FORMS as u32)
    }

    /// The surface forms of a caption, the plain one first.
    pub fn surfaces(&self, caption: CaptionId) -> impl ExactSizeIterator<Item = SurfaceId> + use<> {
        (0..FORMS as u32).map(move |form| SurfaceId(caption.0 * FORMS as u32 + form))
    }

    /// The caption of something that happened.
    pub(super) fn find(&self, happening: &Happening) -> Option<CaptionId> {
        self.numbers.get(happening).copied()
    }

    /// What a caption was made for.
    pub(super) fn happening(&self, caption: CaptionId) -> &Happening {
        &self.events[caption.0 as usize]
    }
}

impl Default for Captions {
    fn default() -> Self {
        Self::new()
    }
}

/// Every command that changes something in some house, sorted.
pub(super) fn commands() -> Vec<String> {
    let knowledge = Family::House(House::default()).knowledge();
    let mut commands = BTreeSet::new();
    for rule in possible_rules(&knowledge) {
        let template = rule.command.as_deref().unwrap_or_default();
        let grounded = groundings(&knowledge, rule, template);
        commands.extend(grounded.into_iter().map(|names| fill(template, &names)));
    }
    commands.into_iter().collect()
}

/// The rules that change something and can apply in the house.
fn possible_rules(knowledge: &KnowledgeBase) -> impl Iterator<Item = &Rule> {
    knowledge.rules.values().filter(|rule| {
        let changes = rule.preconditions != rule.postconditions
            && rule.postconditions.iter().any(|after| !rule.preconditions.contains(after));
        changes && !NEVER.iter().any(|never| rule.name.starts_with(never))
    })
}

/// Every way to fill the slots of a text with the names of things of the house that may stand there.
fn groundings(knowledge: &KnowledgeBase, rule: &Rule, text: &str) -> Vec<BTreeMap<String, String>> {
    let inventory = house::inventory();
    let placeholders = rule.placeholders();
    let mut all = vec![BTreeMap::new()];
    for slot in template::slots(text) {
        let Some(kind) = placeholders.iter().find(|p| p.name == slot).map(|p| &p.kind) else { continue };
        let fits = || inventory.iter().filter(|(thing, _)| knowledge.types.is_a(thing, kind));
        all = all
            .iter()
            .flat_map(|names: &BTreeMap<String, String>| {
                fits().map(|(_, name)| {
                    let mut names = names.clone();
                    names.insert(slot.to_owned(), name.clone());
                    names
                })
            })
            .collect();
    }
    all.retain(fits_its_lock);
    all
}

/// A key goes with what is made of the same material.
fn fits_its_lock(names: &BTreeMap<String, String>) -> bool {
    let material = |slot: &str| names.get(slot).and_then(|name| name.split(' ').next());
    match (material("k"), material("c")) {
        (Some(key), Some(lock)) => key == lock,
        _ => true,
    }
}

fn fill(text: &str, names: &BTreeMap<String, String>) -> String {
    let filled = template::fill(text, |slot, out| {
        out.push_str(names.get(slot).map_or("", String::as_str));
        Ok::<(), std::convert::Infallible>(())
    });
    filled.unwrap_or_else(|never| match never {})
}
