use milepost_core::{
    Budget, Demonstrator, Ending, EnvError, Environment, Outcome, Purpose, StepOutcome, Stream, StreamKey,
    TaskSeed, TokenEnvironment, TurnFault, Vocabulary,
};

/// A small token world that keeps every law: the example for writers of their own, and the original of which
/// the suite's tests make broken copies.
///
/// A digit below [`HighLow::DIGITS`] is to be guessed within [`HighLow::BUDGET`] turns. A turn is up to two
/// `hm` to think with, then `say d <end>`. The reply is `higher`, `lower` or, where the digit was said before,
/// `again` (refused); a turn that is not understood is answered with `what` and costs its try all the same. The
/// right digit pays 1.
#[derive(Debug, Clone, PartialEq)]
pub struct HighLow {
    vocabulary: Vocabulary,
    words: Words,
    /// The digit; none before the first reset.
    secret: Option<u32>,
    /// The digits said so far, as bits.
    tried: u32,
    elapsed: u32,
    said: Vec<u32>,
    fault: Option<TurnFault>,
    ending: Option<Ending>,
}

/// Ids of the words.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Words {
    hm: u32,
    say: u32,
    guess: u32,
    higher: u32,
    lower: u32,
    again: u32,
    what: u32,
    right: u32,
    zero: u32,
}

impl Default for HighLow {
    fn default() -> Self {
        let names = ["hm", "say", "guess", "higher", "lower", "again", "what", "right"];
        let digits = (0..Self::DIGITS).map(|digit| digit.to_string());
        let vocabulary = Vocabulary::new(names.into_iter().map(str::to_owned).chain(digits))
            .expect("the words are different");
        let [hm, say, guess, higher, lower, again, what, right, zero] = [3, 4, 5, 6, 7, 8, 9, 10, 11];
        Self {
            vocabulary,
            words: Words { hm, say, guess, higher, lower, again, what, right, zero },
            secret: None,
            tried: 0,
            elapsed: 0,
            said: Vec::new(),
            fault: None,
            ending: None,
        }
    }
}

impl HighLow {
    /// Digits are below this.
    pub const DIGITS: u32 = 8;
    /// Turns of an episode.
    pub const BUDGET: u32 = 6;
    /// The most `hm` of one turn.
    const THOUGHTS: usize = 2;

    /// The digit that a well-formed turn says.
    fn digit(&self, turn: &[u32]) -> Option<u32> {
        let rest = &turn[turn.iter().take_while(|token| **token == self.words.hm).count()..];
        let thoughts = turn.len() - rest.len();
        match *rest {
            [say, digit, Vocabulary::END] if say == self.words.say && thoughts <= Self::THOUGHTS => {
                digit.checked_sub(self.words.zero).filter(|digit| *digit < Self::DIGITS)
            }
            _ => None,
        }
    }

    /// The digits that the replies leave possible: above all that were too low, below all too high.
    fn range(&self, secret: u32) -> (u32, u32) {
        let tried = |digit: &u32| self.tried >> digit & 1 == 1;
        let low = (0..secret).rev().find(tried).map_or(0, |digit| digit + 1);
        let high = (secret + 1..Self::DIGITS).find(tried).unwrap_or(Self::DIGITS);
        (low, high)
    }
}

impl Environment for HighLow {
    type Observation = Vec<u32>;
    type Action = Vec<u32>;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        let key = StreamKey { task: seed.get(), ..StreamKey::new(0, Purpose::ENVIRONMENT) };
        self.secret = Some(Stream::new(key).below(u64::from(Self::DIGITS)) as u32);
        self.said.clear();
        self.said.extend([Vocabulary::BEGIN, self.words.guess]);
        (self.tried, self.elapsed, self.fault, self.ending) = (0, 0, None, None);
        Ok(())
    }

    fn step(&mut self, turn: &Vec<u32>) -> Result<StepOutcome, EnvError> {
        let environment = || "HighLow".to_owned();
        if let Some(ending) = self.ending {
            return Err(EnvError::StepAfterEnd { environment: environment(), ending });
        }
        let Some(secret) = self.secret else {
            return Err(EnvError::NotReset { environment: environment() });
        };
        let (reply, fault) = match self.digit(turn) {
            None => (self.words.what, Some(TurnFault::Malformed)),
            Some(digit) if self.tried >> digit & 1 == 1 => (self.words.again, Some(TurnFault::Refused)),
            Some(digit) => {
                self.tried |= 1 << digit;
                let reply = match digit.cmp(&secret) {
                    std::cmp::Ordering::Less => self.words.higher,
                    std::cmp::Ordering::Greater => self.words.lower,
                    std::cmp::Ordering::Equal => self.words.right,
                };
                (reply, None)
            }
        };
        self.said.clear();
        self.said.push(reply);
        self.fault = fault;
        self.elapsed += 1;
        let success = reply == self.words.right;
        if success {
            self.ending = Some(Ending::Terminated(Outcome::Success));
        } else if self.elapsed == Self::BUDGET {
            self.ending = Some(Ending::Truncated(Budget::Steps));
        }
        Ok(StepOutcome { reward: f64::from(u8::from(success)), ending: self.ending })
    }

    fn new_observation(&self) -> Vec<u32> {
        Vec::new()
    }

    fn observe(&self, into: &mut Vec<u32>) {
        into.clone_from(&self.said);
    }

    fn ending(&self) -> Option<Ending> {
        self.ending
    }

    fn elapsed(&self) -> u32 {
        self.elapsed
    }

    fn state_key(&self) -> u64 {
        u64::from(self.secret.unwrap_or(Self::DIGITS)) << 8 | u64::from(self.tried)
    }
}

impl TokenEnvironment for HighLow {
    fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    fn turn_limit(&self) -> usize {
        Self::THOUGHTS + 3
    }

    fn grammar(&self, tokens: &[u32], allowed: &mut Vec<u32>) -> bool {
        let digits = self.words.zero..self.words.zero + Self::DIGITS;
        match tokens.last() {
            Some(say) if *say == self.words.say => allowed.extend(digits),
            Some(digit) if digits.contains(digit) => allowed.push(Vocabulary::END),
            _ => {
                if tokens.len() < Self::THOUGHTS {
                    allowed.push(self.words.hm);
                }
                allowed.push(self.words.say);
            }
        }
        true
    }

    fn fault(&self) -> Option<TurnFault> {
        self.fault
    }
}

impl Demonstrator for HighLow {
    /// Halves what the replies left possible; at the last try says the digit, which it has known all along.
    fn expert_turn(&self) -> Option<Vec<u32>> {
        let secret = self.secret.filter(|_| self.ending.is_none())?;
        let (low, high) = self.range(secret);
        let digit = if self.elapsed + 1 == Self::BUDGET { secret } else { low.midpoint(high) };
        Some(vec![self.words.say, self.words.zero + digit, Vocabulary::END])
    }

    fn random_turn(&self, stream: &mut Stream) -> Vec<u32> {
        let mut turn = vec![self.words.hm; stream.below(Self::THOUGHTS as u64 + 1) as usize];
        let digit = stream.below(u64::from(Self::DIGITS)) as u32;
        turn.extend([self.words.say, self.words.zero + digit, Vocabulary::END]);
        turn
    }
}
