//! The text of a job array: pure functions, so that what is submitted can be tested without a cluster.

use crate::config::Resources;

/// One arm and seed.
pub(super) type Task = (String, u64);

/// The file that maps an index of the array to an arm and seed: one line each.
pub(super) fn task_list(tasks: &[Task]) -> String {
    let lines: Vec<String> = tasks.iter().map(|(arm, seed)| format!("{arm} {seed}")).collect();
    lines.join("\n") + "\n"
}

/// The script of the array: line `SLURM_ARRAY_TASK_ID + 1` of the list names the arm and seed.
pub(super) fn script(program: &str, run: &str, list: &str, device: &str) -> String {
    let [program, run, list] = [program, run, list].map(quoted);
    format!(
        "#!/bin/sh\n\
         # One arm and seed of a run; see the contract in the book. Idempotent: run it again at any time.\n\
         set -eu\n\
         line=$(sed -n \"$((SLURM_ARRAY_TASK_ID + 1))p\" {list})\n\
         arm=${{line% *}}\n\
         seed=${{line##* }}\n\
         if [ -z \"${{RAYON_NUM_THREADS:-}}\" ]; then export RAYON_NUM_THREADS=\"${{SLURM_CPUS_PER_TASK:-1}}\"; fi\n\
         exec {program} worker --run {run} --arm \"$arm\" --seed \"$seed\" --device {device} --unattended\n"
    )
}

/// The arguments of the submission.
pub(super) fn submission(
    name: &str,
    resources: &Resources,
    tasks: usize,
    at_a_time: Option<usize>,
    output: &str,
    script: &str,
) -> Vec<String> {
    let limit = at_a_time.map_or_else(String::new, |count| format!("%{count}"));
    let mut arguments = vec![
        "--parsable".to_owned(),
        format!("--job-name=milepost-{name}"),
        format!("--array=0-{}{limit}", tasks.saturating_sub(1)),
        format!("--cpus-per-task={}", resources.cores),
        format!("--output={output}"),
        // The batch shell becomes the worker, which writes a checkpoint when it is told to stop.
        "--signal=B:TERM@60".to_owned(),
    ];
    let optional =
        [("time", &resources.time), ("mem", &resources.memory), ("partition", &resources.partition)];
    for (option, value) in optional {
        arguments.extend(value.as_ref().map(|value| format!("--{option}={value}")));
    }
    if resources.gpus > 0 {
        arguments.push(format!("--gpus-per-task={}", resources.gpus));
        arguments.push("--ntasks=1".to_owned());
    }
    arguments.extend(resources.options.iter().cloned());
    arguments.push(script.to_owned());
    arguments
}

/// A word of a shell script.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_survives_quotes_and_spaces_in_its_paths() {
        let text = script("/opt/a b/milepost", "runs/it's", "list", "cpu");
        assert!(text.contains("exec '/opt/a b/milepost' worker --run 'runs/it'\\''s' --arm"), "{text}");
    }

    #[test]
    fn the_submission_asks_for_what_the_file_says_and_for_nothing_else() {
        let none = submission("x", &Resources::default(), 6, None, "log", "s.sh");
        assert!(none.contains(&"--array=0-5".to_owned()) && none.last().is_some_and(|last| last == "s.sh"));
        assert!(!none.iter().any(|word| word.starts_with("--mem") || word.starts_with("--gpus")));
        let resources = Resources {
            time: Some("01:00:00".into()),
            memory: Some("4G".into()),
            gpus: 1,
            options: vec!["--account=lab".into()],
            ..Resources::default()
        };
        let all = submission("x", &resources, 6, Some(2), "log", "s.sh");
        for word in ["--array=0-5%2", "--time=01:00:00", "--mem=4G", "--gpus-per-task=1", "--account=lab"] {
            assert!(all.contains(&word.to_owned()), "{word}: {all:?}");
        }
    }
}
