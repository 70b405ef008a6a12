use milepost_core::{Demonstrator, Purpose, Stream, StreamKey, TokenEnvironment, Vocabulary};

/// Turns that an episode of the environment suite may choose among in each state.
pub(super) const NUMBERED: u32 = 64;

/// Whether a turn is drawn towards its end or away from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// Every allowed token is as likely.
    Any,
    /// [`Vocabulary::END`] only where nothing else is allowed.
    Longest,
}

/// The tokens that may follow `tokens`; `None` where the world has no grammar.
pub(super) fn allowed<E: TokenEnvironment>(environment: &E, tokens: &[u32]) -> Option<Vec<u32>> {
    let mut allowed = Vec::new();
    environment.grammar(tokens, &mut allowed).then_some(allowed)
}

/// A turn that keeps to the grammar, at most one token longer than a turn may be; `None` without a grammar.
/// Stops early where nothing is allowed.
pub(super) fn grammatical<E: TokenEnvironment>(
    environment: &E,
    length: Length,
    stream: &mut Stream,
) -> Option<Vec<u32>> {
    let mut turn = Vec::new();
    while turn.is_empty() || (!environment.is_finished(&turn) && turn.len() <= environment.turn_limit()) {
        let mut choices = allowed(environment, &turn)?;
        if length == Length::Longest && choices.iter().any(|token| *token != Vocabulary::END) {
            choices.retain(|token| *token != Vocabulary::END);
        }
        if choices.is_empty() {
            break;
        }
        turn.push(choices[stream.below(choices.len() as u64) as usize]);
    }
    Some(turn)
}

/// Words drawn at random, up to the end of a turn, at most one more than a turn may have.
fn babble<E: TokenEnvironment>(environment: &E, stream: &mut Stream) -> Vec<u32> {
    let words = environment.vocabulary().len() as u64;
    let mut turn = vec![stream.below(words) as u32];
    while !environment.is_finished(&turn) && turn.len() <= environment.turn_limit() {
        turn.push(stream.below(words) as u32);
    }
    turn
}

/// A well-formed turn where the world has a grammar, else words at random.
pub(super) fn plausible<E: TokenEnvironment>(environment: &E, stream: &mut Stream) -> Vec<u32> {
    let length = if stream.below(4) == 0 { Length::Longest } else { Length::Any };
    grammatical(environment, length, stream).unwrap_or_else(|| babble(environment, stream))
}

/// How a turn may be nonsense.
const NONSENSE: u64 = 8;

/// A turn as no writer of a world expects it: empty, endless, unfinished, shuffled, of ids without a word.
pub(super) fn nonsense<E: TokenEnvironment>(environment: &E, stream: &mut Stream) -> Vec<u32> {
    let limit = environment.turn_limit() as u64;
    let mut turn = plausible(environment, stream);
    let at = stream.below(turn.len().max(1) as u64) as usize;
    match stream.below(NONSENSE) {
        0 => Vec::new(),
        1 => vec![Vocabulary::END],
        2 => babble(environment, stream),
        3 => {
            let words = environment.vocabulary().len() as u64;
            (0..=2 * limit).map(|_| stream.below(words) as u32).collect()
        }
        4 => {
            turn.truncate(at);
            turn
        }
        5 => {
            stream.shuffle(&mut turn);
            turn
        }
        6 => {
            turn.insert(at, Vocabulary::PAD);
            turn
        }
        _ => {
            turn.insert(at, wordless(environment, stream));
            turn
        }
    }
}

/// An id without a word.
fn wordless<E: TokenEnvironment>(environment: &E, stream: &mut Stream) -> u32 {
    let words = environment.vocabulary().len() as u32;
    match stream.below(3) {
        0 => words,
        1 => u32::MAX,
        _ => words.saturating_add(stream.next_u32()),
    }
}

/// Seven well-formed turns of eight, and nonsense.
pub(super) fn mixed<E: TokenEnvironment>(environment: &E, stream: &mut Stream) -> Vec<u32> {
    if stream.below(8) == 0 { nonsense(environment, stream) } else { plausible(environment, stream) }
}

/// The stream of one numbered turn in the current state.
fn numbered_stream<E: TokenEnvironment>(environment: &E, number: u32) -> Stream {
    let key = StreamKey::new(0, Purpose::named("numbered turn"));
    Stream::new(StreamKey { task: u64::from(number), step: environment.elapsed(), ..key })
}

/// The turn called `number`: a function of the number and the state.
pub(super) fn numbered<E: TokenEnvironment>(environment: &E, number: u32) -> Vec<u32> {
    mixed(environment, &mut numbered_stream(environment, number))
}

/// As [`numbered`], half of them the expert's own.
pub(super) fn guided<E: Demonstrator>(environment: &E, number: u32) -> Vec<u32> {
    let expert = number.is_multiple_of(2).then(|| environment.expert_turn()).flatten();
    expert.unwrap_or_else(|| numbered(environment, number))
}

/// Why `turn` is not a whole, well-formed turn of the current state; `None` if it is.
pub(super) fn ill_formed<E: TokenEnvironment>(environment: &E, turn: &[u32]) -> Option<String> {
    for (at, token) in turn.iter().enumerate() {
        let written = &turn[..at];
        if at > 0 && environment.is_finished(written) {
            return Some(format!("{turn:?} goes on after token {at}, where it is finished"));
        }
        if allowed(environment, written).is_some_and(|allowed| !allowed.contains(token)) {
            return Some(format!("token {at} of {turn:?} is not allowed by the grammar"));
        }
        if environment.vocabulary().word(*token).is_none() {
            return Some(format!("token {at} of {turn:?} has no word"));
        }
    }
    (!environment.is_finished(turn)).then(|| format!("{turn:?} is not finished"))
}
