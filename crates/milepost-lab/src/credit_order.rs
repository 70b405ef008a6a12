//! Does credit rank turns as they deserve? Measured where the fewest turns to success are known exactly
//! ([`deserved_credit`]). Only the order is compared, so that neither the scale of a credit rule nor its baseline matters.

use milepost_eval::best_play::deserved_credit;
use milepost_eval::correlation::kendall_tau_b;
use milepost_eval::verdict::Direction;

use crate::measures::Known;
use crate::record::event::MeasureRecord;

/// τ-b within an episode.
const WITHIN: &str = "credit-order";
/// τ-b over the turns of a group.
const POOLED: &str = "credit-order-of-groups";
/// Turns with credit.
const CREDITED: &str = "credited-turns";

/// What is measured of credit at every evaluation that looks at it.
pub(crate) const MEASURES: [Known; 3] = [
    Known {
        name: WITHIN,
        about: "Kendall's τ-b between credit and what turns deserve, within an episode",
        direction: Direction::HigherIsBetter,
    },
    Known {
        name: POOLED,
        about: "Kendall's τ-b between credit and what turns deserve, over all turns of a group: of episodes on one task, or of candidates for one turn",
        direction: Direction::HigherIsBetter,
    },
    Known {
        name: CREDITED,
        about: "share of an episode's own turns whose credit is not 0",
        direction: Direction::HigherIsBetter,
    },
];

/// The credit of an episode's turns, and what they deserve.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rated {
    credit: Vec<f64>,
    deserved: Vec<f64>,
}

impl Rated {
    /// `credit` has one entry a turn, `to_go` one a state. `None` where too little is known of either.
    pub(crate) fn new(credit: &[f64], to_go: &[f64]) -> Option<Self> {
        let deserved = deserved_credit(to_go)?;
        let known = deserved.len() == credit.len() && credit.iter().all(|credit| credit.is_finite());
        known.then(|| Self { credit: credit.to_vec(), deserved })
    }

    /// The turns that are marked, one mark a turn: what was prescribed has no credit, which is not a credit of 0.
    pub(crate) fn only(self, marked: &[bool]) -> Self {
        let keep = |values: Vec<f64>| -> Vec<f64> {
            values.into_iter().zip(marked).filter(|(_, marked)| **marked).map(|(value, _)| value).collect()
        };
        Self { credit: keep(self.credit), deserved: keep(self.deserved) }
    }
}

/// The measures of some groups of episodes; `None` stands for an episode of which too little is known.
pub(crate) fn measure(groups: &[Vec<Option<Rated>>]) -> Vec<MeasureRecord> {
    let order =
        |credit: &[f64], deserved: &[f64]| kendall_tau_b(&apart(credit), deserved).unwrap_or(f64::NAN);
    let episodes = || groups.iter().flatten();
    let within = episodes().map(|rated| match rated {
        Some(Rated { credit, deserved }) => order(credit, deserved),
        None => f64::NAN,
    });
    let pooled = groups.iter().map(|group| {
        let known = || group.iter().flatten();
        let credit: Vec<f64> = known().flat_map(|rated| rated.credit.iter().copied()).collect();
        let deserved: Vec<f64> = known().flat_map(|rated| rated.deserved.iter().copied()).collect();
        order(&credit, &deserved)
    });
    let credited = episodes().map(|rated| match rated {
        Some(Rated { credit, .. }) => {
            credit.iter().filter(|credit| **credit != 0.0).count() as f64 / credit.len() as f64
        }
        None => f64::NAN,
    });
    vec![
        MeasureRecord::of(WITHIN, within),
        MeasureRecord::of(POOLED, pooled),
        MeasureRecord::of(CREDITED, credited),
    ]
}

/// Credit in steps of a billionth of its largest magnitude: what differs by less is equal but for the rounding of a mean
/// over the tokens of a turn.
fn apart(credit: &[f64]) -> Vec<f64> {
    let largest = credit.iter().fold(0.0, |largest: f64, credit| largest.max(credit.abs()));
    credit.iter().map(|credit| (credit / largest.max(f64::MIN_POSITIVE) * 1e9).round()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(records: &[MeasureRecord], name: &str) -> Option<f64> {
        records.iter().find(|record| record.name == name).and_then(|record| record.mean)
    }

    /// Three turns of the best play but for the second, which loses a turn; and an episode that is thrown away at once.
    const TO_GO: [&[f64]; 2] = [&[2.0, 1.0, 2.0, 1.0, 0.0], &[2.0, f64::INFINITY]];

    #[test]
    fn one_number_for_an_episode_orders_groups_but_no_turns() {
        let rated = |credit: f64, to_go: &[f64]| Rated::new(&vec![credit; to_go.len() - 1], to_go);
        let group = vec![rated(1.0, TO_GO[0]), rated(-1.0, TO_GO[1])];
        let measured = measure(&[group]);
        assert_eq!(value(&measured, WITHIN), None);
        // Of ten pairs of turns credit tells 4 apart, all of them rightly, and 7 deserve to be.
        let expected = 4.0 / (4.0f64 * 7.0).sqrt();
        assert!((value(&measured, POOLED).expect("defined") - expected).abs() < 1e-12);
        assert_eq!(value(&measured, CREDITED), Some(1.0));
    }

    #[test]
    fn rounding_tells_no_turns_apart() {
        let credit = [0.3, 0.3 + 1e-16, (0.3 + 0.3 + 0.3) / 3.0, 0.3];
        let measured = measure(&[vec![Rated::new(&credit, TO_GO[0])]]);
        assert_eq!(value(&measured, WITHIN), None);
    }

    #[test]
    fn turns_that_were_prescribed_count_neither_in_the_order_nor_in_the_share() {
        // A turn of the best play, a detour, and one that throws the episode away; the first two without credit.
        let rated = Rated::new(&[0.0, 0.0, -1.0], &[2.0, 1.0, 2.0, f64::INFINITY]).expect("known");
        let of = |marked: [bool; 3]| {
            let measured = measure(&[vec![Some(rated.clone().only(&marked))]]);
            [WITHIN, POOLED, CREDITED].map(|name| value(&measured, name))
        };
        let [within, pooled, credited] = of([true; 3]);
        // Of three pairs credit tells two apart, both rightly, and all three deserve to be.
        let expected = 2.0 / (2.0f64 * 3.0).sqrt();
        assert!([within, pooled].iter().all(|order| (order.expect("defined") - expected).abs() < 1e-12));
        assert!((credited.expect("defined") - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(of([false, true, true]), [Some(1.0), Some(1.0), Some(0.5)]);
        assert_eq!(of([false, false, true]), [None, None, Some(1.0)]);
        assert_eq!(of([false; 3]), [None; 3]);
    }

    #[test]
    fn candidates_for_one_turn_are_compared_with_each_other_alone() {
        let candidate = |credit: f64, leads_to: f64| Rated::new(&[credit], &[2.0, leads_to]);
        let set = |near: f64, far: f64| vec![candidate(near, 1.0), candidate(far, f64::INFINITY)];
        // Within each set the better candidate has more credit, across them it need not.
        let measured = measure(&[set(0.1, -0.1), set(5.0, 1.0)]);
        assert_eq!(value(&measured, POOLED), Some(1.0));
        assert_eq!(value(&measured, WITHIN), None);
        let measured = measure(&[set(0.1, -0.1), set(1.0, 5.0)]);
        assert_eq!(value(&measured, POOLED), Some(0.0));
    }

    #[test]
    fn what_is_not_known_is_left_out_and_shown_as_undefined() {
        assert_eq!(Rated::new(&[0.5], &[f64::NAN, 1.0]), None);
        assert_eq!(Rated::new(&[f64::NAN], &[2.0, 1.0]), None);
        assert_eq!(Rated::new(&[0.5], &[1.0]), None);
        let measured = measure(&[vec![None]]);
        assert!(measured.iter().all(|record| record.mean.is_none() && record.defined == 0));
    }

    #[test]
    fn credit_that_is_what_turns_deserve_has_order_one_and_its_opposite_minus_one() {
        for to_go in TO_GO.map(|to_go| [to_go, &[1.0, 0.0]].concat()) {
            let deserved = deserved_credit(&to_go).expect("known");
            for sign in [1.0, -1.0] {
                let credit: Vec<f64> = deserved.iter().map(|deserved| 3.0 * sign * deserved + 7.0).collect();
                let measured = measure(&[vec![Rated::new(&credit, &to_go)]]);
                for name in [WITHIN, POOLED] {
                    assert!((value(&measured, name).expect("defined") - sign).abs() < 1e-12, "{name}");
                }
            }
        }
    }
}
