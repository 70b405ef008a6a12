use milepost_core::{
    DrawnTurn, Ending, Probe, Provenance, TaskSeed, TokenEnvironment, TokenPolicy, Trajectory,
    TrajectoryBuilder, TurnRequest,
};

use crate::draws::DrawKey;
use crate::episode::{Episode, Piece};
use crate::{DrawnFor, EpisodeSummary, SamplerSettings, SamplingError, TokenLedger};

/// What all samplers do alike: ask the policy for turns, count its tokens, take steps.
pub(crate) struct Engine<'a, E: TokenEnvironment, P: TokenPolicy> {
    pub prototype: &'a E,
    pub policy: &'a P,
    pub probes: &'a mut [Box<dyn Probe<E>>],
    pub settings: &'a SamplerSettings,
    pub ledger: TokenLedger,
    pub environment_steps: u64,
    pub truncated_contexts: u64,
    pub unrated: u64,
}

/// A finished episode.
pub(crate) type Finished = (Trajectory<()>, EpisodeSummary);

impl<'a, E: TokenEnvironment, P: TokenPolicy> Engine<'a, E, P> {
    pub(crate) fn new(
        prototype: &'a E,
        policy: &'a P,
        probes: &'a mut [Box<dyn Probe<E>>],
        settings: &'a SamplerSettings,
    ) -> Result<Self, SamplingError<P::Error>> {
        settings.check()?;
        Ok(Self {
            prototype,
            policy,
            probes,
            settings,
            ledger: TokenLedger::default(),
            environment_steps: 0,
            truncated_contexts: 0,
            unrated: 0,
        })
    }

    /// Starts an episode.
    pub(crate) fn start(
        &mut self,
        task: (u64, TaskSeed),
        member: u32,
    ) -> Result<Episode<E>, SamplingError<P::Error>> {
        let version = self.policy.version();
        let episode = Episode::start(self.prototype, task, member, version, self.probes)?;
        if episode.environment.ending().is_some() {
            return Err(SamplingError::AlreadyOver { task: task.1 });
        }
        Ok(episode)
    }

    /// Draws the next turn of each episode, each from the stream of its key; all in one call of the policy.
    pub(crate) fn draw<'e>(
        &mut self,
        wanted: impl IntoIterator<Item = (&'e Episode<E>, DrawKey)>,
        used: DrawnFor,
    ) -> Result<Vec<DrawnTurn>, SamplingError<P::Error>>
    where
        E: 'e,
    {
        self.draw_for(wanted.into_iter().map(|(episode, key)| (episode, key, used)))
    }

    /// Draws the next turn of each episode, each counted as what it is used for.
    pub(crate) fn draw_for<'e>(
        &mut self,
        wanted: impl IntoIterator<Item = (&'e Episode<E>, DrawKey, DrawnFor)>,
    ) -> Result<Vec<DrawnTurn>, SamplingError<P::Error>>
    where
        E: 'e,
    {
        let mut prepared = Vec::new();
        for (episode, key, used) in wanted {
            prepared.push((
                self.context(&episode.builder, episode.turns())?,
                &episode.environment,
                key,
                used,
            ));
        }
        let requests = prepared
            .iter()
            .map(|(context, environment, key, _)| self.request(context, *environment, *key))
            .collect();
        let drawn = self.ask(requests)?;
        for (turn, (.., used)) in drawn.iter().zip(&prepared) {
            self.ledger.count(*used, turn.tokens.len() as u64);
        }
        Ok(drawn)
    }

    /// What the policy reads before turn `turn` of what was recorded. Contexts with turns left out are counted.
    pub(crate) fn context(
        &mut self,
        recorded: &TrajectoryBuilder<()>,
        turn: u32,
    ) -> Result<Vec<u32>, SamplingError<P::Error>> {
        let recorded = recorded.so_far();
        let context = self.settings.context.before_turn(&recorded.spans, turn)?;
        self.truncated_contexts += u64::from(context.dropped_turns > 0);
        Ok(context.tokens(&recorded.tokens))
    }

    /// A request for a turn under this sampler's settings.
    pub(crate) const fn request<'r, W>(
        &self,
        context: &'r [u32],
        environment: &'r W,
        key: DrawKey,
    ) -> TurnRequest<'r, W> {
        TurnRequest {
            context,
            environment,
            constrained: self.settings.constrained,
            stream: key.stream(self.settings),
        }
    }

    /// Asks the policy and checks that its answers fit. The caller counts the tokens.
    pub(crate) fn ask<W: TokenEnvironment>(
        &self,
        requests: Vec<TurnRequest<'_, W>>,
    ) -> Result<Vec<DrawnTurn>, SamplingError<P::Error>> {
        if requests.is_empty() {
            return Ok(Vec::new());
        }
        let expected = requests.len();
        let drawn = self.policy.draw(requests).map_err(SamplingError::Policy)?;
        fits("turns", drawn.len(), expected)?;
        for turn in &drawn {
            fits("log-probabilities", turn.log_probs.len(), turn.tokens.len())?;
            fits("sets of allowed tokens", turn.allowed.len(), turn.tokens.len())?;
            if turn.tokens.is_empty() {
                return Err(SamplingError::PolicyAnswer { what: "tokens in a turn", found: 0, expected: 1 });
            }
        }
        Ok(drawn)
    }

    /// Takes a turn as it was drawn.
    pub(crate) fn take(
        &mut self,
        episode: &mut Episode<E>,
        drawn: &DrawnTurn,
        provenance: Provenance,
    ) -> Result<Option<Ending>, SamplingError<P::Error>> {
        self.take_pieces(episode, &[Piece { provenance, drawn }])
    }

    /// Takes a turn made of pieces.
    pub(crate) fn take_pieces(
        &mut self,
        episode: &mut Episode<E>,
        pieces: &[Piece<'_>],
    ) -> Result<Option<Ending>, SamplingError<P::Error>> {
        self.environment_steps += 1;
        Ok(episode.take_turn(pieces, self.settings, self.probes)?)
    }

    /// Plays episodes to their ends, side by side, with draws from the streams of `key`. The finished ones are
    /// in the order in which they were given.
    pub(crate) fn play(
        &mut self,
        episodes: Vec<Episode<E>>,
        provenance: Provenance,
        used: DrawnFor,
        key: impl Fn(&Episode<E>, usize) -> DrawKey,
    ) -> Result<Vec<Finished>, SamplingError<P::Error>> {
        let placed = episodes.into_iter().enumerate().collect();
        let played = self.play_watched(placed, provenance, used, key, |_, _| {})?;
        Ok(played.into_iter().map(|(_, finished)| finished).collect())
    }

    /// The same for episodes with a place each, while `watch` sees each episode before each of its turns. The
    /// worlds as they were in the end come along.
    pub(crate) fn play_watched(
        &mut self,
        episodes: Vec<(usize, Episode<E>)>,
        provenance: Provenance,
        used: DrawnFor,
        key: impl Fn(&Episode<E>, usize) -> DrawKey,
        mut watch: impl FnMut(usize, &Episode<E>),
    ) -> Result<Vec<(E, Finished)>, SamplingError<P::Error>> {
        let mut played: Vec<Option<(E, Finished)>> = episodes.iter().map(|_| None).collect();
        let mut running: Vec<_> = episodes.into_iter().enumerate().collect();
        while !running.is_empty() {
            for (_, (place, episode)) in &running {
                watch(*place, episode);
            }
            let wanted = running.iter().map(|(_, (place, episode))| (episode, key(episode, *place)));
            let turns = self.draw(wanted, used)?;
            let mut still = Vec::with_capacity(running.len());
            for ((order, (place, mut episode)), turn) in running.into_iter().zip(&turns) {
                match self.take(&mut episode, turn, provenance)? {
                    Some(ending) => {
                        played[order] = Some((episode.environment.clone(), episode.finish(ending)?));
                    }
                    None => still.push((order, (place, episode))),
                }
            }
            running = still;
        }
        Ok(played.into_iter().flatten().collect())
    }
}

/// The plain key of an episode's next turn.
pub(crate) fn plain_key<E: TokenEnvironment>(episode: &Episode<E>, _place: usize) -> DrawKey {
    DrawKey::turn(episode.key, episode.member, episode.turns())
}

pub(crate) fn fits<E>(what: &'static str, found: usize, expected: usize) -> Result<(), SamplingError<E>> {
    if found == expected { Ok(()) } else { Err(SamplingError::PolicyAnswer { what, found, expected }) }
}
