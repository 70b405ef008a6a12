use std::sync::{Mutex, PoisonError};

use super::Guide;
use crate::engine::{CommandId, Session};

/// The same play with the quests' plans, as far as it was last asked for: asking after every step costs no more than
/// having followed it. What it answers depends on the play alone, so clones may go on from what is known.
#[derive(Debug, Default)]
pub(crate) struct Follower {
    followed: Mutex<Option<Followed>>,
}

#[derive(Debug, Clone)]
struct Followed {
    session: Session,
    /// Commands of the play that it knows of.
    known: usize,
}

impl Follower {
    /// Reads something off the play with its plans, after the commands `done` of `session`. `None` where the game cannot be
    /// played with them.
    pub(crate) fn read<R>(
        &self,
        guide: &Guide,
        session: &Session,
        done: &[CommandId],
        read: impl FnOnce(&Session) -> R,
    ) -> Option<R> {
        let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        if followed.is_none() {
            *followed = Some(Followed { session: guide.planned()?, known: 0 });
        }
        let Followed { session: play, known } = followed.as_mut()?;
        for command in done[*known..].iter().filter_map(|command| session.world().command(*command)) {
            play.step(command);
        }
        *known = done.len();
        play.follow_plans();
        Some(read(play))
    }
}

impl Clone for Follower {
    fn clone(&self) -> Self {
        let followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        Self { followed: Mutex::new(followed.clone()) }
    }
}
