use super::episode::PageWorld;
use super::measure::Measures;
use super::rect::Rect;

/// A page that answers the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoldPage {
    /// Its id.
    pub page: u32,
    /// The cell that tells the answer.
    pub region: Rect,
    /// Whether the answer cannot be read off the full view.
    pub needs_crop: bool,
}

/// The annotation of a question: what rewards that are trained with may be computed from. No policy sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageOracle {
    /// The value asked for.
    pub answer: u32,
    /// Every page that tells it, in the order of their ids; never empty.
    pub gold: Vec<GoldPage>,
}

impl PageOracle {
    /// The ids of the gold pages.
    #[must_use]
    pub fn pages(&self) -> Vec<u32> {
        self.gold.iter().map(|gold| gold.page).collect()
    }

    /// The annotation of a page, if it has one.
    #[must_use]
    pub fn annotation(&self, page: u32) -> Option<&GoldPage> {
        self.gold.iter().find(|gold| gold.page == page)
    }
}

/// How often pages of one kind were cropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CropRate {
    /// Different gold pages selected.
    pub selected: u32,
    /// Of these, pages on which a box was issued.
    pub cropped: u32,
}

impl CropRate {
    /// `cropped / selected`; `None` where none was selected.
    #[must_use]
    pub fn share(self) -> Option<f64> {
        (self.selected > 0).then(|| f64::from(self.cropped) / f64::from(self.selected))
    }
}

/// What evaluation believes about an episode of pages. Kept apart by type from [`PageOracle`], which training
/// may read: nothing here turns into a reward.
#[derive(Debug, Clone, PartialEq)]
pub struct PageGold {
    /// Whether the answer was given and right.
    pub correct: bool,
    /// What the world measured, answer and format included.
    pub measures: Measures,
    /// Crops of gold pages that need one.
    pub needed: CropRate,
    /// Crops of gold pages that need none.
    pub needless: CropRate,
    /// Turns taken.
    pub turns: u32,
}

impl PageGold {
    /// Reads the current episode; `None` before the first reset.
    pub fn of<E: PageWorld>(environment: &E) -> Option<Self> {
        let episode = environment.episode()?;
        let (log, oracle) = (episode.log(), episode.oracle());
        let [mut needed, mut needless] = [CropRate::default(); 2];
        for viewed in log.viewed() {
            let Some(gold) = oracle.annotation(viewed.page) else { continue };
            let rate = if gold.needs_crop { &mut needed } else { &mut needless };
            rate.selected += 1;
            rate.cropped += u32::from(!viewed.boxes.is_empty());
        }
        let measures = Measures::of(log, oracle);
        Some(Self { correct: measures.answer == 1.0, measures, needed, needless, turns: episode.elapsed() })
    }
}
