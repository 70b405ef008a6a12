use milepost_core::{ParameterCheck, ParameterError, Stream};
use serde::{Deserialize, Serialize};

/// How genomes are drawn and changed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GenomeLaw {
    /// Genes of new genomes are normal with this standard deviation. Default 1, as in the released code.
    pub initial: f64,
    /// Each gene of a mutant is its parent's plus a normal draw with this standard deviation. Default 0.05.
    pub sigma: f64,
    /// All genes are clipped to ± this, after the draw. Default 5.
    pub clip: f64,
}

impl Default for GenomeLaw {
    fn default() -> Self {
        Self { initial: 1.0, sigma: 0.05, clip: 5.0 }
    }
}

impl GenomeLaw {
    /// Whether every number is in its range.
    pub fn check(&self) -> Result<(), ParameterError> {
        let check = ParameterCheck("genome");
        check.not_negative("initial", self.initial)?;
        check.not_negative("sigma", self.sigma)?;
        check.that(self.clip > 0.0 && self.clip.is_finite(), "clip", self.clip, "a positive number")
    }

    /// A new genome: `clip(N(0, initial²))`.
    pub fn draw(&self, genes: usize, stream: &mut Stream) -> Vec<f64> {
        (0..genes).map(|_| self.clipped(self.initial * stream.normal())).collect()
    }

    /// A mutant: `clip(gene + N(0, sigma²))`.
    pub fn mutate(&self, parent: &[f64], sigma: f64, stream: &mut Stream) -> Vec<f64> {
        parent.iter().map(|gene| self.clipped(gene + sigma * stream.normal())).collect()
    }

    /// The gene within bounds.
    #[must_use]
    pub fn clipped(&self, gene: f64) -> f64 {
        gene.clamp(-self.clip, self.clip)
    }
}

/// Euclidean distance of two genomes.
#[must_use]
pub fn genome_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| (x - y) * (x - y)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use milepost_core::{Purpose, StreamKey};
    use proptest::prelude::*;

    fn stream(seed: u64) -> Stream {
        Stream::new(StreamKey::new(seed, Purpose::named("test")))
    }

    #[test]
    fn mutants_scatter_with_the_stated_deviation() {
        let law = GenomeLaw::default();
        let parent = vec![0.5; 40_000];
        let mutant = law.mutate(&parent, 0.05, &mut stream(1));
        let variance = mutant.iter().map(|gene| (gene - 0.5).powi(2)).sum::<f64>() / 40_000.0;
        // The standard error of the variance is 0.7 %; five of them.
        assert!((variance / 0.0025 - 1.0).abs() < 0.036, "{variance}");
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        let wrong = GenomeLaw { clip: 0.0, ..GenomeLaw::default() };
        assert!(wrong.check().expect_err("no room").to_string().contains("clip"));
        assert!(GenomeLaw::default().check().is_ok());
    }

    proptest! {
        #[test]
        fn genes_stay_within_the_clip_even_from_its_edge(seed: u64, clip in 0.01f64..6.0, sigma in 0.0f64..3.0) {
            let law = GenomeLaw { clip, ..GenomeLaw::default() };
            let mut stream = stream(seed);
            let edge = vec![clip; 30];
            let genes = [law.draw(30, &mut stream), law.mutate(&edge, sigma, &mut stream)].concat();
            prop_assert!(genes.iter().all(|gene| gene.abs() <= clip));
        }
    }
}
