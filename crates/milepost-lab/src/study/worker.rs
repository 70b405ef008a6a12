use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use milepost_studies::{Context, Study, StudyError};

use super::StudyRun;
use super::recorder::{FileRecorder, Place};
use crate::record::STUDY_PARTS;
use crate::record::lock::FolderLock;
use crate::run::{Assignment, Finished, Message, ORPHAN_PATIENCE, SHARED, WorkerError, prepare};

/// Runs one arm and seed until it is done or `stop` is set, telling `out` about it in JSON lines.
pub(crate) fn work(
    run: &StudyRun,
    assignment: &Assignment,
    stop: &Arc<AtomicBool>,
    mut out: impl Write,
) -> Result<Finished, WorkerError> {
    let arm = run.experiment().arm(&assignment.arm)?;
    let folder = run.task(&arm.name, assignment.seed);
    prepare(&folder)?;
    let _lock = FolderLock::acquire_within(folder.path(), ORPHAN_PATIENCE)?;
    // If nobody listens any more, the parent is gone: stop at the next chance.
    let mut tell = |message: &Message| {
        let line = serde_json::to_string(message).unwrap_or_default();
        if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
            stop.store(true, Ordering::Relaxed);
        }
    };
    tell(&Message::Started { steps: 0 });
    let mut reached = 0;
    let mut progress = |steps| {
        reached = steps;
        tell(&Message::Progress { steps, success: None });
    };
    let place = Place {
        folder,
        shared: run.path().join(SHARED),
        config: &run.meta().config,
        arm: &arm.name,
        seed: assignment.seed,
    };
    let metrics = arm.study.metrics();
    let mut recorder = FileRecorder::open(place, &metrics, stop, assignment.stop_after, &mut progress)?;
    let context = Context { seed: assignment.seed, device: assignment.device };
    let ended = arm.study.run(&context, &mut recorder).and_then(|()| recorder.finish());
    match ended {
        Ok(()) => {
            tell(&Message::Done { steps: STUDY_PARTS, success: None });
            Ok(Finished::Done)
        }
        Err(StudyError::Interrupted(_)) => {
            tell(&Message::Stopped { steps: reached });
            Ok(Finished::Stopped)
        }
        Err(error) => Err(error.into()),
    }
}
