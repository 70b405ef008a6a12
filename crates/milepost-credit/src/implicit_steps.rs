//! Episode advantages plus advantages of learned step rewards.

use crate::normalize::{deviation, exact_mean};
use crate::reward_to_go::accumulate;
use crate::{CreditError, Groups, GroupsReport, Normalize, Pooling, Rows, Scale, check};

/// What the released code adds to the largest step reward before it divides by it.
const BATCH_NORM_EPSILON: f64 = 1e-6;

/// What a step is credited with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StepCredit {
    /// Its own reward.
    #[default]
    Immediate,
    /// The rewards from it on, undiscounted.
    RewardToGo,
}

/// Where the released code differs from the paper's formulas; all `false` is the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StepCompat {
    /// Mean and deviation are those of the *first* step of each trajectory, applied to all steps: the code keeps one row
    /// of each trajectory, apparently by mistake.
    pub first_step_statistics: bool,
    /// `n/(n−1) (x − mean)` instead of mean and deviation. Over all `n` steps of the group that is leave-one-out; with
    /// `first_step_statistics` the mean is that of first steps and `n` their number, so that of trajectories. A group of
    /// which one first step is known gets 0 and is reported as dropped, where the code leaves its rewards as they are.
    pub leave_one_out: bool,
    /// Divide the step rewards of the batch by `max |r_{i,t}| + 1e-6` first. The code sums each of its rows in reverse;
    /// a row is one step, whose reward stands at its last token.
    pub batch_norm: bool,
}

/// Trajectories of groups, as steps with learned rewards.
#[derive(Debug, Clone, Copy)]
pub struct StepBatch<'a> {
    /// Which trajectories share a task.
    pub groups: &'a Groups,
    /// The steps of each trajectory.
    pub steps: &'a Rows,
    /// Outcome `R_i` of each trajectory.
    pub outcomes: &'a [f64],
    /// Step reward `r_{i,t}`, flat.
    pub rewards: &'a [f64],
    /// Steps whose reward is known, flat; all without. The others get the episode part only, and leave the statistics.
    pub known: Option<&'a [bool]>,
}

/// What happened to the pools of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ImplicitStepsReport {
    /// Groups of trajectories.
    pub episode: GroupsReport,
    /// Groups of steps.
    pub step: GroupsReport,
    /// Steps without a reward.
    pub unknown: usize,
}

/// `A_{i,t} = A^E_i + α A^S_{i,t}`: the outcome relative to the group, and the step reward relative to *all* step
/// rewards of the group.
///
/// `A^E_i = (R_i − mean)/(std + ε)` by `episode`; `A^S_{i,t} = (x_{i,t} − mean)/(std + ε)` by `step`, over every step
/// of every trajectory of the group, with `x = r` ([`StepCredit::Immediate`]) or `x_t = Σ_{k≥t} r_k`
/// ([`StepCredit::RewardToGo`]).
///
/// The released code's form, with all of [`StepCompat`] and first steps `x_{j,1}` of the group's `n` trajectories:
/// `A^S_{i,t} = n/(n−1) (x_{i,t} − (1/n) Σ_j x_{j,1})`.
///
/// Source: iStar, arXiv 2509.19199, and its released code. Identities: `Σ_{i,t} A^S = 0` in each group; `α = 0` is GRPO (or RLOO, by
/// `episode`). Known failure: one pool for steps early and late, so that a step is also credited for its position; a
/// group of failures alone still has a step part, which is then the learned reward and nothing else.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImplicitSteps {
    /// Normalisation of outcomes.
    pub episode: Normalize,
    /// Normalisation of step rewards.
    pub step: Normalize,
    /// Weight `α` of the step part; 1 in the paper.
    pub alpha: f64,
    /// What a step is credited with.
    pub credit: StepCredit,
    /// Differences of the released code.
    pub compat: StepCompat,
}

impl Default for ImplicitSteps {
    /// The paper: GRPO's normalisation for both parts, `α = 1`, immediate step rewards.
    fn default() -> Self {
        Self {
            episode: Normalize::grpo(),
            step: Normalize::grpo(),
            alpha: 1.0,
            credit: StepCredit::Immediate,
            compat: StepCompat::default(),
        }
    }
}

impl ImplicitSteps {
    /// The estimator that the released code's scripts run (`istar_rloo`): leave-one-out for outcomes, and every
    /// difference of [`StepCompat`] for steps.
    #[must_use]
    pub const fn released_code() -> Self {
        Self {
            episode: Normalize::rloo(),
            step: Normalize::rloo(),
            alpha: 1.0,
            credit: StepCredit::Immediate,
            compat: StepCompat { first_step_statistics: true, leave_one_out: true, batch_norm: true },
        }
    }

    /// The advantage of each step, flat. Copy it to the step's tokens.
    ///
    /// # Errors
    /// Slices that do not fit, a number that is not finite, a parameter outside its domain.
    pub fn assign(&self, batch: &StepBatch<'_>, out: &mut [f64]) -> Result<ImplicitStepsReport, CreditError> {
        batch.check(out)?;
        check::finite_scalar("alpha", self.alpha)?;
        let mut episode = vec![0.0; batch.outcomes.len()];
        let mut report = ImplicitStepsReport {
            episode: self.episode.apply_groups(batch.groups, batch.outcomes, &mut episode)?,
            unknown: batch.known.map_or(0, |known| known.iter().filter(|known| !**known).count()),
            ..ImplicitStepsReport::default()
        };
        let mut steps = vec![0.0; out.len()];
        report.step = self.steps(batch, &mut steps)?;
        batch.steps.broadcast(&episode, None, out)?;
        out.iter_mut().zip(&steps).for_each(|(out, step)| *out += self.alpha * step);
        check::representable("out", out)?;
        Ok(report)
    }

    /// `A^S`.
    fn steps(&self, batch: &StepBatch<'_>, out: &mut [f64]) -> Result<GroupsReport, CreditError> {
        let scores = self.scores(batch)?;
        let (pools, order) = batch.pools();
        let known: Vec<bool> = order.iter().map(|step| batch.knows(*step)).collect();
        let pooled: Vec<f64> = order.iter().map(|step| scores[*step]).collect();
        let mut credit = vec![0.0; pooled.len()];
        let report = if self.compat.first_step_statistics {
            self.by_first_steps(batch, &scores)?.write(&pools, &pooled, &known, &mut credit)
        } else {
            let rule = if self.compat.leave_one_out { Normalize::rloo() } else { self.step };
            let pooling = Pooling { valid: Some(&known), ..Pooling::default() };
            rule.apply_groups_with(&pools, pooling, &pooled, &mut credit)?
        };
        for (step, credit) in order.into_iter().zip(credit) {
            out[step] = credit;
        }
        Ok(report)
    }

    /// `x`, flat; an unknown reward adds nothing to what is to go.
    fn scores(&self, batch: &StepBatch<'_>) -> Result<Vec<f64>, CreditError> {
        let mut rewards = batch.rewards.to_vec();
        for (step, reward) in rewards.iter_mut().enumerate() {
            if !batch.knows(step) {
                *reward = 0.0;
            }
        }
        check::finite("rewards", &rewards)?;
        if self.compat.batch_norm {
            let largest = rewards.iter().fold(0.0, |most: f64, reward| most.max(reward.abs()));
            let divisor = largest + BATCH_NORM_EPSILON;
            for reward in &mut rewards {
                *reward /= divisor;
            }
        }
        if self.credit == StepCredit::RewardToGo {
            for row in batch.steps.iter() {
                let now = rewards[row.clone()].to_vec();
                accumulate(&now, 1.0, 0.0, &mut rewards[row]);
            }
            check::representable("rewards to go", &rewards)?;
        }
        Ok(rewards)
    }

    /// What the steps of each group are set against, by the first step of each of its trajectories.
    fn by_first_steps(&self, batch: &StepBatch<'_>, scores: &[f64]) -> Result<FirstSteps, CreditError> {
        let mut groups = Vec::with_capacity(batch.groups.len());
        for members in batch.groups.iter() {
            let rows = members.iter().map(|member| batch.steps.range(*member));
            let first =
                rows.filter(|row| !row.is_empty() && batch.knows(row.start)).map(|row| scores[row.start]);
            let first: Vec<f64> = first.collect();
            groups.push(if first.len() < 2 { Against::Nobody } else { self.against(&first)? });
        }
        Ok(FirstSteps(groups))
    }

    /// Centre and divisor by two or more first steps.
    fn against(&self, first: &[f64]) -> Result<Against, CreditError> {
        let (n, centre) = (first.len(), exact_mean(first));
        let equal = first.iter().all(|score| *score == first[0]);
        let divisor = match self.step.scale {
            _ if self.compat.leave_one_out => (n - 1) as f64 / n as f64,
            Scale::None => 1.0,
            _ if equal => return Ok(Against::Equals),
            Scale::Std { ddof, epsilon } => {
                let squares = first.iter().map(|x| (x - centre) * (x - centre)).sum();
                deviation(squares, n, ddof)? + epsilon
            }
            Scale::MaxAbs => first.iter().fold(0.0, |most: f64, x| most.max((x - centre).abs())),
        };
        Ok(Against::Mean { centre, divisor })
    }
}

/// What the steps of a group are set against.
enum Against {
    /// Fewer than two first steps are known.
    Nobody,
    /// First steps that do not differ have no deviation to divide by.
    Equals,
    /// `(x − centre)/divisor`.
    Mean { centre: f64, divisor: f64 },
}

/// What the steps of each group are set against.
struct FirstSteps(Vec<Against>);

impl FirstSteps {
    fn write(&self, pools: &Groups, scores: &[f64], known: &[bool], out: &mut [f64]) -> GroupsReport {
        let mut report = GroupsReport { groups: self.0.len(), ..GroupsReport::default() };
        for (steps, against) in pools.iter().zip(&self.0) {
            if let Against::Mean { centre, divisor } = against {
                for &step in steps.iter().filter(|step| known[**step]) {
                    out[step] = (scores[step] - centre) / divisor;
                }
            }
            let nobody = matches!(against, Against::Nobody);
            report.dropped += usize::from(nobody);
            report.zero_range += usize::from(!nobody && steps.iter().all(|step| out[*step] == 0.0));
        }
        report
    }
}

impl StepBatch<'_> {
    fn knows(&self, step: usize) -> bool {
        self.known.is_none_or(|known| known[step])
    }

    /// The steps of each group as consecutive pools, and the flat index of each.
    fn pools(&self) -> (Groups, Vec<usize>) {
        let (mut order, mut sizes) =
            (Vec::with_capacity(self.rewards.len()), Vec::with_capacity(self.groups.len()));
        for members in self.groups.iter() {
            let before = order.len();
            for member in members {
                order.extend(self.steps.range(*member));
            }
            sizes.push(order.len() - before);
        }
        (Groups::from_sizes(&sizes), order)
    }

    fn check(&self, out: &[f64]) -> Result<(), CreditError> {
        check::non_empty("outcomes", self.outcomes)?;
        check::len("groups", self.outcomes.len(), self.groups.entries())?;
        check::len("steps", self.outcomes.len(), self.steps.len())?;
        check::len("rewards", self.steps.entries(), self.rewards.len())?;
        check::len("known", self.steps.entries(), self.known.map_or(self.steps.entries(), <[bool]>::len))?;
        check::len("out", self.steps.entries(), out.len())
    }
}
