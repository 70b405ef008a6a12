use milepost_gridworld::{Color, Direction, DoorState, Kind, Object, TileAtlas};
use milepost_testkit::fixtures;
use serde::Deserialize;

use crate::hex;

#[derive(Deserialize)]
struct Recording {
    tile_size: usize,
    tiles: Vec<Tile>,
}

#[derive(Deserialize)]
struct Tile {
    obj: Option<[u8; 3]>,
    agent_dir: Option<u8>,
    highlight: bool,
    rgb: String,
}

/// The pixels of a recorded tile: bytes, or numbers in double precision, as `render_tile` returns them.
fn bytes(tile: &Tile, tile_size: usize) -> String {
    let count = tile_size * tile_size * 3;
    if tile.rgb.len() == 2 * count {
        return tile.rgb.clone();
    }
    assert_eq!(tile.rgb.len(), 16 * count, "eight bytes a channel");
    let number = |digits: &str| f64::from_bits(u64::from_str_radix(digits, 16).expect("hex").swap_bytes());
    (0..count).map(|i| hex(&[number(&tile.rgb[16 * i..16 * (i + 1)]) as u8])).collect()
}

#[test]
fn every_tile_is_drawn_as_recorded_fixture() {
    let recording: Recording = fixtures::json("parity/minigrid/tiles.json.gz").expect("the fixture");
    let atlas = TileAtlas::new(recording.tile_size).expect("a size");
    assert!(!recording.tiles.is_empty(), "no tile was recorded");
    let mut wrong = Vec::new();
    for tile in &recording.tiles {
        let object = tile.obj.and_then(|code| Object::decode(code).expect("an object's code"));
        let agent = tile.agent_dir.map(Direction::from_code);
        if hex(atlas.tile(object.as_ref(), agent, tile.highlight)) != bytes(tile, recording.tile_size) {
            wrong.push((tile.obj, tile.agent_dir, tile.highlight));
        }
    }
    assert!(wrong.is_empty(), "{} of {} tiles differ: {wrong:?}", wrong.len(), recording.tiles.len());
}

/// Everything a cell can be, in one order: nothing, then the kinds with the colours that MiniGrid can decode.
fn objects() -> Vec<Option<Object>> {
    let mut objects = vec![None];
    for kind in Kind::ALL {
        for color in Color::ALL {
            match (kind, color) {
                (Kind::Wall, Color::Grey) | (Kind::Goal, Color::Green) | (Kind::Lava, Color::Red) => {}
                (Kind::Wall | Kind::Goal | Kind::Lava, _) => continue,
                (Kind::Door, _) => {
                    let states = [DoorState::Open, DoorState::Closed, DoorState::Locked];
                    objects.extend(states.map(|state| Some(Object::door(color, state))));
                    continue;
                }
                _ => {}
            }
            objects.push(Some(Object::new(kind, color)));
        }
    }
    objects
}

/// FNV-1a over every object, pose of the agent (none first) and highlight, at sizes that are not recorded. The hashes are
/// those of `Grid.render_tile` of MiniGrid 3.2.0 under NumPy 2.4.6.
#[test]
fn tiles_of_other_sizes_hash_as_minigrids_do() {
    let published = [
        (1, 0x27264e434655ddce_u64),
        (5, 0xd2164e67606c9e70),
        (16, 0x73f475a02b237206),
        (32, 0x5159c1438113ab2f),
    ];
    for (tile_size, expected) in published {
        let atlas = TileAtlas::new(tile_size).expect("a size");
        let mut hash = 0xcbf29ce484222325_u64;
        for object in objects() {
            for agent in std::iter::once(None).chain(Direction::ALL.map(Some)) {
                for highlight in [false, true] {
                    for byte in atlas.tile(object.as_ref(), agent, highlight) {
                        hash = (hash ^ u64::from(*byte)).wrapping_mul(0x100000001b3);
                    }
                }
            }
        }
        assert_eq!(hash, expected, "tiles of {tile_size} pixels");
    }
}

#[test]
fn sizes_that_cannot_be_drawn_are_refused() {
    for size in [0, 257] {
        let error = TileAtlas::new(size).expect_err("no such size").to_string();
        assert!(error.contains(&size.to_string()) && error.contains("1 to 256"), "{error}");
    }
}

#[test]
fn an_atlas_is_shared_between_threads_and_says_how_much_it_has_painted() {
    let atlas = TileAtlas::new(4).expect("a size");
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| atlas.clone().tile(Some(&Object::goal()), None, false).len());
        }
    });
    assert_eq!(format!("{atlas:?}"), "TileAtlas { tile_size: 4, painted: 1 }");
}
