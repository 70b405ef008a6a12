use std::collections::BTreeMap;

use milepost_core::{Ending, TaskSeed};
use milepost_gridworld::wrappers::{
    Bearing, FlatText, FullyObserved, GoalDirection, ImageOnly, MissionWords, NoDeath, Observed, OneHot,
    RgbFrame, RgbObservation, RgbView, Symbolic, SymbolicObservation, Unwrapped, ViewSize, VisitBonus,
    WithGoalDirection, WithMission,
};
use milepost_gridworld::{GridObservation, Gridworld, Kind, TileAtlas};
use milepost_testkit::fixtures;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::hex;

#[derive(Deserialize)]
struct Record {
    env: String,
    #[serde(default)]
    seed: u64,
    wrapper: String,
    #[serde(default)]
    steps: Vec<Step>,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Step {
    action: Option<u32>,
    obs: Value,
    rew: f64,
    term: bool,
    trunc: bool,
}

/// An observation as it is recorded, the mission apart.
trait Recorded {
    fn record(&self, world: &Gridworld) -> Value;
}

fn bytes(shape: &[usize], bytes: &[u8]) -> Value {
    assert_eq!(shape.iter().product::<usize>(), bytes.len(), "{shape:?}");
    json!({ "dtype": "uint8", "shape": shape, "hex": hex(bytes) })
}

/// The shape of an image: the map's if it shows the map, else a square.
fn shape(image: &[u8], world: &Gridworld) -> [usize; 3] {
    let (width, height) = world.extent();
    if image.len() == usize::from(width) * usize::from(height) * 3 && width != height {
        return [width.into(), height.into(), 3];
    }
    let channels = if image.len().is_multiple_of(OneHot::BITS) { OneHot::BITS } else { 3 };
    let side = (image.len() / channels).isqrt();
    [side, side, channels]
}

impl Recorded for GridObservation {
    fn record(&self, world: &Gridworld) -> Value {
        json!({ "image": bytes(&shape(&self.image, world), &self.image), "direction": self.direction })
    }
}

impl Recorded for RgbObservation {
    fn record(&self, _world: &Gridworld) -> Value {
        let image = &self.image;
        let image = bytes(&[image.height(), image.width(), 3], image.pixels());
        json!({ "image": image, "direction": self.direction })
    }
}

impl Recorded for SymbolicObservation {
    fn record(&self, world: &Gridworld) -> Value {
        let (width, height) = world.extent();
        let columns: Vec<_> = self.cells.chunks(height.into()).collect();
        let image = json!({ "dtype": "int64", "shape": [width, height, 3], "data": columns });
        json!({ "image": image, "direction": self.direction })
    }
}

impl Recorded for WithGoalDirection<GridObservation> {
    fn record(&self, world: &Gridworld) -> Value {
        let mut record = self.seen.record(world);
        let finite = json!(self.goal_direction);
        record["goal_direction"] =
            if self.goal_direction.is_finite() { finite } else { json!(self.goal_direction.to_string()) };
        record
    }
}

impl Recorded for WithMission<GridObservation> {
    fn record(&self, world: &Gridworld) -> Value {
        let mut record = self.seen.record(world);
        record["mission"] = json!(self.mission);
        record
    }
}

impl Recorded for Vec<u8> {
    fn record(&self, world: &Gridworld) -> Value {
        // One row (flat), or an image that says nothing else.
        let side = (self.len() / 3).isqrt();
        let shape =
            if side * side * 3 == self.len() { shape(self, world).to_vec() } else { vec![self.len()] };
        json!({ "array": bytes(&shape, self) })
    }
}

/// Plays a recorded episode; the first difference, if there is one.
fn replay<E: Unwrapped>(mut world: E, record: &Record) -> Result<(), String>
where
    E::Observation: Recorded,
{
    let reset = world.reset(TaskSeed::literal(record.seed));
    if let Some(error) = &record.error {
        return reset.err().map(|_| ()).ok_or_else(|| format!("was accepted, but MiniGrid says {error}"));
    }
    reset.map_err(|error| error.to_string())?;
    let mut seen = world.new_observation();
    for (t, step) in record.steps.iter().enumerate() {
        if let Some(action) = step.action {
            let outcome = world.step(&action).map_err(|error| format!("step {t}: {error}"))?;
            let terminated = matches!(outcome.ending, Some(Ending::Terminated(_)));
            let truncated = matches!(outcome.ending, Some(Ending::Truncated(_)));
            // Where a task and its budget end with one step, ours is the task's ending.
            if terminated != step.term || truncated != (step.trunc && !step.term) {
                return Err(format!(
                    "step {t} ends with {:?}, recorded {}/{}",
                    outcome.ending, step.term, step.trunc
                ));
            }
            if outcome.reward.to_bits() != step.rew.to_bits() {
                return Err(format!("step {t} pays {}, recorded {}", outcome.reward, step.rew));
            }
        }
        world.observe(&mut seen);
        let mut got = seen.record(world.unwrapped());
        if got.get("image").is_some() && got.get("mission").is_none() {
            got["mission"] = json!(world.unwrapped().mission());
        }
        if got != step.obs {
            return Err(format!("step {t} shows {got}, recorded {}", step.obs));
        }
    }
    Ok(())
}

/// A name such as `ViewSize5`, taken apart.
fn split_number(name: &str) -> (&str, usize) {
    let kind = name.trim_end_matches(|c: char| c.is_ascii_digit());
    (kind, name[kind.len()..].parse().unwrap_or(0))
}

fn replay_wrapped(world: Gridworld, record: &Record) -> Result<(), String> {
    let atlas = |size| TileAtlas::new(size).expect("a size");
    let (wrapper, number) = split_number(&record.wrapper);
    match wrapper {
        "FullyObs" => replay(Observed::new(world, FullyObserved), record),
        "OneHotPartialObs" => replay(Observed::new(world, OneHot), record),
        "FlatObs" => replay(Observed::new(world, FlatText::default()), record),
        "SymbolicObs" => replay(Observed::new(world, Symbolic), record),
        "ImgObs" => replay(Observed::new(world, ImageOnly), record),
        "DirectionObsSlope" => replay(Observed::new(world, GoalDirection(Bearing::Slope)), record),
        "DirectionObsAngle" => replay(Observed::new(world, GoalDirection(Bearing::Angle)), record),
        "DirectionObsAngleAtan" => replay(Observed::new(world, GoalDirection(Bearing::FullAngle)), record),
        "ActionBonus" => replay(VisitBonus::for_actions(world), record),
        "PositionBonus" => replay(VisitBonus::for_positions(world, 1.0), record),
        "DictObservationSpace" => replay(Observed::new(world, MissionWords::default()), record),
        "NoDeath" => replay(NoDeath::new(world, &[Kind::Lava], -1.0).expect("no goal"), record),
        "ViewSize" => replay(Observed::new(world, ViewSize::new(number).expect("a size")), record),
        "RGBImgPartialObs" => replay(Observed::new(world, RgbView(atlas(number))), record),
        "RGBImgObs" => replay(Observed::new(world, RgbFrame(atlas(number))), record),
        other => panic!("a recording of {other}, a wrapper that this test does not know"),
    }
}

#[test]
fn every_recorded_wrapper_shows_and_pays_the_same_fixture() {
    let records: Vec<Record> =
        fixtures::json_lines("parity/minigrid/wrappers.jsonl.gz").expect("the fixture");
    let mut replayed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for record in &records {
        let world = Gridworld::make(&record.env).expect("a registered environment");
        *replayed.entry(split_number(&record.wrapper).0).or_default() += 1;
        if let Err(difference) = replay_wrapped(world, record) {
            let mut difference = difference;
            difference.truncate(600);
            wrong.push(format!("{} on {}: {difference}", record.wrapper, record.env));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ: {wrong:#?}", wrong.len(), records.len());
    for wrapper in ["FullyObs", "FlatObs", "OneHotPartialObs", "RGBImgPartialObs", "NoDeath", "ActionBonus"] {
        assert!(replayed.contains_key(wrapper), "nothing of {wrapper} was recorded");
    }
}
