use milepost_core::{Environment, TaskSeed};
use milepost_gridworld::{Direction, Gridworld, Position, RgbImage, TileAtlas};

/// The square of a frame that shows column `x` and row `y`.
fn square(image: &RgbImage, side: usize, x: usize, y: usize) -> Vec<u8> {
    let pixels = (0..side * side).map(|i| (x * side + i % side, y * side + i / side));
    pixels.flat_map(|(x, y)| image.pixel(x, y).expect("inside the picture")).collect()
}

fn walked(id: &str, steps: usize) -> Gridworld {
    let mut world = Gridworld::make(id).expect("registered");
    world.reset(TaskSeed::train(4, 1)).expect("a level");
    for t in 0..steps {
        if world.ending().is_none() {
            world.step(&[2, 1, 2, 3, 5, 2][t % 6].min(2)).expect("running");
        }
    }
    world
}

/// Each square of a frame is the tile of its cell, the agent on it where it stands.
#[test]
fn a_frame_is_its_tiles_side_by_side() {
    let atlas = TileAtlas::new(6).expect("a size");
    for id in ["MiniGrid-DoorKey-8x8-v0", "MiniGrid-LavaCrossingS9N2-v0", "BabyAI-GoToLocal-v0"] {
        let world = walked(id, 9);
        let (width, height) = world.extent();
        let image = atlas.frame(&world, false);
        assert_eq!((image.width(), image.height()), (usize::from(width) * 6, usize::from(height) * 6));
        for (x, y) in (0..width).flat_map(|x| (0..height).map(move |y| (x, y))) {
            let position = Position::new(x, y);
            let agent = (world.agent() == Some(position)).then(|| world.direction());
            let tile = atlas.tile(world.object_at(position).as_ref(), agent, false);
            assert_eq!(square(&image, 6, x.into(), y.into()), tile, "{id} ({x}, {y})");
        }
    }
}

/// The agent sees a cell of the map if and only if the frame highlights it: it then differs from the plain frame.
#[test]
fn a_frame_brightens_what_is_in_view() {
    let atlas = TileAtlas::new(6).expect("a size");
    let world = walked("MiniGrid-FourRooms-v0", 5);
    let (bright, plain) = (atlas.frame(&world, true), atlas.frame(&world, false));
    let mut seen = world.new_observation();
    world.observe(&mut seen);
    let in_view = seen.image.chunks(3).filter(|code| code[0] != 0).count();
    let (width, height) = world.extent();
    let cells = (0..usize::from(width)).flat_map(|x| (0..usize::from(height)).map(move |y| (x, y)));
    let brightened = cells.filter(|(x, y)| square(&bright, 6, *x, *y) != square(&plain, 6, *x, *y)).count();
    // What lies outside the map is in view, but not in the frame.
    assert!(brightened > 0 && brightened <= in_view, "{brightened} of {in_view}");
    let agent = world.agent().expect("reset");
    let here = square(&bright, 6, agent.x.into(), agent.y.into());
    assert_eq!(here, atlas.tile(world.object_at(agent).as_ref(), Some(world.direction()), true));
}

#[test]
fn the_view_shows_the_agent_in_the_middle_of_its_last_row_and_hidden_cells_dark() {
    let atlas = TileAtlas::new(6).expect("a size");
    let world = walked("MiniGrid-DoorKey-8x8-v0", 0);
    let view = atlas.view(&world);
    assert_eq!((view.width(), view.height()), (42, 42));
    assert_eq!(square(&view, 6, 3, 6), atlas.tile(world.carrying().as_ref(), Some(Direction::Up), true));
    let mut seen = world.new_observation();
    world.observe(&mut seen);
    let hidden: Vec<usize> = (0..49).filter(|cell| seen.image[3 * cell] == 0).collect();
    assert!(!hidden.is_empty(), "a wall hides something");
    for cell in hidden {
        assert_eq!(square(&view, 6, cell / 7, cell % 7), atlas.tile(None, None, false));
    }
}

#[test]
fn there_is_no_picture_before_the_first_reset_and_buffers_can_be_reused() {
    let atlas = TileAtlas::new(6).expect("a size");
    let fresh = Gridworld::make("MiniGrid-Empty-5x5-v0").expect("registered");
    assert_eq!(atlas.frame(&fresh, true), RgbImage::default());
    assert_eq!(atlas.view(&fresh), RgbImage::default());
    let mut buffer = atlas.frame(&walked("MiniGrid-FourRooms-v0", 3), true);
    let world = walked("MiniGrid-DoorKey-8x8-v0", 3);
    atlas.draw_frame(&world, true, &mut buffer);
    assert_eq!(buffer, atlas.frame(&world, true));
    assert_eq!((buffer.pixel(0, 0).is_some(), buffer.pixel(48, 0), buffer.pixel(0, 48)), (true, None, None));
}
