//! NumPy's `SeedSequence`: spreads a seed over the words that initialise a generator.
//! The constants are those of M. E. O'Neill's `randutils::seed_seq_fe`.

const POOL: usize = 4;
const MIX_LEFT: u32 = 0xca01_f9dd;
const MIX_RIGHT: u32 = 0x4973_f715;

/// A multiplicative hash whose constant changes with every word.
struct Hash {
    constant: u32,
    multiplier: u32,
}

impl Hash {
    fn word(&mut self, value: u32) -> u32 {
        let mixed = value ^ self.constant;
        self.constant = self.constant.wrapping_mul(self.multiplier);
        let mixed = mixed.wrapping_mul(self.constant);
        mixed ^ (mixed >> 16)
    }
}

fn mix(left: u32, right: u32) -> u32 {
    let mixed = left.wrapping_mul(MIX_LEFT).wrapping_sub(right.wrapping_mul(MIX_RIGHT));
    mixed ^ (mixed >> 16)
}

/// The four 64-bit words that `SeedSequence(seed).generate_state(4, uint64)` gives.
pub(super) fn state_words(seed: u64) -> [u64; 4] {
    let entropy = [seed as u32, (seed >> 32) as u32, 0, 0];
    let mut hash = Hash { constant: 0x43b0_d7e5, multiplier: 0x931e_8875 };
    let mut pool = entropy.map(|word| hash.word(word));
    for source in 0..POOL {
        for target in (0..POOL).filter(|target| *target != source) {
            pool[target] = mix(pool[target], hash.word(pool[source]));
        }
    }
    let mut hash = Hash { constant: 0x8b51_f9dd, multiplier: 0x58f3_8ded };
    let words: [u32; 8] = std::array::from_fn(|index| hash.word(pool[index % POOL]));
    std::array::from_fn(|index| u64::from(words[2 * index]) | (u64::from(words[2 * index + 1]) << 32))
}
