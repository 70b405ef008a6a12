use super::seed_sequence::state_words;

const MULTIPLIER: u128 = (2_549_297_995_355_413_924 << 64) + 4_865_540_595_714_422_341;

/// PCG64 (XSL-RR 128/64) with the bounded draws of NumPy's `Generator`.
///
/// 32-bit draws take the two halves of a 64-bit output in turn, the low half first; the waiting half
/// survives 64-bit draws.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumpyRng {
    state: u128,
    increment: u128,
    waiting: Option<u32>,
}

impl NumpyRng {
    /// The generator of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let words = state_words(seed);
        let pair = |high, low| (u128::from(words[high]) << 64) | u128::from(words[low]);
        let mut rng = Self { state: 0, increment: (pair(2, 3) << 1) | 1, waiting: None };
        rng.advance();
        rng.state = rng.state.wrapping_add(pair(0, 1));
        rng.advance();
        rng
    }

    /// The generator in a recorded state: NumPy's `bit_generator.state`, with the waiting half
    /// (`uinteger`) if `has_uint32` is set.
    #[must_use]
    pub const fn from_state(state: u128, increment: u128, waiting: Option<u32>) -> Self {
        Self { state, increment, waiting }
    }

    /// Its state: `(state, increment, waiting half)`.
    #[must_use]
    pub const fn state(&self) -> (u128, u128, Option<u32>) {
        (self.state, self.increment, self.waiting)
    }

    fn advance(&mut self) {
        self.state = self.state.wrapping_mul(MULTIPLIER).wrapping_add(self.increment);
    }

    fn next_u64(&mut self) -> u64 {
        self.advance();
        let folded = (self.state >> 64) as u64 ^ self.state as u64;
        folded.rotate_right((self.state >> 122) as u32)
    }

    fn next_u32(&mut self) -> u32 {
        self.waiting.take().unwrap_or_else(|| {
            let word = self.next_u64();
            self.waiting = Some((word >> 32) as u32);
            word as u32
        })
    }

    /// `integers(0, n)` for `1 ≤ n ≤ 2³²`: Lemire's method with rejection. `n = 1` draws nothing.
    ///
    /// # Panics
    /// If `n` is out of that range.
    pub fn below(&mut self, n: u64) -> u64 {
        assert!((1..=1 << 32).contains(&n), "the range of a draw must have 1 to 2^32 values, not {n}");
        if n == 1 {
            return 0;
        }
        let mut product = u64::from(self.next_u32()) * n;
        // The low word falls under the threshold (2^32 - n) mod n with probability below n / 2^32.
        if product & 0xffff_ffff < n {
            let threshold = ((1u64 << 32) - n) % n;
            while product & 0xffff_ffff < threshold {
                product = u64::from(self.next_u32()) * n;
            }
        }
        product >> 32
    }

    /// `integers(low, high)`: uniform on `low..high`.
    ///
    /// # Panics
    /// If the range is empty.
    pub fn integers(&mut self, low: i32, high: i32) -> i32 {
        let width = i64::from(high) - i64::from(low);
        assert!(width > 0, "cannot draw from the empty range {low}..{high}");
        (i64::from(low) + self.below(width as u64) as i64) as i32
    }

    /// One of `items`, uniformly.
    pub fn element<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }

    /// A fair coin: whether `integers(0, 2)` is 0.
    pub fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    /// `count` different elements of `items`, one [`Self::element`] after the other from those that are left.
    ///
    /// # Panics
    /// If there are fewer than `count` items.
    pub fn subset<T: Clone>(&mut self, items: &[T], count: usize) -> Vec<T> {
        let mut left = items.to_vec();
        (0..count).map(|_| left.remove(self.below(left.len() as u64) as usize)).collect()
    }

    /// `random()`: a double in `[0, 1)` with 53 random bits.
    pub fn random(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// `shuffle`: Fisher-Yates from the end, each index by masked rejection.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let mask = u32::MAX >> (last as u32).leading_zeros();
            let index = loop {
                let draw = self.next_u32() & mask;
                if draw as usize <= last {
                    break draw as usize;
                }
            };
            items.swap(last, index);
        }
    }
}
