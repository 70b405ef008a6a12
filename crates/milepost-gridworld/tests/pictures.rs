//! What maps look like as text and as SVG.

use milepost_core::Environment;
use milepost_gridworld::{
    Blueprint, Color, Direction, DoorState, Grid, Gridworld, Kind, Object, Position, Settings, SvgOptions,
    Task,
};

/// One of everything, the agent at (1, 2) looking up.
fn gallery() -> Gridworld {
    let mut grid = Grid::new(6, 4);
    grid.wall_rectangle(0, 0, 6, 4);
    let things = [
        (1, 1, Object::new(Kind::Key, Color::Yellow)),
        (2, 1, Object::new(Kind::Ball, Color::Purple)),
        (3, 1, Object::new(Kind::Box, Color::Grey)),
        (4, 1, Object::lava()),
        (0, 2, Object::door(Color::Red, DoorState::Open)),
        (5, 2, Object::door(Color::Blue, DoorState::Closed)),
        (3, 0, Object::door(Color::Green, DoorState::Locked)),
        (2, 2, Object::new(Kind::Floor, Color::Blue)),
        (4, 2, Object::goal()),
    ];
    for (x, y, thing) in things {
        grid.set(x, y, Some(thing));
    }
    let blueprint = Blueprint {
        grid,
        agent: Position::new(1, 2),
        direction: Direction::Up,
        carrying: None,
        task: Task::Goal,
        mission: "look & <see>".into(),
        rng: None,
    };
    Gridworld::from_blueprint("gallery", blueprint, Settings::new(10)).expect("playable")
}

#[test]
fn text_shows_each_thing_in_two_characters() {
    let expected = "\
WGWGWGLGWGWG
WGKYAPBGVRWG
__^^FB  GGDB
WGWGWGWGWGWG";
    assert_eq!(gallery().to_text(), expected);
    let not_reset = Gridworld::make("MiniGrid-Empty-5x5-v0").expect("registered");
    assert_eq!(not_reset.to_text(), "");
}

#[test]
fn svg_draws_each_thing_once_in_its_place_and_colour() {
    let svg = gallery().to_svg(SvgOptions { cell: 16, highlight: false });
    assert!(svg.starts_with(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"96\" height=\"64\" viewBox=\"0 0 144 96\""
    ));
    assert!(svg.contains("<title>look &amp; &lt;see&gt;</title>"));
    assert_eq!(svg.matches("<use ").count(), 16 - 3 + 9, "walls that doors have not replaced, and things");
    for thing in [
        r##"<use href="#k" x="24" y="24" fill="#ff0"/>"##,
        r##"<use href="#a" x="48" y="24" fill="#7027c3"/>"##,
        r##"<use href="#o" x="0" y="48" fill="#f00"/>"##,
        r##"<use href="#d" x="120" y="48" fill="#00f"/>"##,
        r##"<use href="#l" x="72" y="0" fill="#0f0"/>"##,
        r##"<use href="#g" x="96" y="48" fill="#0f0"/>"##,
    ] {
        assert!(svg.contains(thing), "{thing} is missing");
    }
    assert!(svg.contains("translate(24 48) rotate(270 12 12)"), "the agent looks up");
    assert!(svg.len() < 5000, "{} bytes", svg.len());
}

#[test]
fn highlighted_cells_are_those_of_the_observation() {
    let world = gallery();
    let svg = world.to_svg(SvgOptions::default());
    let cells = svg.matches("h24v24h-24z").count();
    let mut seen = world.new_observation();
    world.observe(&mut seen);
    // Looking up from (1, 2), column i and row j of the view are at (i - 2, j - 4).
    let on_the_map = |i: usize, j: usize| (2..8).contains(&i) && (4..8).contains(&j);
    let visible =
        seen.image.chunks(3).enumerate().filter(|(k, code)| code[0] != 0 && on_the_map(k / 7, k % 7));
    assert_eq!(cells, visible.count());
    assert!(cells > 6, "the agent sees more than its own column: {cells}");
    assert_eq!(world.to_svg(SvgOptions { cell: 24, highlight: false }).matches("h24v24h-24z").count(), 0);
}
