//! Steps credited per second, one thread: 64 groups of 8 trajectories of 32 turns, which visit 512 states.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use milepost_credit::{
    Gae, GiGpo, Groups, Hgpo, Normalize, Rows, Singleton, StepEnd, TurnBatch, opo_advantages, reward_to_go,
    whiten,
};

const GROUPS: usize = 64;
const MEMBERS: usize = 8;
const TURNS: usize = 32;
const STEPS: usize = GROUPS * MEMBERS * TURNS;

/// A number in `[0, 1)` that looks random and is the same in every run.
fn noise(index: usize) -> f64 {
    let mixed = (index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    ((mixed ^ (mixed >> 29)) >> 11) as f64 / (1u64 << 53) as f64
}

fn credit(c: &mut Criterion) {
    let rewards: Vec<f64> = (0..STEPS).map(noise).collect();
    let values: Vec<f64> = (0..STEPS).map(|i| noise(i + STEPS)).collect();
    let ends: Vec<StepEnd> = (0..STEPS)
        .map(|i| if (i + 1) % TURNS == 0 { StepEnd::Terminated } else { StepEnd::Continues })
        .collect();
    let states: Vec<u64> = (0..STEPS).map(|i| (noise(7 * i) * 512.0) as u64).collect();
    let mask: Vec<bool> = (0..STEPS).map(|i| i % 4 != 3).collect();
    let trajectories = Rows::padded(GROUPS * MEMBERS, TURNS);
    let groups = Groups::from_sizes(&[MEMBERS; GROUPS]);
    let (mut out, mut returns) = (vec![0.0; STEPS], vec![0.0; STEPS]);

    let mut group = c.benchmark_group("credit");
    group.throughput(Throughput::Elements(STEPS as u64));
    let gae = Gae { gamma: 0.99, lambda: 0.95 };
    group.bench_function("gae_episodes", |b| {
        b.iter(|| {
            for row in trajectories.iter() {
                let (a, v) = (&mut out[row.clone()], &mut returns[row.clone()]);
                gae.assign(&rewards[row.clone()], &values[row], 0.0, a, v).expect("finite");
            }
        });
    });
    group.bench_function("gae_masked", |b| {
        b.iter(|| {
            for row in trajectories.iter() {
                let (a, v) = (&mut out[row.clone()], &mut returns[row.clone()]);
                gae.assign_masked(&rewards[row.clone()], &values[row.clone()], &mask[row], 0.0, a, v)
                    .expect("finite");
            }
        });
    });
    group.bench_function("gae_rollout", |b| {
        b.iter(|| gae.assign_rollout(&rewards, &values, &ends, 0.0, &mut out, &mut returns).expect("finite"));
    });
    group.bench_function("reward_to_go", |b| {
        b.iter(|| {
            for row in trajectories.iter() {
                reward_to_go(&rewards[row.clone()], 0.99, 0.0, &mut out[row]).expect("finite");
            }
        });
    });
    let mut scores = vec![0.0; GROUPS * MEMBERS];
    let mut advantages = vec![0.0; GROUPS * MEMBERS];
    for (name, rule) in
        [("grpo", Normalize::grpo()), ("rloo", Normalize::rloo()), ("dr_grpo", Normalize::dr_grpo())]
    {
        group.bench_function(name, |b| {
            b.iter(|| {
                trajectories.sums(&rewards, None, &mut scores).expect("fits");
                rule.apply_groups(&groups, &scores, &mut advantages).expect("finite");
                trajectories.broadcast(&advantages, None, &mut out).expect("fits");
            });
        });
    }
    let lengths = vec![TURNS; GROUPS * MEMBERS];
    group.bench_function("opo", |b| {
        b.iter(|| {
            trajectories.sums(&rewards, None, &mut scores).expect("fits");
            opo_advantages(&groups, &scores, &lengths, Singleton::Drop, &mut advantages).expect("finite");
            trajectories.broadcast(&advantages, None, &mut out).expect("fits");
        });
    });
    trajectories.sums(&rewards, None, &mut scores).expect("fits");
    let turns = TurnBatch {
        groups: &groups,
        turns: &trajectories,
        outcomes: &scores,
        turn_rewards: &rewards,
        anchors: &states,
    };
    group.bench_function("gigpo", |b| b.iter(|| GiGpo::default().assign(&turns, &mut out).expect("finite")));
    group.bench_function("hgpo_three_levels", |b| {
        b.iter(|| Hgpo::default().assign(&turns, &mut out).expect("finite"));
    });
    group.bench_function("whiten", |b| {
        b.iter(|| {
            out.copy_from_slice(&rewards);
            whiten(&mut out, None, 1e-8).expect("finite");
        });
    });
    group.bench_function("groups_from_keys", |b| b.iter(|| Groups::from_keys(&states)));
    group.bench_function("groups_from_integers", |b| b.iter(|| Groups::from_integers(&states)));
    group.finish();
}

criterion_group!(benches, credit);
criterion_main!(benches);
