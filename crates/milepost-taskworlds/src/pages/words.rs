use std::ops::Range;

use milepost_core::Vocabulary;

use super::action::PageAction;
use super::config::PageConfig;
use super::episode::{PageEpisode, Phase};
use super::page::SIDE;
use super::view::{Reading, Shown};
use crate::form::{Form, Lexicon, fixed_words, token};

fixed_words! {
    SEARCH = "search";
    SELECT = "select";
    CROP = "crop";
    ANSWER = "answer";
    QUESTION = "question";
    LIST = "list";
    PAGE = "page";
    CELL = "cell";
    ILLEGIBLE = "?";
    BLANK = "blank";
    OVER = "over";
    MALFORMED = "malformed";
}
/// The words of the world of pages: fixed ones, then numbers, entities, relations, values and page ids.
#[derive(Debug, Clone)]
pub(super) struct Words {
    vocabulary: Vocabulary,
    numbers: Range<u32>,
    entities: Range<u32>,
    relations: Range<u32>,
    values: Range<u32>,
    pages: Range<u32>,
}

impl Words {
    pub(super) fn new(config: &PageConfig) -> Self {
        let mut lexicon = Lexicon::new(FIXED);
        let numbers = lexicon.count('n', SIDE);
        let entities = lexicon.count('e', config.entities);
        let relations = lexicon.count('r', config.relations);
        let values = lexicon.count('v', config.values);
        let pages = lexicon.count('p', config.pages);
        let vocabulary = lexicon.finish();
        Self { vocabulary, numbers, entities, relations, values, pages }
    }

    pub(super) const fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The turns that can be understood with `list` results and, if `crop`, an open page that can be cropped.
    pub(super) fn forms(&self, config: &PageConfig, list: usize, crop: bool) -> Vec<Form> {
        let all = |range: &Range<u32>| range.clone().collect::<Vec<u32>>();
        let numbers = all(&self.numbers);
        let mut forms = vec![Form::new(SEARCH, [all(&self.entities), all(&self.relations)])];
        if list > 0 {
            forms.push(Form::new(SELECT, [numbers[..list.min(config.list as usize)].to_vec()]));
        }
        if crop {
            forms.push(Form::new(CROP, std::iter::repeat_n(numbers, 4)));
        }
        forms.push(Form::new(ANSWER, [all(&self.values)]));
        forms
    }

    /// An action as a whole turn.
    pub(super) fn write(&self, action: PageAction) -> Vec<u32> {
        let number = |n: u32| token(&self.numbers, n);
        let mut turn = match action {
            PageAction::Search { entity, relation } => {
                vec![SEARCH, token(&self.entities, entity), token(&self.relations, relation)]
            }
            PageAction::Select { slot } => vec![SELECT, number(slot)],
            PageAction::Crop { x0, y0, x1, y1 } => {
                vec![CROP, number(x0), number(y0), number(x1), number(y1)]
            }
            PageAction::Answer { value } => vec![ANSWER, token(&self.values, value)],
        };
        turn.push(Vocabulary::END);
        turn
    }

    /// The action that a whole turn stands for, if it is one.
    pub(super) fn read(&self, turn: &[u32]) -> Option<PageAction> {
        let within = |range: &Range<u32>, word: u32| range.contains(&word).then(|| word - range.start);
        let number = |word: u32| within(&self.numbers, word);
        let (end, words) = turn.split_last()?;
        if *end != Vocabulary::END {
            return None;
        }
        Some(match *words {
            [SEARCH, entity, relation] => PageAction::Search {
                entity: within(&self.entities, entity)?,
                relation: within(&self.relations, relation)?,
            },
            [SELECT, slot] => PageAction::Select { slot: number(slot)? },
            [CROP, x0, y0, x1, y1] => {
                PageAction::Crop { x0: number(x0)?, y0: number(y0)?, x1: number(x1)?, y1: number(y1)? }
            }
            [ANSWER, value] => PageAction::Answer { value: within(&self.values, value)? },
            _ => return None,
        })
    }

    /// Writes what the last turn brought.
    pub(super) fn say(&self, episode: &PageEpisode, into: &mut Vec<u32>) {
        let world = episode.world();
        match episode.phase() {
            Phase::Asked => {
                let asked = world.question();
                into.extend([
                    Vocabulary::BEGIN,
                    QUESTION,
                    token(&self.entities, asked.entity),
                    token(&self.relations, asked.relation),
                ]);
            }
            Phase::Listed => {
                into.push(LIST);
                for page in episode.results() {
                    let entity = world.pages()[*page as usize].entity;
                    into.extend([token(&self.pages, *page), token(&self.entities, entity)]);
                }
            }
            Phase::Opened => {
                let Some((_, page)) = episode.open() else { return };
                into.extend([PAGE, token(&self.entities, page.entity)]);
                for reading in Shown::FULL.read(page) {
                    let place = reading.place;
                    let corners = [place.x0, place.y0, place.x1 - 1, place.y1 - 1];
                    into.push(CELL);
                    into.extend(corners.map(|edge| token(&self.numbers, edge as u32)));
                    self.say_reading(reading, into);
                }
            }
            Phase::Cropped => {
                let (Some((_, page)), Some(shown)) = (episode.open(), episode.cropped()) else { return };
                into.push(CROP);
                let before = into.len();
                for reading in shown.read(page) {
                    self.say_reading(reading, into);
                }
                if into.len() == before {
                    into.push(BLANK);
                }
            }
            Phase::Over => into.push(if episode.log().malformed { MALFORMED } else { OVER }),
        }
    }

    fn say_reading(&self, reading: Reading, into: &mut Vec<u32>) {
        let or_illegible =
            |range: &Range<u32>, glyph: Option<u32>| glyph.map_or(ILLEGIBLE, |g| token(range, g));
        into.push(or_illegible(&self.relations, reading.relation));
        into.push(or_illegible(&self.values, reading.value));
    }
}
