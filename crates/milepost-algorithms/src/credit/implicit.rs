//! Rules that read implicit process rewards.

use milepost_core::{Batch, Level, SignalError};
use milepost_credit::{
    CreditError, Groups, ImplicitSteps, Normalize, Prime, ProcessBaseline, ProcessBatch, Rows, StepBatch,
    StepCompat, StepCredit,
};

use super::{Credits, to_go};
use crate::TrainError;
use crate::config::{BaselineConfig, CodeCompat, CreditConfig, StepCreditConfig};

/// Credit by a rule that reads implicit process rewards, all groups of the batch at once.
pub(super) fn assign<O>(
    rule: &CreditConfig,
    normalize: &Normalize,
    batch: &Batch<O>,
    rewards: &[Vec<f64>],
) -> Result<Credits, TrainError> {
    match rule {
        CreditConfig::Prime { process, process_scale, gamma, baseline, batch_norm, whiten } => {
            let rule = Prime {
                process_scale: *process_scale,
                gamma: *gamma,
                baseline: match baseline {
                    BaselineConfig::Others => ProcessBaseline::Others,
                    BaselineConfig::ReleasedCode => ProcessBaseline::ReleasedCode,
                },
                batch_norm: *batch_norm,
                whiten: Prime::paper().whiten.filter(|_| *whiten),
            };
            prime(&rule, process, batch, rewards)
        }
        CreditConfig::ImplicitSteps { steps: channel, alpha, credit, code_compat } => {
            let CodeCompat { first_step_statistics, leave_one_out, batch_norm } = *code_compat;
            let rule = ImplicitSteps {
                episode: *normalize,
                alpha: *alpha,
                credit: match credit {
                    StepCreditConfig::Immediate => StepCredit::Immediate,
                    StepCreditConfig::RewardToGo => StepCredit::RewardToGo,
                },
                compat: StepCompat { first_step_statistics, leave_one_out, batch_norm },
                ..ImplicitSteps::default()
            };
            steps(&rule, channel, batch, rewards)
        }
        other => Err(TrainError::Config { reason: format!("{other:?} reads no implicit process rewards") }),
    }
}

/// PRIME over the policy's tokens; `rewards[i]` is `[D_i]`. A response without tokens is left out, and so is a group
/// of which no two are left.
fn prime<O>(
    rule: &Prime,
    channel: &str,
    batch: &Batch<O>,
    rewards: &[Vec<f64>],
) -> Result<Credits, TrainError> {
    let (values, known) = column(channel, batch, rewards)?;
    let (mut sizes, mut members, mut first) = (Vec::new(), Vec::new(), 0);
    let mut counters = vec![("responses_without_tokens", 0), ("groups_of_one_dropped", 0)];
    for size in batch.groups.iter().map(|group| group.members().len()) {
        if size < 2 {
            return Err(CreditError::TooFew { what: "leave-one-out", needed: 2, found: size }.into());
        }
        let spoken: Vec<usize> = (first..first + size).filter(|n| !rewards[*n].is_empty()).collect();
        first += size;
        counters[0].1 += (size - spoken.len()) as u64;
        counters[1].1 += u64::from(spoken.len() == 1);
        if spoken.len() > 1 {
            sizes.push(spoken.len());
            members.extend(spoken);
        }
    }
    let lengths: Vec<usize> = members.iter().map(|n| rewards[*n].len()).collect();
    let tokens = Rows::ragged(&lengths);
    let mut out = vec![0.0; tokens.entries()];
    if !members.is_empty() {
        let of_all = |all: &[bool]| all.iter().all(|known| *known);
        let input = ProcessBatch {
            groups: &Groups::from_sizes(&sizes),
            tokens: &tokens,
            outcomes: &members.iter().map(|n| rewards[*n].iter().sum()).collect::<Vec<f64>>(),
            rewards: &members.iter().flat_map(|n| values[*n].iter().copied()).collect::<Vec<f64>>(),
            known: Some(&members.iter().map(|n| of_all(&known[*n])).collect::<Vec<bool>>()),
        };
        let report = rule.assign(&input, &mut out)?;
        counters.push(("groups_without_variance", report.equal_outcomes as u64));
        counters.push(("responses_without_process", report.without_process as u64));
    }
    let mut credits = Credits { counters, ..Credits::default() };
    for row in rewards {
        credits.push(vec![0.0; row.len()], to_go(row, 1.0)?);
    }
    credits.keep.fill(false);
    for (n, row) in members.into_iter().zip(tokens.iter()) {
        credits.advantages[n].copy_from_slice(&out[row]);
        credits.keep[n] = true;
    }
    Ok(credits)
}

/// Episode plus step advantages, over turns or tokens: as the rows of `rewards` and the level of the channel say.
fn steps<O>(
    rule: &ImplicitSteps,
    channel: &str,
    batch: &Batch<O>,
    rewards: &[Vec<f64>],
) -> Result<Credits, TrainError> {
    let (values, known) = column(channel, batch, rewards)?;
    let sizes: Vec<usize> = batch.groups.iter().map(|group| group.members().len()).collect();
    let rows = Rows::ragged(&rewards.iter().map(Vec::len).collect::<Vec<_>>());
    let input = StepBatch {
        groups: &Groups::from_sizes(&sizes),
        steps: &rows,
        outcomes: &rewards.iter().map(|row| row.iter().sum()).collect::<Vec<f64>>(),
        rewards: &values.concat(),
        known: Some(&known.concat()),
    };
    let mut out = vec![0.0; rows.entries()];
    let report = rule.assign(&input, &mut out)?;
    let counters = vec![
        ("groups_without_variance", report.episode.zero_range as u64),
        ("groups_of_one_dropped", report.episode.dropped as u64),
        ("step_groups_without_variance", report.step.zero_range as u64),
        ("step_groups_of_one_dropped", report.step.dropped as u64),
        ("steps_without_reward", report.unknown as u64),
    ];
    let mut credits = Credits { counters, ..Credits::default() };
    for (row, rewards) in rows.iter().zip(rewards) {
        credits.push(out[row].to_vec(), to_go(rewards, 1.0)?);
    }
    Ok(credits)
}

/// Values of a channel, and which are known, a row a trajectory: of its turns, or of its trained tokens.
type Column = (Vec<Vec<f64>>, Vec<Vec<bool>>);

fn column<O>(name: &str, batch: &Batch<O>, rewards: &[Vec<f64>]) -> Result<Column, TrainError> {
    let (mut values, mut known) = (Vec::new(), Vec::new());
    for (trajectory, row) in batch.trajectories().zip(rewards) {
        let channel = trajectory.signals.require(name)?;
        let trained = trajectory.policy_mask();
        let taken: Vec<Option<f64>> = match channel.level() {
            Level::Turn => channel.iter().collect(),
            Level::Token => channel.iter().zip(&trained).filter(|(_, own)| **own).map(|(v, _)| v).collect(),
            Level::Trajectory => {
                let reason =
                    format!("channel `{name}` has one value a trajectory; this rule needs one a step");
                return Err(TrainError::Config { reason });
            }
        };
        if taken.len() != row.len() {
            let level = channel.level();
            let channel =
                format!("{name} (credit-unit = \"token\" reads token level, \"turn\" reads turn level)");
            return Err(
                SignalError::Length { channel, level, found: taken.len(), expected: row.len() }.into()
            );
        }
        known.push(taken.iter().map(Option::is_some).collect());
        values.push(taken.into_iter().map(Option::unwrap_or_default).collect());
    }
    Ok((values, known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use milepost_core::{
        Channel, Ending, Group, Outcome, Provenance, SpanKind, StateRecords, TaskSeed, Trajectory,
        TrajectoryBuilder, Version,
    };

    /// A response after a prompt of two tokens, with what each of its own tokens is paid for the process; `None`
    /// where that is not known.
    fn response(task: u64, process: &[Option<f64>]) -> Trajectory<()> {
        let mut builder =
            TrajectoryBuilder::new(TaskSeed::literal(task), 0, 0, Version(0), StateRecords::default());
        builder.state((), 0, &[]);
        builder.span(SpanKind::Prompt, Provenance::Forced, &[1, 2], &[]);
        let (tokens, logp) = (vec![3; process.len()], vec![-1.0; process.len()]);
        builder.span(SpanKind::Policy, Provenance::OnPolicy, &tokens, &logp);
        builder.end_turn(0.0);
        builder.state((), 1, &[]);
        let mut response = builder.finish(Ending::Terminated(Outcome::Failure)).expect("consistent");
        let paid: Vec<Option<f64>> = [None, None].iter().chain(process).copied().collect();
        let valid = paid.iter().map(Option::is_some).collect();
        let values = paid.iter().map(|paid| paid.unwrap_or_default()).collect();
        let channel = Channel::masked("process", Level::Token, values, valid).expect("finite");
        response.add_channel(channel).expect("fits");
        response
    }

    fn batch(groups: &[&[&[Option<f64>]]]) -> Batch<()> {
        let group = |(task, responses): (u64, &&[&[Option<f64>]])| {
            Group::new(responses.iter().map(|process| response(task, process)).collect()).expect("one task")
        };
        Batch { groups: (0..).zip(groups).map(group).collect() }
    }

    /// The outcome of a response, paid at the last of its tokens.
    fn paid(outcome: f64, tokens: usize) -> Vec<f64> {
        (1..=tokens).map(|token| if token == tokens { outcome } else { 0.0 }).collect()
    }

    /// What the rule makes of one group of responses that are all known.
    fn of_one_group(rule: &Prime, outcomes: &[f64], process: &[&[f64]]) -> Vec<Vec<f64>> {
        let tokens = Rows::ragged(&process.iter().map(|row| row.len()).collect::<Vec<_>>());
        let mut out = vec![0.0; tokens.entries()];
        let input = ProcessBatch {
            groups: &Groups::from_sizes(&[outcomes.len()]),
            tokens: &tokens,
            outcomes,
            rewards: &process.concat(),
            known: None,
        };
        rule.assign(&input, &mut out).expect("finite");
        tokens.iter().map(|row| out[row].to_vec()).collect()
    }

    fn close(found: &[f64], expected: &[f64]) -> bool {
        found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12)
    }

    fn count(credits: &Credits, name: &str) -> u64 {
        credits.counters.iter().find(|(known, _)| *known == name).expect("counted").1
    }

    #[test]
    fn responses_without_tokens_are_left_out_and_so_is_a_group_of_which_one_is_left() {
        let batch = batch(&[
            &[&[Some(0.5), Some(-0.25)], &[], &[Some(0.125), Some(0.0), Some(1.0)]],
            &[&[], &[Some(2.0), Some(1.0)]],
        ]);
        let rewards = [paid(1.0, 2), paid(0.0, 0), paid(0.0, 3), paid(0.0, 0), paid(1.0, 2)];
        let credits = prime(&Prime::paper(), "process", &batch, &rewards).expect("finite");
        assert_eq!(credits.keep, [true, false, true, false, false]);
        assert_eq!(
            (count(&credits, "responses_without_tokens"), count(&credits, "groups_of_one_dropped")),
            (2, 1)
        );
        // The two that are left are whitened among themselves.
        let alone = of_one_group(&Prime::paper(), &[1.0, 0.0], &[&[0.5, -0.25], &[0.125, 0.0, 1.0]]);
        assert!(close(&credits.advantages[0], &alone[0]), "{:?} {alone:?}", credits.advantages);
        assert!(close(&credits.advantages[2], &alone[1]), "{:?} {alone:?}", credits.advantages);
        assert_eq!(credits.advantages[4], [0.0, 0.0]);
    }

    #[test]
    fn a_response_whose_process_is_not_known_has_the_outcome_part_only_and_leaves_the_baselines() {
        let rule = Prime { whiten: None, ..Prime::paper() };
        let batch =
            batch(&[&[&[None, None], &[Some(0.5), Some(-0.25)], &[Some(0.125), Some(0.0), Some(1.0)]]]);
        let rewards = [paid(1.0, 2), paid(0.0, 2), paid(0.0, 3)];
        let credits = prime(&rule, "process", &batch, &rewards).expect("finite");
        assert_eq!(count(&credits, "responses_without_process"), 1);
        assert_eq!(credits.keep, [true; 3]);
        // Leave-one-out over the outcomes 1, 0 and 0.
        let outcome = [1.0, -0.5, -0.5];
        assert!(close(&credits.advantages[0], &[outcome[0]; 2]), "{:?}", credits.advantages);
        let process = of_one_group(&rule, &[0.0, 0.0], &[&[0.5, -0.25], &[0.125, 0.0, 1.0]]);
        for (n, process) in [(1, &process[0]), (2, &process[1])] {
            let expected: Vec<f64> = process.iter().map(|process| process + outcome[n]).collect();
            assert!(close(&credits.advantages[n], &expected), "{:?} {expected:?}", credits.advantages);
        }
        assert!(process.iter().flatten().any(|advantage| *advantage != 0.0), "there is a process part");
    }
}
