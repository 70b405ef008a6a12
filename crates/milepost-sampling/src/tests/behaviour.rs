use milepost_core::{Version, VersionMismatch};
use proptest::prelude::*;

use super::{assert_teacher_forced, plain, policy, rules, settings, tasks};
use crate::{SamplerSettings, SamplingError, recompute_behaviour};

proptest! {
    #[test]
    fn recomputing_changes_nothing_where_every_token_stands_where_it_was_drawn(
        seed: u64, rule in rules(), constrained: bool
    ) {
        let settings = SamplerSettings { context: rule, constrained, ..settings(seed) };
        let mut batch = plain(3, &tasks(2), &policy(seed), &settings).batch;
        let before = batch.clone();
        recompute_behaviour(&mut batch, &policy(seed), &rule).expect("the same version");
        prop_assert_eq!(batch, before);
    }

    #[test]
    fn recomputed_log_probabilities_are_the_teacher_forced_ones(seed: u64, rule in rules(), constrained: bool) {
        let settings = SamplerSettings { context: rule, constrained, ..settings(seed) };
        let mut batch = plain(2, &tasks(2), &policy(seed), &settings).batch;
        let other = policy(seed ^ 1);
        recompute_behaviour(&mut batch, &other, &rule).expect("the same version");
        for trajectory in batch.trajectories() {
            assert_teacher_forced(trajectory, &other, &rule);
        }
    }
}

#[test]
fn another_version_than_the_one_that_sampled_is_refused() {
    let mut batch = plain(2, &tasks(1), &policy(1), &settings(1)).batch;
    let later = policy(1).at_version(Version(3));
    let error = recompute_behaviour(&mut batch, &later, &settings(1).context).expect_err("another version");
    let mismatch = VersionMismatch { expected: Version(0), found: Version(3) };
    assert!(matches!(error, SamplingError::Version(found) if found == mismatch));
}
