use milepost_core::{Purpose, Stream, StreamKey};

/// A key of a sequence of numbers: each in turn addresses the stream whose first draw is the key so far. Order and
/// length count.
pub(crate) fn digest(words: impl IntoIterator<Item = u64>) -> u64 {
    words.into_iter().fold(0, |state, word| {
        let key = StreamKey { task: word, ..StreamKey::new(state, Purpose::named("state key")) };
        Stream::new(key).next_u64()
    })
}
