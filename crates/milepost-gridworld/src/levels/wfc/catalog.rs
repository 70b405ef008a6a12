//! The patterns of a sample, and which of them may lie next to each other.

use std::collections::BTreeMap;

use super::Sample;

/// The neighbours that a pattern is checked against, as MiniGrid's code has them: `(dx, dy)` over the columns
/// and rows of a pattern, but over the *rows* and *columns* of a level. Levels come out mirrored at the
/// diagonal for it.
pub(super) const NEIGHBORS: [(i32, i32); 4] = [(0, -1), (1, 0), (0, 1), (-1, 0)];

/// The first nine 64-bit draws of NumPy's `RandomState(0)`, the weights of a linear hash. Patterns are
/// numbered in the order of their hashes, so the hash decides which pattern a random number stands for.
const WEIGHTS: [i64; 9] = [
    900_450_186_894_289_456,
    3_969_543_146_641_149_121,
    1_895_649_597_198_586_620,
    827_948_490_035_658_088,
    -1_408_320_422_220_276_012,
    2_691_271_404_617_651_955,
    -1_151_312_763_198_686_632,
    7_226_936_298_635_050_457,
    8_553_068_346_248_842_637,
];

fn hash(values: impl IntoIterator<Item = i64>) -> i64 {
    let terms = values.into_iter().zip(WEIGHTS).map(|(value, weight)| value.wrapping_mul(weight));
    terms.fold(0, i64::wrapping_add)
}

/// A set of patterns, by number.
pub(super) type PatternSet = Vec<u64>;

/// What a sample teaches.
#[derive(Debug, Clone)]
pub(super) struct Catalog {
    /// By pattern: in how many of the sample's eight rotations and reflections it occurs.
    pub(super) weights: Vec<f64>,
    /// By pattern: whether its first cell is a wall.
    pub(super) walls: Vec<bool>,
    /// By neighbour and pattern: the patterns that may be there.
    pub(super) allowed: [Vec<PatternSet>; 4],
}

/// Colours of a square picture's tiles, row by row, with its width.
#[derive(Clone)]
struct Tiles {
    width: usize,
    codes: Vec<i64>,
}

impl Tiles {
    fn height(&self) -> usize {
        self.codes.len() / self.width
    }

    fn mirrored(&self) -> Self {
        let codes = self.codes.chunks(self.width).flat_map(|row| row.iter().rev().copied()).collect();
        Self { width: self.width, codes }
    }

    /// A quarter turn clockwise.
    fn turned(&self) -> Self {
        let (width, height) = (self.width, self.height());
        let column = |x: usize| (0..height).rev().map(move |y| self.codes[y * width + x]);
        Self { width: height, codes: (0..width).flat_map(column).collect() }
    }

    /// All windows, continued at the opposite edge, by hash.
    fn patterns(&self, side: usize) -> BTreeMap<i64, Vec<i64>> {
        let (width, height) = (self.width, self.height());
        let window = |x: usize, y: usize| -> Vec<i64> {
            let cells = (0..side).flat_map(|dy| (0..side).map(move |dx| (x + dx, y + dy)));
            cells.map(|(x, y)| self.codes[y % height * width + x % width]).collect()
        };
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        places.map(|(x, y)| window(x, y)).map(|pattern| (hash(pattern.iter().copied()), pattern)).collect()
    }
}

impl Catalog {
    /// Learns the patterns of `side` by `side` pixels (2 or 3) in all rotations and reflections of a sample.
    pub(super) fn learn(sample: &Sample, side: usize) -> Self {
        let code = |pixel: &[u8; 3]| hash(pixel.iter().map(|channel| i64::from(*channel)));
        let walls: BTreeMap<i64, bool> =
            sample.pixels.iter().map(|pixel| (code(pixel), Sample::is_wall(*pixel))).collect();
        let mut tiles = Tiles { width: sample.width, codes: sample.pixels.iter().map(code).collect() };
        let mut found: BTreeMap<i64, (Vec<i64>, f64)> = BTreeMap::new();
        for view in 0..8 {
            match view {
                0 => {}
                odd if odd % 2 == 1 => tiles = tiles.mirrored(),
                _ => tiles = tiles.turned(),
            }
            for (hash, pattern) in tiles.patterns(side) {
                found.entry(hash).or_insert((pattern, 0.0)).1 += 1.0;
            }
        }
        let patterns: Vec<Vec<i64>> = found.values().map(|(pattern, _)| pattern.clone()).collect();
        Self {
            weights: found.values().map(|(_, weight)| *weight).collect(),
            walls: patterns.iter().map(|pattern| walls[&pattern[0]]).collect(),
            allowed: NEIGHBORS.map(|offset| {
                patterns.iter().map(|pattern| matching(pattern, &patterns, side, offset)).collect()
            }),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.weights.len()
    }
}

/// The patterns that agree with `pattern` where they overlap it when shifted by `offset`.
fn matching(pattern: &[i64], patterns: &[Vec<i64>], side: usize, (dx, dy): (i32, i32)) -> PatternSet {
    let cells = (0..side as i32).flat_map(|y| (0..side as i32).map(move |x| (x, y)));
    let index = |x: i32, y: i32| {
        let inside = (0..side as i32).contains(&x) && (0..side as i32).contains(&y);
        inside.then(|| y as usize * side + x as usize)
    };
    let overlap: Vec<(usize, usize)> =
        cells.filter_map(|(x, y)| index(x, y).zip(index(x - dx, y - dy))).collect();
    let mut set = vec![0; patterns.len().div_ceil(64)];
    for (number, other) in patterns.iter().enumerate() {
        if overlap.iter().all(|(mine, theirs)| pattern[*mine] == other[*theirs]) {
            set[number / 64] |= 1 << (number % 64);
        }
    }
    set
}
