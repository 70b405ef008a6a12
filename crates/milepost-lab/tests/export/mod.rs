//! Tables of what a run recorded.

use std::fs;

use crate::support::{Folder, milepost, refused, run_ok, settings};

#[test]
fn an_export_has_every_number_of_every_arm_and_seed_and_the_metrics_of_those_that_are_done() {
    let folder = Folder::new();
    run_ok(&[&["experiment", "--runs-dir", folder.path_str()], &settings()[..]].concat());
    let run = folder.only_run("quickstart");
    let said = run_ok(&["export", run.to_str().expect("UTF-8")]);
    assert!(said.contains("series.csv") && said.contains("results.csv"), "{said}");
    let series = fs::read_to_string(run.join("export/series.csv")).expect("written");
    let mut lines = series.lines();
    assert_eq!(lines.next(), Some("arm,seed,line,iteration,environment-steps,name,value"));
    for part in [
        "sparse,0,evaluation,0,0,gold/success,",
        "shaped,0,iteration,6,384,train/entropy,",
        "shaped,0,iteration,1,64,reward/shaping,",
    ] {
        assert!(series.contains(part), "{part}");
    }
    assert!(lines.all(|line| line.split(',').count() == 7));
    let results = fs::read_to_string(run.join("export/results.csv")).expect("written");
    assert_eq!(results.lines().count(), 1 + 2 * 4, "two arms, four metrics: {results}");
    assert!(results.contains("shaped,0,area-under-success,"), "{results}");
}

#[test]
fn a_run_under_way_is_exported_as_far_as_it_is_and_parquet_is_written_or_refused_with_the_remedy() {
    let folder = Folder::new();
    let arguments = ["experiment", "--runs-dir", folder.path_str(), "--stop-after-iterations", "1"];
    milepost(&[&arguments, &settings()[..]].concat());
    let run = folder.only_run("quickstart");
    let (path, out) = (run.to_str().expect("UTF-8"), folder.below("tables"));
    run_ok(&["export", path, "--out", &out]);
    let results = fs::read_to_string(folder.path().join("tables/results.csv")).expect("written");
    assert_eq!(results.lines().count(), 1, "nothing is done");
    assert!(
        fs::read_to_string(folder.path().join("tables/series.csv")).expect("written").lines().count() > 10
    );
    let arguments = ["export", path, "--out", &out, "--format", "parquet"];
    if cfg!(feature = "parquet") {
        run_ok(&arguments);
        let bytes = fs::read(folder.path().join("tables/series.parquet")).expect("written");
        assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
        run_ok(&["report", path, "--parquet"]);
    } else {
        assert!(refused(&arguments).contains("--features parquet"));
        assert!(refused(&["report", path, "--parquet"]).contains("--features parquet"));
    }
}

#[test]
fn the_schema_of_every_kind_is_printed() {
    for kind in ["training", "study", "credit-fidelity"] {
        let schema: serde_json::Value =
            serde_json::from_str(&run_ok(&["experiment", "--schema", kind])).expect("JSON");
        assert!(schema["definitions"].is_object(), "{kind}");
    }
    assert_eq!(run_ok(&["experiment", "--schema"]), run_ok(&["experiment", "--schema", "training"]));
    assert!(refused(&["experiment", "--schema", "traning"]).contains("did you mean `training`"));
}
