//! Which form of progress may be paid? Robo-Dopamine's reward (arXiv 2512.23703) on a chain with one risky step.
//!
//! [`RiskyInsert`](milepost_microworlds::worlds::RiskyInsert): nine steps forward, then an insertion that succeeds with
//! probability `p` and otherwise slips back. A learner that is paid for *being* far along waits in front of the
//! insertion for ever. What each form of payment makes optimal is computed exactly ([`optimum`]); what an agent
//! learns from it, with an exact, a learned and a conservatively fused judge of progress, is measured by a tabular
//! actor-critic or Q-learner whose policy is evaluated exactly.

mod agent;
mod exact;
mod judge;
mod learner;

use milepost_core::{ParameterCheck, Purpose, Stream, StreamKey};
use milepost_eval::progress::cycle_gain;
use milepost_eval::progress::learning_curve::Curve;
use milepost_microworlds::worlds::{InsertReward, RiskyInsertConfig, TerminalPotential as EndPotential};
use milepost_progress::{Form, Potential, PotentialReward, Shaping, TerminalPotential};
use serde::{Deserialize, Serialize};

use crate::{Context, Measured, Metric, Recorder, Study, StudyError, Table};
use agent::Agent;
pub use agent::Algorithm;
pub use exact::{Criterion, Optimum, optimum};
use learner::Learner;

/// What a step pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Payment {
    /// 1 for success.
    #[default]
    Sparse,
    /// `Φ' − Φ`.
    DeltaOnly,
    /// 1 for success and `Φ' − Φ`.
    GoldDelta,
    /// `Φ'`.
    Absolute,
    /// 1 for success and `Φ'`.
    GoldAbsolute,
    /// 1 for success and `F = γΦ' − Φ`.
    GoldShaped,
    /// `F` alone.
    ShapedOnly,
}

impl Payment {
    const fn form(self) -> Option<Form> {
        match self {
            Self::Sparse => None,
            Self::DeltaOnly | Self::GoldDelta => Some(Form::Delta),
            Self::Absolute | Self::GoldAbsolute => Some(Form::Level),
            Self::GoldShaped | Self::ShapedOnly => Some(Form::Shaped),
        }
    }

    const fn pays_gold(self) -> bool {
        matches!(self, Self::Sparse | Self::GoldDelta | Self::GoldAbsolute | Self::GoldShaped)
    }
}

/// Who says how far along a state is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Judge {
    /// The truth, `Φ = position / 10`.
    #[default]
    Oracle,
    /// Hops learned from demonstrations, the three anchors fused by their mean.
    Learned,
    /// The same hops with the consistency-checked update.
    LearnedConservative,
}

/// One payment by one judge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct RoboDopamine {
    /// What is paid.
    pub payment: Payment,
    /// Who judges progress.
    pub judge: Judge,
    /// Whether the potential of success is kept where shaping ends. Default zero.
    pub terminal: TerminalPotential,
    /// Probability that the insertion succeeds. Default 0.1.
    pub insert: f64,
    /// Discount `γ`. Default 0.99.
    pub discount: f64,
    /// Steps of an episode. Default 80.
    pub horizon: u32,
    /// How the agent learns. Default an actor-critic.
    pub algorithm: Algorithm,
    /// Episodes. Default 2000.
    pub episodes: u32,
    /// Episodes between exact evaluations of the policy. Default 8.
    pub evaluate_every: u32,
    /// Demonstrations that a learned judge sees. Default 200.
    pub demonstrations: u32,
    /// `α` of the consistency check. Default 20.
    pub sensitivity: f64,
}

impl Default for RoboDopamine {
    fn default() -> Self {
        Self {
            payment: Payment::default(),
            judge: Judge::default(),
            terminal: TerminalPotential::Zero,
            insert: 0.1,
            discount: 0.99,
            horizon: 80,
            algorithm: Algorithm::ActorCritic,
            episodes: 2000,
            evaluate_every: 8,
            demonstrations: 200,
            sensitivity: 20.0,
        }
    }
}

/// "Near the optimum" is this share of the success that the sparse reward's best policy has.
const REACHED: f64 = 0.8;

/// The share of the last evaluations whose mean is the final result.
const FINAL: f64 = 0.2;

impl RoboDopamine {
    fn world(&self) -> RiskyInsertConfig {
        RiskyInsertConfig {
            insert: self.insert,
            horizon: self.horizon,
            discount: self.discount,
            ..RiskyInsertConfig::default()
        }
    }

    fn potential(
        &self,
        seed: u64,
        recorder: &mut dyn Recorder,
    ) -> Result<Box<dyn Potential<u32>>, StudyError> {
        Ok(match self.judge {
            Judge::Oracle => Box::new(judge::exact_progress()),
            Judge::Learned => Box::new(judge::learned(self, seed, judge::Rule::Mean, recorder)?),
            Judge::LearnedConservative => {
                Box::new(judge::learned(self, seed, judge::Rule::Conservative, recorder)?)
            }
        })
    }
}

impl Study for RoboDopamine {
    fn metrics(&self) -> Vec<Metric> {
        vec![
            Metric::lower(
                "episodes-to-80-percent",
                "episodes after which the policy's exact success never again falls below 80 % of the sparse optimum",
            ),
            Metric::higher(
                "final-success",
                "exact success of the learned policy, mean of the last fifth of the evaluations",
            ),
            Metric::higher(
                "final-potential",
                "expected true progress where episodes of the learned policy end, mean of the last fifth of the evaluations",
            ),
            Metric::higher("area", "area under exact success against episodes"),
            Metric::lower(
                "cycle-gain",
                "largest reward of a closed walk in the recorded transitions (Bellman–Ford); above 0 it can be farmed",
            ),
        ]
    }

    fn validate(&self) -> Result<(), StudyError> {
        let check = ParameterCheck("robo-dopamine");
        check.probability("insert", self.insert)?;
        check.not_negative("sensitivity", self.sensitivity)?;
        check.that((0.0..1.0).contains(&self.discount), "discount", self.discount, "in [0, 1)")?;
        for (name, value) in [
            ("horizon", self.horizon),
            ("episodes", self.episodes),
            ("evaluate-every", self.evaluate_every),
            ("demonstrations", self.demonstrations),
        ] {
            check.between(name, value, 1, 1 << 20)?;
        }
        Ok(())
    }

    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        recorder.table(exact_table()?)?;
        let best =
            optimum(&self.world(), Criterion::Stationary).map_err(StudyError::part("the exact solution"))?;
        let shaping =
            self.payment.form().map(|form| Shaping { form, gamma: self.discount, terminal: self.terminal });
        let reward = match shaping {
            None => None,
            Some(shaping) => {
                Some(PotentialReward::new("progress", self.potential(context.seed, recorder)?, shaping))
            }
        };
        let key = StreamKey::new(context.seed, Purpose::named("robo-dopamine"));
        let agent = Agent::new(self.algorithm);
        let mut learner = Learner::new(&self.world(), agent, reward, Stream::new(key))?;
        learner.pays_gold = self.payment.pays_gold();
        let (mut costs, mut success, mut potential) = (Vec::new(), Vec::new(), Vec::new());
        for episode in 0..=self.episodes {
            if episode % self.evaluate_every == 0 {
                let Optimum { success: now, final_potential } = learner.evaluate();
                costs.push(f64::from(episode));
                success.push(now);
                potential.push(final_potential);
                recorder.point(
                    &[("episodes", f64::from(episode))],
                    &[("success", now), ("final-potential", final_potential)],
                )?;
                recorder.advance(u64::from(episode), u64::from(self.episodes))?;
            }
            if episode < self.episodes {
                let seed = milepost_core::TaskSeed::train(context.seed, u64::from(episode));
                learner.play(seed).map_err(StudyError::part("an episode"))?;
            }
        }
        recorder.count("steps whose progress was unknown", learner.unknown_rewards());
        let last = |values: &[f64]| {
            let from = values.len() - ((FINAL * values.len() as f64).ceil() as usize).max(1);
            values[from..].iter().sum::<f64>() / (values.len() - from) as f64
        };
        let settled =
            success.iter().rposition(|success| *success < REACHED * best.success).map_or(0, |at| at + 1);
        let reached = costs.get(settled).copied().map_or_else(
            || {
                Measured::Undefined(
                    "80 % of the optimum were not reached for good within the budget".to_owned(),
                )
            },
            Measured::from,
        );
        recorder.result("episodes-to-80-percent", reached)?;
        recorder.result("final-success", Measured::from(last(&success)))?;
        recorder.result("final-potential", Measured::from(last(&potential)))?;
        let area = Curve::new(&costs, &success).map_err(StudyError::part("the learning curve"))?.area();
        recorder.result(
            "area",
            area.value().map_or_else(|| Measured::Undefined("one evaluation".to_owned()), Measured::from),
        )?;
        let gain = cycle_gain::max_cycle_gain(learner.transitions())
            .map_err(StudyError::part("the cycle search"))?;
        let undefined = || Measured::Undefined(gain.gain.reason().unwrap_or("undefined").to_owned());
        recorder.result("cycle-gain", gain.gain.value().map_or_else(undefined, Measured::from))?;
        Ok(())
    }
}

/// Success and final progress of the policies that are exactly optimal, by payment and terminal convention.
pub fn exact_table() -> Result<Table, StudyError> {
    let settings = [(0.1, 0.99), (0.3, 0.95)];
    let ends = [("kept", EndPotential::Keep), ("0", EndPotential::Zero)];
    let mut columns = Vec::new();
    for (insert, discount) in settings {
        for (end, _) in ends {
            columns.push(format!("success, p={insert} γ={discount}, Φ(goal) {end}"));
        }
    }
    columns.push("final progress, p=0.1, kept".to_owned());
    columns.push("success, p=0.1, kept, 80 steps without bootstrap".to_owned());
    let mut rows = Vec::new();
    for (name, reward) in PAYMENTS {
        let world = |(insert, discount), terminal_potential| RiskyInsertConfig {
            insert,
            discount,
            reward,
            terminal_potential,
            ..RiskyInsertConfig::default()
        };
        let solve = |config: RiskyInsertConfig, criterion| {
            optimum(&config, criterion).map_err(StudyError::part("the exact solution"))
        };
        let mut cells = Vec::new();
        for setting in settings {
            for (_, end) in ends {
                cells.push(Some(solve(world(setting, end), Criterion::Stationary)?.success));
            }
        }
        cells.push(Some(
            solve(world(settings[0], EndPotential::Keep), Criterion::Stationary)?.final_potential,
        ));
        cells.push(Some(solve(world(settings[0], EndPotential::Keep), Criterion::Budget)?.success));
        rows.push((name.to_owned(), cells));
    }
    Ok(Table {
        name: "exact-optima".to_owned(),
        caption: "Success within 80 steps of the policy that is exactly optimal for each payment (stationary, ties drawn \
                  uniformly), by what Φ of success counts; the last column plans for exactly 80 steps and nothing after."
            .to_owned(),
        columns,
        rows,
    })
}

/// The payments as the world itself pays them.
const PAYMENTS: [(&str, InsertReward); 7] = [
    ("sparse", InsertReward::Sparse),
    ("gold + F", InsertReward::Shaped),
    ("gold + ΔΦ", InsertReward::Difference),
    ("F only", InsertReward::ShapingOnly),
    ("ΔΦ only", InsertReward::DifferenceOnly),
    ("absolute Φ", InsertReward::AbsoluteOnly),
    ("gold + absolute Φ", InsertReward::Absolute),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(name: &str) -> Vec<f64> {
        let table = exact_table().expect("solves");
        let row = table.rows.into_iter().find(|row| row.0 == name).expect("a row");
        row.1.into_iter().map(|cell| (cell.expect("known") * 100.0).round() / 100.0).collect()
    }

    #[test]
    fn the_exact_table_of_terminal_conventions_is_the_published_one_to_two_decimals() {
        // p = 0.1, γ = 0.99 and p = 0.3, γ = 0.95, each with Φ(goal) kept.
        let kept = |name| [cells(name)[0], cells(name)[2]];
        for name in ["sparse", "gold + F", "gold + ΔΦ", "F only"] {
            assert_eq!(kept(name), [0.69, 0.98], "{name}");
        }
        for name in ["ΔΦ only", "absolute Φ", "gold + absolute Φ"] {
            assert_eq!(kept(name), [0.0, 0.0], "{name}");
            assert_eq!(cells(name)[4], 0.9, "{name} hovers before the insertion");
        }
        // Φ(goal) = 0: shaping changes nothing, and F alone is indifferent, so that ties make it a random walk.
        assert_eq!([cells("gold + F")[1], cells("gold + F")[3]], [0.69, 0.98]);
        assert_eq!([cells("F only")[1], cells("F only")[3]], [0.02, 0.06]);
        assert_eq!([cells("gold + ΔΦ")[1], cells("ΔΦ only")[1]], [0.0, 0.0]);
    }
}
