//! A study of one's own, recorded in memory and judged without the laboratory: how many seeds does an interval
//! need before it covers the truth as often as it says?

use milepost::eval::aggregate::mean;
use milepost::eval::{Scores, StatsError};
use milepost::prelude::*;

/// Bootstrap intervals of the mean of `seeds` normal draws.
struct Coverage {
    seeds: usize,
}

impl Coverage {
    /// Whether the interval of one sample holds the true mean, 0.
    fn holds(&self, stream: &mut Stream) -> Result<bool, StatsError> {
        let sample: Vec<f64> = (0..self.seeds).map(|_| stream.normal()).collect();
        let bootstrap = Bootstrap { replicates: 500, ..Bootstrap::default() };
        let estimate = bootstrap.estimate(&Scores::single_task(&sample)?, mean)?;
        Ok(estimate.interval.low <= 0.0 && 0.0 <= estimate.interval.high)
    }
}

impl Study for Coverage {
    fn metrics(&self) -> Vec<Metric> {
        vec![Metric::higher("coverage", "share of 95 % intervals that hold the true mean")]
    }

    fn validate(&self) -> Result<(), StudyError> {
        let check = milepost::core::ParameterCheck("coverage");
        Ok(check.that(self.seeds >= 2, "seeds", self.seeds, "at least 2")?)
    }

    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        const SAMPLES: u64 = 400;
        let mut stream = Stream::new(StreamKey::new(context.seed, Purpose::named("coverage example")));
        let mut held = 0;
        for sample in 0..SAMPLES {
            recorder.advance(sample, SAMPLES)?;
            held += u64::from(self.holds(&mut stream).map_err(StudyError::part("the bootstrap"))?);
        }
        recorder.result("coverage", (held as f64 / SAMPLES as f64).into())
    }
}

#[allow(clippy::print_stdout, reason = "an example speaks to its user")]
fn main() -> anyhow::Result<()> {
    for seeds in [3, 5, 10, 30] {
        let study = Coverage { seeds };
        let memory = Memory::of(&study, &Context { seed: 0, device: DeviceChoice::Cpu })?;
        println!("{seeds:>2} seeds: {:.3}", memory.value("coverage").unwrap_or(f64::NAN));
    }
    Ok(())
}
