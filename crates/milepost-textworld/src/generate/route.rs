use milepost_core::Stream;

use super::map::Map;

/// Draws the rooms of `sites + 1` stops, uniformly among all for which the distances between one stop and
/// the next sum to exactly `length`; `None` where the map has no such stops.
///
/// Backward recursion over `W[k][room][d]`, the number of ways to go on from stop `k` in `room` with `d`
/// passages left, then forward sampling.
pub(crate) fn stops(map: &Map, sites: usize, length: usize, stream: &mut Stream) -> Option<Vec<usize>> {
    let rooms = map.len();
    let distances: Vec<Vec<usize>> = (0..rooms)
        .map(|room| map.distances(room, None).into_iter().map(|d| d.unwrap_or(usize::MAX)).collect())
        .collect();
    let mut ways = vec![vec![vec![0.0; length + 1]; rooms]; sites + 1];
    for room in 0..rooms {
        ways[sites][room][0] = 1.0;
    }
    for stop in (0..sites).rev() {
        for room in 0..rooms {
            for left in 0..=length {
                let onward = |next: usize| {
                    let after = left.checked_sub(distances[room][next])?;
                    Some(ways[stop + 1][next][after])
                };
                ways[stop][room][left] = (0..rooms).filter_map(onward).sum();
            }
        }
    }
    let first: Vec<f64> = (0..rooms).map(|room| ways[0][room][length]).collect();
    let mut chosen = vec![stream.categorical(&first)?];
    let mut left = length;
    for stop in 0..sites {
        let at = chosen[stop];
        let weights: Vec<f64> = (0..rooms)
            .map(|next| {
                left.checked_sub(distances[at][next]).map_or(0.0, |after| ways[stop + 1][next][after])
            })
            .collect();
        let next = stream.categorical(&weights)?;
        left -= distances[at][next];
        chosen.push(next);
    }
    Some(chosen)
}

#[cfg(test)]
mod tests {
    use milepost_core::{Purpose, StreamKey};
    use proptest::prelude::*;

    use super::*;

    fn world(seed: u64, rooms: usize) -> (Map, Stream) {
        let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("route test")));
        (Map::on_grid(rooms, 2, &mut stream), stream)
    }

    fn total(map: &Map, stops: &[usize]) -> usize {
        stops.windows(2).map(|leg| map.walk(leg[0], leg[1]).len()).sum()
    }

    /// All lists of `n` rooms.
    fn lists(rooms: usize, n: usize) -> Vec<Vec<usize>> {
        (0..n).fold(vec![Vec::new()], |lists, _| {
            lists.iter().flat_map(|list| (0..rooms).map(|room| [list.as_slice(), &[room]].concat())).collect()
        })
    }

    proptest! {
        #[test]
        fn stops_are_exactly_as_far_apart_as_asked(seed: u64, rooms in 1usize..20, sites in 0usize..7, length in 0usize..14) {
            let (map, mut stream) = world(seed, rooms);
            if let Some(stops) = stops(&map, sites, length, &mut stream) {
                prop_assert_eq!(stops.len(), sites + 1);
                prop_assert_eq!(total(&map, &stops), length);
            }
        }

        #[test]
        fn stops_are_found_exactly_where_there_are_any(seed: u64, rooms in 1usize..5, sites in 0usize..4, length in 0usize..9) {
            let (map, mut stream) = world(seed, rooms);
            let exist = lists(rooms, sites + 1).iter().any(|stops| total(&map, stops) == length);
            prop_assert_eq!(stops(&map, sites, length, &mut stream).is_some(), exist);
        }
    }
}
