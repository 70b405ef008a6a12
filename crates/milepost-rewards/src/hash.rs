/// A 64-bit hash of words in order: SplitMix64's finaliser over a running state. Its collisions are
/// those of a random function, so `n` distinct keys collide with probability about `n² / 2⁶⁵`.
pub(crate) fn hash_words(words: impl IntoIterator<Item = u64>) -> u64 {
    words.into_iter().fold(0x4D49_4C45_504F_5354, |hash: u64, word| {
        let mut z = (hash ^ word).wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    })
}

#[cfg(test)]
mod tests {
    use super::hash_words;

    #[test]
    fn order_and_length_change_the_hash() {
        let hashes =
            [hash_words([]), hash_words([0]), hash_words([0, 0]), hash_words([1, 2]), hash_words([2, 1])];
        for (i, a) in hashes.iter().enumerate() {
            assert!(hashes[..i].iter().all(|b| a != b));
        }
    }
}
