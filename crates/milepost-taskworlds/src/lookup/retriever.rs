use milepost_core::{Purpose, Stream, StreamKey};

use super::{LookupConfig, Query};

/// The documents returned to `query` in `turn` of the task `seed`, in the order in which they are shown.
///
/// `score(e', r' | e, r) = 2·1[e = e'] + 1[r = r'] + η·Gumbel`: the `k` best, ties broken at random, then the
/// distractors, uniform among the rest, and all of them shuffled. A pure function of its arguments: a turn
/// that is played again is answered the same.
pub(crate) fn retrieve(config: &LookupConfig, seed: u64, query: Query, turn: u32) -> Vec<Query> {
    let mut stream = Stream::new(StreamKey {
        task: seed,
        episode: u64::from(query.entity * config.relations + query.relation),
        step: turn,
        ..StreamKey::new(0, Purpose::named("lookup retriever"))
    });
    let (k, all) = (config.top_k as usize, config.reply() as usize);
    let mut best: Vec<(f64, f64, Query)> = Vec::with_capacity(k + 1);
    for entity in 0..config.entities {
        for relation in 0..config.relations {
            let overlap = 2 * u32::from(entity == query.entity) + u32::from(relation == query.relation);
            // One draw serves as noise or, where there is none, to break ties.
            let luck = stream.uniform();
            let score = if config.retriever_noise > 0.0 {
                f64::from(overlap) + config.retriever_noise * gumbel(luck)
            } else {
                f64::from(overlap)
            };
            let candidate = (score, luck, Query { entity, relation });
            let rank = best.partition_point(|other| (other.0, other.1) >= (candidate.0, candidate.1));
            if rank < k {
                best.truncate(k - 1);
                best.insert(rank, candidate);
            }
        }
    }
    let mut documents: Vec<Query> = best.into_iter().map(|(_, _, document)| document).collect();
    while documents.len() < all {
        let index = stream.below(u64::from(config.corpus())) as u32;
        let document = Query { entity: index / config.relations, relation: index % config.relations };
        if !documents.contains(&document) {
            documents.push(document);
        }
    }
    stream.shuffle(&mut documents);
    documents
}

/// The standard Gumbel deviate at the quantile `u`: `−ln(−ln u)`.
fn gumbel(u: f64) -> f64 {
    -libm::log(-libm::log(u))
}
