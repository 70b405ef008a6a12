use milepost_core::{
    DrawnTurn, Ending, Probe, Provenance, TaskSeed, TokenEnvironment, TokenPolicy, Trajectory, TurnRequest,
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
        let mut prepared = Vec::new();
        for (episode, key) in wanted {
            let context = episode.context(self.settings)?;
            self.truncated_contexts += u64::from(context.dropped_turns > 0);
            prepared.push((context.tokens(&episode.builder.so_far().tokens), &episode.environment, key));
        }
        let requests = prepared
            .iter()
            .map(|(context, environment, key)| TurnRequest {
                context,
                environment: *environment,
                constrained: self.settings.constrained,
                stream: key.stream(self.settings),
            })
            .collect();
        self.ask(requests, used)
    }

    /// Asks the policy, checks that its answers fit, and counts their tokens.
    pub(crate) fn ask<W: TokenEnvironment>(
        &mut self,
        requests: Vec<TurnRequest<'_, W>>,
        used: DrawnFor,
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
            self.ledger.count(used, turn.tokens.len() as u64);
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

    /// Plays episodes to their ends in the plain way, side by side, with draws from the streams of `key`.
    /// The finished ones are in the order in which they were given.
    pub(crate) fn play(
        &mut self,
        episodes: Vec<Episode<E>>,
        provenance: Provenance,
        used: DrawnFor,
        key: impl Fn(&Episode<E>, usize) -> DrawKey,
    ) -> Result<Vec<Finished>, SamplingError<P::Error>> {
        let mut finished: Vec<Option<Finished>> = episodes.iter().map(|_| None).collect();
        let mut running: Vec<(usize, Episode<E>)> = episodes.into_iter().enumerate().collect();
        while !running.is_empty() {
            let wanted = running.iter().map(|(place, episode)| (episode, key(episode, *place)));
            let turns = self.draw(wanted, used)?;
            let mut still = Vec::with_capacity(running.len());
            for ((place, mut episode), turn) in running.into_iter().zip(&turns) {
                match self.take(&mut episode, turn, provenance)? {
                    Some(ending) => finished[place] = Some(episode.finish(ending)?),
                    None => still.push((place, episode)),
                }
            }
            running = still;
        }
        Ok(finished.into_iter().flatten().collect())
    }
}

/// The plain key of an episode's next turn.
pub(crate) fn plain_key<E: TokenEnvironment>(episode: &Episode<E>, _place: usize) -> DrawKey {
    DrawKey::turn(episode.key, episode.member, episode.turns())
}

pub(crate) fn fits<E>(what: &'static str, found: usize, expected: usize) -> Result<(), SamplingError<E>> {
    if found == expected { Ok(()) } else { Err(SamplingError::PolicyAnswer { what, found, expected }) }
}
