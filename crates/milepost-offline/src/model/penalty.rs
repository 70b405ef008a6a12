use serde::{Deserialize, Serialize};

/// How uncertain an ensemble is about one step, from what its elites predict. Never negative; the last two
/// are 0 when all elites agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RewardPenalty {
    /// `max_i ‖std_i(s,a)‖₂`, MOPO's own (Yu et al. 2020).
    #[default]
    Aleatoric,
    /// `max_i ‖μ_i − μ̄‖₂`.
    Disagreement,
    /// `√(mean_d var_i μ_i)`.
    EnsembleStd,
}

impl RewardPenalty {
    /// From means and standard deviations, one slice for each elite.
    #[must_use]
    pub fn of(self, means: &[&[f32]], stds: &[&[f32]]) -> f32 {
        let norm = |values: &mut dyn Iterator<Item = f32>| values.map(|x| x * x).sum::<f32>().sqrt();
        match self {
            Self::Aleatoric => stds.iter().map(|std| norm(&mut std.iter().copied())).fold(0.0, f32::max),
            Self::Disagreement => {
                let centre = centre(means);
                let away = |mean: &&[f32]| norm(&mut mean.iter().zip(&centre).map(|(m, c)| m - c));
                means.iter().map(away).fold(0.0, f32::max)
            }
            Self::EnsembleStd => {
                let centre = centre(means);
                let square =
                    |mean: &&[f32]| mean.iter().zip(&centre).map(|(m, c)| (m - c) * (m - c)).sum::<f32>();
                let total: f32 = means.iter().map(square).sum();
                (total / (means.len() * centre.len()).max(1) as f32).sqrt()
            }
        }
    }
}

/// Mean over elites. Each difference is taken from the first, so that equal predictions have exactly themselves
/// as centre.
fn centre(means: &[&[f32]]) -> Vec<f32> {
    let Some(first) = means.first() else { return Vec::new() };
    let offset = |c: usize| means.iter().map(|mean| mean[c] - first[c]).sum::<f32>() / means.len() as f32;
    first.iter().enumerate().map(|(c, x)| x + offset(c)).collect()
}
