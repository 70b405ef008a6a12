use milepost_core::{Purpose, Stream, StreamKey, TaskSeed};

use super::config::PageConfig;
use super::oracle::{GoldPage, PageOracle};
use super::page::{CELLS, Page, Print};

/// A question: which value has this relation of this entity?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query {
    /// The entity.
    pub entity: u32,
    /// The relation.
    pub relation: u32,
}

/// The pages of one task and the question about them. A pure function of the parameters and the task seed.
#[derive(Debug, Clone, PartialEq)]
pub struct World {
    seed: TaskSeed,
    noise: f64,
    list: usize,
    pages: Vec<Page>,
    question: Query,
    oracle: PageOracle,
}

impl World {
    /// Draws the world of `seed`.
    ///
    /// Each entity has a value for each relation, and a size of print. Each page tells three different relations
    /// of its entity, so several pages may answer a question; all of them are in the same print. The question
    /// is about a random cell of a random page.
    pub(super) fn draw(config: &PageConfig, seed: TaskSeed) -> Self {
        let key = StreamKey { task: seed.get(), ..StreamKey::new(0, Purpose::named("page-qa world")) };
        let mut stream = Stream::new(key);
        let prints: Vec<Print> = (0..config.entities)
            .map(|_| if stream.uniform() < config.large_print { Print::Large } else { Print::Small })
            .collect();
        let facts: Vec<u32> = (0..config.entities * config.relations)
            .map(|_| stream.below(u64::from(config.values)) as u32)
            .collect();
        let value = |entity: u32, relation: u32| facts[(entity * config.relations + relation) as usize];
        let mut entities: Vec<u32> = (0..config.pages).map(|page| page % config.entities).collect();
        stream.shuffle(&mut entities);
        let pages: Vec<Page> = entities
            .into_iter()
            .map(|entity| {
                let mut relations: Vec<u32> = (0..config.relations).collect();
                stream.shuffle(&mut relations);
                let told: [(u32, u32); CELLS] =
                    std::array::from_fn(|cell| (relations[cell], value(entity, relations[cell])));
                Page::new(entity, prints[entity as usize], told, config.clutter, &mut stream)
            })
            .collect();
        let about = &pages[stream.below(pages.len() as u64) as usize];
        let relation = about.cells[stream.below(CELLS as u64) as usize].relation;
        let question = Query { entity: about.entity, relation };
        let oracle = annotate(&pages, question, value(question.entity, relation));
        let list = config.list as usize;
        Self { seed, noise: config.retriever_noise, list, pages, question, oracle }
    }

    /// What is asked.
    #[must_use]
    pub const fn question(&self) -> Query {
        self.question
    }

    /// All pages; their ids are their positions.
    #[must_use]
    pub fn pages(&self) -> &[Page] {
        &self.pages
    }

    /// What a query finds: the first ids by
    /// `2 · 1[entity] + 1[tells the relation] + η · Gumbel`, ties in the order of their ids.
    ///
    /// The noise is a function of the task and the query, so a query asked again finds the same pages.
    #[must_use]
    pub fn retrieve(&self, query: Query) -> Vec<u32> {
        let purpose = Purpose::named("page-qa retriever");
        let asked = u64::from(query.entity) << 32 | u64::from(query.relation);
        let key = StreamKey { task: self.seed.get(), episode: asked, ..StreamKey::new(0, purpose) };
        let mut stream = Stream::new(key);
        let mut scored: Vec<(f64, u32)> = (0..)
            .zip(&self.pages)
            .map(|(id, page)| {
                let entity = f64::from(u8::from(page.entity == query.entity));
                let relation = f64::from(u8::from(page.cell(query.relation).is_some()));
                // 1 − u is never 0, and −ln of it is 0 only where u is.
                let exponential = -libm::log(1.0 - stream.uniform());
                let gumbel = -libm::log(exponential.max(f64::MIN_POSITIVE));
                (2.0 * entity + relation + self.noise * gumbel, id)
            })
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        scored.truncate(self.list);
        scored.into_iter().map(|(_, id)| id).collect()
    }

    /// The annotation of the question, hidden from the policy.
    #[must_use]
    pub const fn oracle(&self) -> &PageOracle {
        &self.oracle
    }

    pub(super) const fn seed(&self) -> TaskSeed {
        self.seed
    }
}

fn annotate(pages: &[Page], question: Query, answer: u32) -> PageOracle {
    let gold = (0..)
        .zip(pages)
        .filter(|(_, page)| page.entity == question.entity)
        .filter_map(|(id, page)| {
            let region = page.cell_box(page.cell(question.relation)?);
            Some(GoldPage { page: id, region, needs_crop: page.print == Print::Small })
        })
        .collect();
    PageOracle { answer, gold }
}
