use milepost_core::{Environment, TaskSeed};
use milepost_gridworld::{Animation, AnimationError, Gridworld, RgbImage, TileAtlas};
use png::Decoder;

fn frames() -> Vec<RgbImage> {
    let mut world = Gridworld::make("MiniGrid-DoorKey-6x6-v0").expect("registered");
    world.reset(TaskSeed::literal(3)).expect("a level");
    let atlas = TileAtlas::new(8).expect("a size");
    let mut frames = vec![atlas.frame(&world, true)];
    for action in [0, 2, 6, 1, 2, 2] {
        world.step(&action).expect("running");
        frames.push(atlas.frame(&world, true));
    }
    frames
}

#[test]
fn a_png_decodes_to_the_picture_it_was_made_from() {
    let image = &frames()[0];
    let file = image.to_png().expect("it has pixels");
    assert_eq!(image.to_png(), Some(file.clone()), "the same bytes each time");
    let mut reader = Decoder::new(std::io::Cursor::new(&file)).read_info().expect("a PNG file");
    let mut pixels = vec![0; reader.output_buffer_size().expect("small")];
    let info = reader.next_frame(&mut pixels).expect("a picture");
    assert_eq!((info.width as usize, info.height as usize), (image.width(), image.height()));
    assert_eq!(pixels, image.pixels());
    assert_eq!(RgbImage::default().to_png(), None);
}

/// A player paints each frame over what is there; the result must be the frames that were pushed.
#[test]
fn an_animation_played_back_shows_every_frame() {
    let frames = frames();
    let mut animation = Animation::new(120);
    for frame in &frames {
        animation.push(frame.clone()).expect("of one size");
    }
    let file = animation.to_apng().expect("encoded");
    let whole: usize = frames.iter().filter_map(RgbImage::to_png).map(|file| file.len()).sum();
    assert!(file.len() < whole, "parts are smaller than wholes: {} of {whole} bytes", file.len());
    let mut reader = Decoder::new(std::io::Cursor::new(&file)).read_info().expect("an APNG file");
    let control = *reader.info().animation_control().expect("animated");
    assert_eq!((control.num_frames as usize, control.num_plays), (frames.len(), 0));
    let stride = frames[0].width() * 3;
    let mut canvas = vec![0; frames[0].pixels().len()];
    let mut part = vec![0; canvas.len()];
    for (index, frame) in frames.iter().enumerate() {
        reader.next_frame(&mut part).expect("a frame");
        let at = *reader.info().frame_control().expect("a frame of an animation");
        let milliseconds = if index + 1 == frames.len() { 480 } else { 120 };
        assert_eq!((at.delay_num, at.delay_den), (milliseconds, 1000), "frame {index}");
        let (left, width) = (at.x_offset as usize * 3, at.width as usize * 3);
        for row in 0..at.height as usize {
            let start = (at.y_offset as usize + row) * stride + left;
            canvas[start..start + width].copy_from_slice(&part[row * width..(row + 1) * width]);
        }
        assert_eq!(canvas, frame.pixels(), "frame {index}");
    }
}

#[test]
fn frames_that_make_no_animation_are_refused() {
    let mut animation = Animation::new(100);
    assert!(matches!(animation.to_apng(), Err(AnimationError::NoFrames)));
    assert!(matches!(animation.push(RgbImage::default()), Err(AnimationError::EmptyFrame(0))));
    animation.push(RgbImage::black(4, 4)).expect("the first");
    let error = animation.push(RgbImage::black(4, 5)).expect_err("another size");
    assert_eq!(
        error.to_string(),
        "frame 1 is 4 by 5 pixels, the first is 4 by 4; draw one world with one tile size"
    );
    assert_eq!(animation.frames().len(), 1);
}
