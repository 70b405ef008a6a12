mod conformance;
mod episodes;
mod measures;
mod optics;
mod worlds;

use milepost_core::{Purpose, Stream, StreamKey};

use super::PageAction;

/// A stream of one test.
fn stream(seed: u64) -> Stream {
    Stream::new(StreamKey::new(seed, Purpose::named("page-qa test")))
}

/// An action of any kind, each part one of its default categories.
fn any_action(stream: &mut Stream) -> PageAction {
    let mut below = |n: u64| stream.below(n) as u32;
    match below(4) {
        0 => PageAction::Search { entity: below(16), relation: below(6) },
        1 => PageAction::Select { slot: below(5) },
        2 => PageAction::Crop { x0: below(16), y0: below(16), x1: below(16), y1: below(16) },
        _ => PageAction::Answer { value: below(12) },
    }
}
