use std::convert::Infallible;

use milepost_core::{
    CutReason, Demonstrator, DrawnTurn, Ending, Provenance, Purpose, SpanKind, Stream, StreamKey, TaskSeed,
    Trajectory, Version, Vocabulary,
};

use super::draft::Written;
use super::{Draft, MetaTokens};
use crate::episode::{Episode, Piece};
use crate::tree::{close_untaken, prefix};
use crate::{SamplerSettings, SamplingError};

/// Demonstrations of reviews: on each task a draft is played by the world's expert, a share `noise` of its turns drawn
/// at random, and the decision of `verdict` (`None` to accept, else the turns that are kept) is written under it.
///
/// A row is shaped like a [`DecisionRow`](super::DecisionRow): nothing of the draft is trained, and the decision is a
/// span of kind `Meta` that was [`Provenance::Demonstrated`]. A cut for which there is no phrase is written as the
/// last one. Draws come from a stream of their own.
pub fn demonstrate_reviews<E: Demonstrator>(
    prototype: &E,
    tasks: &[(u64, TaskSeed)],
    noise: f64,
    tokens: &MetaTokens,
    verdict: impl Fn(&Draft<'_, E>) -> Option<u32>,
    settings: &SamplerSettings,
) -> Result<Vec<Trajectory<()>>, SamplingError<Infallible>> {
    settings.check()?;
    if !(0.0..=1.0).contains(&noise) {
        return Err(SamplingError::OutOfRange { name: "noise", value: noise, range: "in [0, 1]" });
    }
    tokens.check(prototype.vocabulary())?;
    let mut rows = Vec::with_capacity(tasks.len());
    for task in tasks {
        let written = play(prototype, *task, noise, settings)?;
        let Some(draft) = written.draft(0) else { continue };
        let mut row = prefix(draft.trajectory, draft.trajectory.turns.len());
        if !tokens.ask.is_empty() {
            row.span(SpanKind::Feedback, Provenance::Forced, &tokens.ask, &[]);
        }
        let mut decision = tokens.phrase(verdict(&draft)).to_vec();
        decision.push(Vocabulary::END);
        row.drawn(SpanKind::Meta, Provenance::Demonstrated, &certain(decision));
        close_untaken(&mut row);
        rows.push(row.finish(Ending::Cut(CutReason::Branch))?);
    }
    Ok(rows)
}

/// A turn that nobody drew.
fn certain(tokens: Vec<u32>) -> DrawnTurn {
    let (log_probs, allowed) = (vec![0.0; tokens.len()], vec![None; tokens.len()]);
    DrawnTurn { tokens, log_probs, allowed }
}

/// One episode of the noisy expert.
fn play<E: Demonstrator>(
    prototype: &E,
    task: (u64, TaskSeed),
    noise: f64,
    settings: &SamplerSettings,
) -> Result<Written<E>, SamplingError<Infallible>> {
    let mut episode = Episode::start(prototype, task, 0, Version(0), &mut [])?;
    if episode.environment.ending().is_some() {
        return Err(SamplingError::AlreadyOver { task: task.1 });
    }
    let mut written = Written::empty(&episode);
    let ending = loop {
        written.watch(&episode);
        let mut stream = Stream::new(StreamKey {
            run_seed: settings.run_seed,
            purpose: Purpose::named("demonstrated review"),
            task: 0,
            episode: task.0,
            step: episode.turns(),
        });
        let drawn = certain(episode.environment.noisy_turn(noise, &mut stream));
        let piece = Piece { provenance: Provenance::Demonstrated, drawn: &drawn };
        if let Some(ending) = episode.take_turn(&[piece], settings, &mut [])? {
            break ending;
        }
    };
    written.last = episode.environment.clone();
    written.finished = Some(episode.finish(ending)?);
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toy::Lock;
    use crate::{ContextRule, scoring_segments};

    fn meta() -> MetaTokens {
        MetaTokens {
            ask: vec![Lock::HUH],
            keep: vec![Lock::OPEN],
            cuts: (Lock::X..=Lock::Z).map(|k| vec![Lock::SHUT, k]).collect(),
        }
    }

    #[test]
    fn a_verdict_is_all_that_is_trained_and_stands_under_the_whole_draft() {
        let lock = Lock::new(3).expect("short");
        let tasks: Vec<_> = (0..40).map(|index| (index, TaskSeed::literal(index))).collect();
        let settings = SamplerSettings::training(1, ContextRule::full(99), 4);
        let verdict = |draft: &Draft<'_, Lock>| {
            let solved = draft.trajectory.ending.is_success();
            (!solved).then(|| draft.trajectory.turns.len() as u32 - 1)
        };
        let rows = demonstrate_reviews(&lock, &tasks, 0.5, &meta(), verdict, &settings).expect("plays");
        assert_eq!(rows.len(), tasks.len());
        let (mut kept, mut cut) = (0, 0);
        for row in &rows {
            let trained: Vec<_> = row.spans.iter().filter(|span| span.is_trained()).collect();
            assert_eq!(trained.len(), 1);
            assert_eq!((trained[0].kind, trained[0].provenance), (SpanKind::Meta, Provenance::Demonstrated));
            let decided = &row.tokens[trained[0].range()];
            let draft = row.turns.len() as u32 - 1;
            let expected = if *decided == [Lock::OPEN, Vocabulary::END] {
                kept += 1;
                meta().keep
            } else {
                cut += 1;
                meta().cuts[(draft - 1).min(2) as usize].clone()
            };
            assert_eq!(decided[..decided.len() - 1], expected);
            // What is read before it ends with the question and holds every turn of the draft.
            let segments = scoring_segments(row, &settings.context).expect("fits");
            let (position, _) = segments[0].targets[0];
            assert_eq!(segments[0].tokens[position - 1], Lock::HUH);
        }
        assert!(kept > 3 && cut > 3, "{kept} kept, {cut} cut");
    }

    #[test]
    fn what_cannot_be_demonstrated_is_refused() {
        let lock = Lock::new(1).expect("short");
        let tasks = [(0, TaskSeed::literal(0))];
        let settings = SamplerSettings::training(1, ContextRule::full(99), 4);
        let refused = |noise, meta: &MetaTokens| {
            demonstrate_reviews(&lock, &tasks, noise, meta, |_| None, &settings).expect_err("refused")
        };
        assert!(matches!(refused(1.5, &meta()), SamplingError::OutOfRange { name: "noise", .. }));
        let unknown = MetaTokens { keep: vec![99], ..meta() };
        assert!(matches!(refused(0.5, &unknown), SamplingError::MetaToken { word: 99 }));
    }
}
