//! Rows 7, 8 and 9: learned values, rare actions, judges.

use milepost_microworlds::TaskConfig;
use milepost_microworlds::worlds::BifurcationConfig;

use super::lab::{Lab, beats, mean, note, solve, verdict};
use super::{Measured, Ordering};
use crate::FidelityError;
use crate::config::EstimatorConfig;
use crate::estimators::{
    Belief, Critic, CriticKind, Gae, Gain, GiGpo, GroupRelative, HindsightModel, InformationGain, Key,
    NoisyJudge, Predictor, PredictorKind, Redistribution, Residual, ReturnHindsight, Start,
};
use crate::protocol::Metric;
use crate::reference::{published_gigpo, vine};

const GROUP: usize = 8;

pub(super) fn branches_rank_better_than_learned_values(lab: &Lab<'_>) -> Result<Ordering, FidelityError> {
    let instance = solve(TaskConfig::Bifurcation(BifurcationConfig::default()))?;
    let branches = lab.runs(&instance, &vine(16).into(), GROUP)?;
    let critic = |episodes| -> EstimatorConfig {
        let critic: Critic = CriticKind::MonteCarlo { key: Key::TimeAndState, episodes }.into();
        Gae { gamma: 1.0, lambda: 0.95, critic }.into()
    };
    let (mut measured, mut agrees) = (Vec::new(), true);
    for rival in [critic(50), critic(500), GroupRelative::grpo().into(), GroupRelative::rloo().into()] {
        let rival = lab.runs(&instance, &rival, GROUP)?;
        let what = format!("{} of {}", Metric::Hit.label(), rival[0].arm);
        measured.push(Measured::new(what, mean(Metric::Hit, &rival)));
        for metric in [Metric::ScaledRmse, Metric::BatchCosine] {
            let (better, found) = beats(metric, &branches, &rival)?;
            agrees &= better;
            measured.push(found);
        }
    }
    Ok(Ordering {
        row: 7,
        claim: "values of Monte-Carlo branches beat learned value heads and group baselines",
        source: "VinePPO, arXiv 2410.01679, at the scale of language models; only the estimator is looked at here",
        expected: "16 branches a state have a smaller scaled RMSE and a larger batch cosine than GAE(.95) with a \
                   fitted critic, GRPO and RLOO",
        measured,
        verdict: note(agrees),
    })
}

pub(super) fn shrinkage_tames_lucky_rare_actions(lab: &Lab<'_>) -> Result<Ordering, FidelityError> {
    let chain = BifurcationConfig { actions: 4, good_probability: 0.1, ..BifurcationConfig::default() };
    let instance = solve(TaskConfig::Bifurcation(chain))?;
    let (mut measured, mut holds) = (Vec::new(), true);
    for group in [4, 8] {
        let plain = lab.runs(&instance, &published_gigpo(false).into(), group)?;
        let shrunk = GiGpo { shrinkage: 4.0, ..published_gigpo(false) };
        let shrunk = lab.runs(&instance, &shrunk.into(), group)?;
        for metric in [Metric::Rmse, Metric::ScaledRmse] {
            let (better, mut found) = beats(metric, &shrunk, &plain)?;
            found.what = format!("G={group}: {}", found.what);
            holds &= better;
            measured.push(found);
        }
    }
    Ok(Ordering {
        row: 8,
        claim: "small step groups over-credit lucky rare actions; shrinking by the count helps",
        source: "ECPO, arXiv 2606.05885 (abstract)",
        expected: "four actions, good one with probability .1, G = 4 and 8: RMSE and scaled RMSE of step groups \
                   fall with shrinkage n/(n + 4)",
        measured,
        verdict: verdict(holds),
    })
}

pub(super) fn direct_scores_beat_elaborate_signals(lab: &Lab<'_>) -> Result<Ordering, FidelityError> {
    let instance = solve(TaskConfig::Bifurcation(BifurcationConfig::default()))?;
    let linear = PredictorKind::Linear { key: Key::TimeAndState, episodes: 500, ridge: 1e-3 };
    let learned = Redistribution {
        predictor: Predictor::from(linear),
        start: Start::Prediction,
        residual: Residual::Last,
    };
    let arms: [EstimatorConfig; 5] = [
        NoisyJudge::with_noise(0.1).into(),
        NoisyJudge::with_noise(0.3).into(),
        InformationGain::new(Gain::LogRatio, Belief::Learned { episodes: 500 }).into(),
        learned.into(),
        ReturnHindsight::new(HindsightModel::Counted { episodes: 500 }).into(),
    ];
    let mut measured = Vec::new();
    let mut taus = Vec::new();
    for arm in arms {
        let runs = lab.runs(&instance, &arm, GROUP)?;
        let tau = mean(Metric::TauPooled, &runs);
        let what = format!("{} of {}", Metric::TauPooled.label(), runs[0].arm);
        measured.push(Measured::new(what, tau));
        taus.push(tau);
    }
    let agrees = taus[2..].iter().all(|elaborate| taus[0] > *elaborate);
    Ok(Ordering {
        row: 9,
        claim: "scores must be ranked against Q before training; simple direct scoring beats many newer signals",
        source: "QVal, arXiv 2606.32034, with language models; a judge's noise is a free parameter here",
        expected: "a judge with noise .1 ranks steps better (pooled τ-b) than learned information gain, linear \
                   redistribution and counted hindsight, each fitted on 500 episodes",
        measured,
        verdict: note(agrees),
    })
}
