//! The vote of a group as its own verifier.

/// What responses without a readable answer stand for. They are one class of the vote either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Unparsable {
    /// If they win the vote, nobody is paid.
    #[default]
    Unpaid,
    /// If they win the vote, they are paid like any other class.
    AsClass,
}

/// What a group is worth in which no answer occurs twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AllDistinct {
    /// Nothing: no reward is known for it.
    #[default]
    Skip,
    /// The first answer wins, as in any tie.
    First,
}

/// How the votes of a group are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct MajorityRule {
    /// Responses without an answer.
    pub unparsable: Unparsable,
    /// Groups of different answers.
    pub all_distinct: AllDistinct,
}

/// A counted vote.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ballot<K> {
    /// The most frequent answer, `None` inside being the class without an answer; of equally frequent ones that which
    /// occurs first. Outer `None` where nobody voted.
    pub winner: Option<Option<K>>,
    /// Responses that gave it.
    pub votes: usize,
    /// Entropy of the answers, in nats.
    pub entropy: f64,
    /// Whether the vote decides anything: `false` for an empty group and where [`AllDistinct::Skip`] applies.
    pub decided: bool,
}

impl MajorityRule {
    /// Counts the answers of a group.
    #[must_use]
    pub fn count<K: Ord + Copy>(self, answers: &[Option<K>]) -> Ballot<K> {
        let mut sorted: Vec<(Option<K>, usize)> = answers.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        let n = answers.len() as f64;
        let (mut best, mut entropy) = (None, 0.0);
        for class in sorted.chunk_by(|a, b| a.0 == b.0) {
            let (answer, first) = class[0];
            let share = class.len() as f64 / n;
            entropy -= share * libm::log(share);
            let better =
                best.is_none_or(|(votes, at, _)| class.len() > votes || class.len() == votes && first < at);
            if better {
                best = Some((class.len(), first, answer));
            }
        }
        let votes = best.map_or(0, |(votes, ..)| votes);
        let decided = votes > 1 || votes == 1 && self.all_distinct == AllDistinct::First;
        // The entropy of a unanimous vote is 0, not −0.
        Ballot { winner: best.map(|(.., answer)| answer), votes, entropy: entropy.max(0.0), decided }
    }

    /// The rewards that a counted vote gives its voters, `1[answer = winner]`; `None` where it decides nothing.
    #[must_use]
    pub fn pay<K: Ord + Copy>(self, ballot: &Ballot<K>, answers: &[Option<K>]) -> Vec<Option<f64>> {
        let unpaid = ballot.winner == Some(None) && self.unparsable == Unparsable::Unpaid;
        let pay = |answer: &Option<K>| f64::from(u8::from(!unpaid && ballot.winner == Some(*answer)));
        answers.iter().map(|answer| ballot.decided.then(|| pay(answer))).collect()
    }
}

/// `r_i = 1[answer_i = the most frequent answer of the group]`, with how the vote went.
///
/// Ties go to the answer that occurs first. Responses without an answer are one class, which is never paid unless the
/// rule says so. Where all answers differ the group is skipped unless the rule says otherwise.
///
/// Source: test-time reinforcement learning as in arXiv 2603.08660. Identity: the rewards of a group sum to the votes
/// of the winner; a unanimous group has no advantage. Known failure: it pays the most likely answer, right or wrong,
/// and so makes it likelier still ([`crate::sharpened`]).
#[must_use]
pub fn majority_vote<K: Ord + Copy>(
    rule: MajorityRule,
    answers: &[Option<K>],
) -> (Vec<Option<f64>>, Ballot<K>) {
    let ballot = rule.count(answers);
    (rule.pay(&ballot, answers), ballot)
}

/// Share of the rewards that are what a verifier would have paid, 1 for right and 0 for wrong; rewards that are not
/// known are left out. `None` if none is known. For monitoring only: it needs the truth.
#[must_use]
pub fn reward_accuracy(rewards: &[Option<f64>], right: &[bool]) -> Option<f64> {
    let known: Vec<bool> = rewards
        .iter()
        .zip(right)
        .filter_map(|(reward, right)| reward.map(|reward| (reward > 0.5) == *right))
        .collect();
    (!known.is_empty()).then(|| known.iter().filter(|agrees| **agrees).count() as f64 / known.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PAID: MajorityRule =
        MajorityRule { unparsable: Unparsable::AsClass, all_distinct: AllDistinct::First };

    fn answers() -> impl Strategy<Value = Vec<Option<u8>>> {
        prop::collection::vec(prop::option::weighted(0.8, 0..4_u8), 1..12)
    }

    fn sum(rewards: &[Option<f64>]) -> f64 {
        rewards.iter().flatten().sum()
    }

    #[test]
    fn ties_go_to_the_first_and_distinct_answers_decide_nothing() {
        let rule = MajorityRule::default();
        let (rewards, ballot) = majority_vote(rule, &[Some(3), Some(1), Some(1), Some(3)]);
        assert_eq!((ballot.winner, ballot.votes), (Some(Some(3)), 2));
        assert_eq!(rewards, [1.0, 0.0, 0.0, 1.0].map(Some));
        let (rewards, ballot) = majority_vote(rule, &[Some(3), Some(1), None]);
        assert_eq!((rewards, ballot.decided), (vec![None; 3], false));
        assert_eq!(majority_vote(PAID, &[Some(3), Some(1)]).0, [1.0, 0.0].map(Some));
        assert_eq!(majority_vote::<u8>(rule, &[]).1.winner, None);
    }

    #[test]
    fn responses_without_an_answer_win_nothing_unless_the_rule_says_so() {
        let votes = [None, Some(1), None];
        assert_eq!(majority_vote(MajorityRule::default(), &votes).0, [0.0; 3].map(Some));
        assert_eq!(majority_vote(PAID, &votes).0, [1.0, 0.0, 1.0].map(Some));
    }

    #[test]
    fn rewards_that_are_not_known_do_not_count() {
        assert_eq!(reward_accuracy(&[Some(1.0), None, Some(0.0)], &[true, true, true]), Some(0.5));
        assert_eq!(reward_accuracy(&[None], &[true]), None);
    }

    proptest! {
        #[test]
        fn the_rewards_of_a_group_sum_to_the_votes_of_its_winner(answers in answers()) {
            let (rewards, ballot) = majority_vote(PAID, &answers);
            prop_assert_eq!(sum(&rewards), ballot.votes as f64);
            let most = answers.iter().map(|a| answers.iter().filter(|b| *b == a).count()).max();
            prop_assert_eq!(Some(ballot.votes), most);
        }

        #[test]
        fn a_unanimous_group_is_paid_alike(answer in prop::option::of(0..4_u8), n in 2..9_usize) {
            let (rewards, ballot) = majority_vote(MajorityRule::default(), &vec![answer; n]);
            prop_assert!(rewards.windows(2).all(|pair| pair[0] == pair[1]));
            prop_assert_eq!((ballot.votes, ballot.entropy), (n, 0.0));
        }

        #[test]
        fn renaming_answers_renames_the_winner_and_pays_the_same(answers in answers(), shift in 1..4_u8) {
            let rename = |answer: Option<u8>| answer.map(|a| (a + shift) % 4);
            let renamed: Vec<_> = answers.iter().copied().map(rename).collect();
            let ((paid, ballot), (again, other)) = (majority_vote(PAID, &answers), majority_vote(PAID, &renamed));
            prop_assert_eq!(paid, again);
            prop_assert_eq!(ballot.winner.map(rename), other.winner);
        }

        #[test]
        fn permuting_a_group_permutes_its_rewards_where_the_winner_is_unique(
            answers in answers(), turn in 0..12_usize,
        ) {
            let (rewards, ballot) = majority_vote(PAID, &answers);
            let rival = answers.iter().filter(|a| Some(**a) != ballot.winner)
                .any(|a| answers.iter().filter(|b| *b == a).count() == ballot.votes);
            prop_assume!(!rival);
            let (mut rotated, mut expected) = (answers.clone(), rewards);
            rotated.rotate_left(turn % answers.len());
            expected.rotate_left(turn % answers.len());
            prop_assert_eq!(majority_vote(PAID, &rotated).0, expected);
        }

        /// A right majority pays exactly what a verifier would; under a wrong one only those are judged rightly who
        /// are neither in the majority nor right.
        #[test]
        fn reward_accuracy_is_one_iff_the_majority_is_right(answers in answers(), truth in 0..4_u8) {
            let (rewards, ballot) = majority_vote(PAID, &answers);
            let right: Vec<bool> = answers.iter().map(|answer| *answer == Some(truth)).collect();
            let accuracy = reward_accuracy(&rewards, &right).expect("decided");
            if ballot.winner == Some(Some(truth)) {
                prop_assert_eq!(accuracy, 1.0);
            } else {
                let neither = answers.iter().filter(|a| Some(**a) != ballot.winner && **a != Some(truth)).count();
                prop_assert_eq!(accuracy, neither as f64 / answers.len() as f64);
            }
        }
    }
}
