use milepost_core::TaskSeed;
use milepost_microworlds::arena::{Controller, HardMaze, PIXELS, Pose, RedundantArm, RewardAreas, render};
use milepost_population::{Evaluation, Evaluator, PartError, Truth};

/// Pays for ending at `point`; its true descriptor is the point.
fn ended<O>(areas: &RewardAreas, point: [f64; 2], observations: O) -> Evaluation<O> {
    let paid = areas.pay(point);
    let reward = paid.map_or(0.0, |(_, reward)| reward);
    Evaluation { reward, observations, truth: Truth::new(point.to_vec(), paid.map(|(area, _)| area)) }
}

/// The hard maze; a genome is the robot's network, and it is observed where it ends.
#[derive(Debug, Clone)]
pub(super) struct MazeByPosition {
    pub(super) maze: HardMaze,
    pub(super) brain: Controller,
}

impl Evaluator for MazeByPosition {
    type Observations = [f64; 2];
    fn genes(&self) -> usize {
        self.brain.genes()
    }
    fn evaluate(&self, genome: &[f64], _: TaskSeed) -> Result<Evaluation<[f64; 2]>, PartError> {
        let Pose { at, .. } = self.maze.run(&self.brain, genome, |_, _| {});
        Ok(ended(&self.maze.config().areas, at, at))
    }
    fn frames(&self) -> u64 {
        u64::from(self.maze.config().steps)
    }
}

/// The redundant arm; a genome is its joints, and it is observed where the tip is.
#[derive(Debug, Clone)]
pub(super) struct ArmByPosition(pub(super) RedundantArm);

impl Evaluator for ArmByPosition {
    type Observations = [f64; 2];
    fn genes(&self) -> usize {
        self.0.genes()
    }
    fn evaluate(&self, genome: &[f64], _: TaskSeed) -> Result<Evaluation<[f64; 2]>, PartError> {
        let tip = self.0.tip(genome);
        Ok(ended(self.0.areas(), tip, tip))
    }
}

/// The hard maze, seen in pictures: `frames` of them at even distances in time, the last one last.
#[derive(Debug, Clone)]
pub(super) struct MazeByPixels {
    pub(super) task: MazeByPosition,
    pub(super) frames: u32,
}

/// Grey values of pictures, one after the other, row-major.
pub(super) type Pictures = Box<[u8]>;

impl Evaluator for MazeByPixels {
    type Observations = Pictures;
    fn genes(&self) -> usize {
        self.task.genes()
    }
    fn evaluate(&self, genome: &[f64], _: TaskSeed) -> Result<Evaluation<Pictures>, PartError> {
        let MazeByPosition { maze, brain } = &self.task;
        let mut pictures = vec![0; self.frames as usize * PIXELS * PIXELS].into_boxed_slice();
        let mut free = pictures.as_chunks_mut::<{ PIXELS * PIXELS }>().0.iter_mut();
        let (steps, mut shown) = (maze.config().steps, 0);
        let Pose { at, .. } = maze.run(brain, genome, |step, pose| {
            if step > 0 && step * self.frames / steps > shown {
                shown = step * self.frames / steps;
                if let Some(picture) = free.next() {
                    render(maze, pose, picture);
                }
            }
        });
        Ok(ended(&maze.config().areas, at, pictures))
    }
    fn frames(&self) -> u64 {
        self.task.frames()
    }
}
