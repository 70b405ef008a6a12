/// A set of small numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Bits {
    words: Box<[u64]>,
}

impl Bits {
    /// The empty set of numbers below `size`.
    pub(super) fn new(size: usize) -> Self {
        Self { words: vec![0; size.div_ceil(64)].into_boxed_slice() }
    }

    #[inline]
    pub(super) fn contains(&self, item: u32) -> bool {
        self.words[item as usize / 64] >> (item % 64) & 1 == 1
    }

    /// `true` if it was not there before.
    #[inline]
    pub(super) fn insert(&mut self, item: u32) -> bool {
        let word = &mut self.words[item as usize / 64];
        let new = *word >> (item % 64) & 1 == 0;
        *word |= 1 << (item % 64);
        new
    }

    /// `true` if it was there before.
    #[inline]
    pub(super) fn remove(&mut self, item: u32) -> bool {
        let word = &mut self.words[item as usize / 64];
        let there = *word >> (item % 64) & 1 == 1;
        *word &= !(1 << (item % 64));
        there
    }

    pub(super) fn contains_all(&self, items: &[u32]) -> bool {
        items.iter().all(|item| self.contains(*item))
    }

    /// The items in increasing order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        self.words.iter().enumerate().flat_map(|(index, word)| Ones { word: *word, base: index as u32 * 64 })
    }

    /// Number of items.
    pub(super) fn count(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The `index`-th item in increasing order.
    pub(super) fn nth(&self, mut index: usize) -> Option<u32> {
        for (position, word) in self.words.iter().enumerate() {
            let ones = word.count_ones() as usize;
            if index < ones {
                return Ones { word: *word, base: position as u32 * 64 }.nth(index);
            }
            index -= ones;
        }
        None
    }

    /// Becomes a copy of a set of the same size.
    pub(super) fn copy_from(&mut self, other: &Self) {
        self.words.copy_from_slice(&other.words);
    }
}

struct Ones {
    word: u64,
    base: u32,
}

impl Iterator for Ones {
    type Item = u32;

    #[inline]
    fn next(&mut self) -> Option<u32> {
        if self.word == 0 {
            return None;
        }
        let item = self.base + self.word.trailing_zeros();
        self.word &= self.word - 1;
        Some(item)
    }
}
