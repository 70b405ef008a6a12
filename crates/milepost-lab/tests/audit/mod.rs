//! `milepost audit`, from outside.

use std::fs;

use serde_json::Value;

use crate::support::{Folder, bytes_below, refused, run_ok};

/// An empty room of nine cells: tens of states.
const ROOM: [&str; 2] = ["--set", "environment.level=MiniGrid-Empty-5x5-v0"];

fn audited(arguments: &[&str]) -> Value {
    let folder = Folder::new();
    let out = folder.below("out");
    let text = run_ok(
        &[&["audit", "--format", "json", "--out", &out, "--episodes", "50"], arguments, &ROOM].concat(),
    );
    let printed: Value = serde_json::from_str(&text).expect("JSON");
    let file = fs::read(folder.path().join("out/audit.json")).expect("written");
    assert_eq!(printed, serde_json::from_slice::<Value>(&file).expect("JSON"));
    printed
}

fn arm<'a>(audit: &'a Value, name: &str) -> &'a Value {
    let arms = audit["arms"].as_array().expect("a list");
    &arms.iter().find(|arm| arm["arm"] == name).expect("the arm")["outcome"]
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn an_audit_tells_the_shaped_reward_from_the_level_and_refuses_what_has_a_memory() {
    let audit = audited(&["quickstart"]);
    for name in ["sparse", "shaped"] {
        let found = &arm(&audit, name)["audited"];
        for key in ["regret_worst", "regret_mean", "residual", "states_misled"] {
            assert!(number(&found[key]) < 1e-9, "{name} {key}: {found}");
        }
        for distance in ["epic", "dard"] {
            assert!(number(&found[distance]["value"]) < 1e-6, "{name} {distance}: {found}");
        }
        assert_eq!((number(&found["hover"]["value"]), number(&found["success"])), (0.0, 1.0), "{name}");
    }
    let sparse = &arm(&audit, "sparse")["audited"];
    assert!(number(&sparse["direct"]["value"]) == 0.0 && number(&sparse["return_pearson"]["value"]) > 0.999);
    let level = &arm(&audit, "level")["audited"];
    assert!(number(&level["states_misled"]) > 0.0 && number(&level["regret_worst"]) > 0.1, "{level}");
    assert!(number(&level["cycle_mean"]) > 0.05 && number(&level["hover"]["value"]) > 0.9, "{level}");
    assert!(level["cycle"][0]["action"].is_string() && number(&level["epic"]["value"]) > 0.01, "{level}");
    let map = &level["map"];
    let cells = map["cells"].as_array().expect("a list");
    // Of nine free cells the goal ends the episode, so no state has the agent in it.
    assert_eq!((number(&map["width"]), cells.len()), (5.0, 8));
    let misled: f64 = cells.iter().map(|cell| number(&cell["misled"])).sum();
    assert_eq!(misled, number(&level["states_misled"]));
    for name in ["count", "rnd"] {
        let reason = arm(&audit, name)["refused"]["reason"].as_str().expect("a reason");
        assert!(reason.starts_with("depends on history: not a reward on transitions"), "{reason}");
    }
}

#[test]
fn a_kept_terminal_potential_and_an_exact_judge_are_audited_and_a_noisy_one_is_not() {
    let scorers = |scorer: &str| {
        format!(
            "arms.shaped={{scorers=[{{kind=\"outcome\"}},{scorer}],combine={{terms=[{{channel=\"outcome\"}},{{channel=\"x\"}}]}}}}"
        )
    };
    let only = |scorer: &str| {
        let set = scorers(scorer);
        audited(&["--arm", "shaped,sparse", "--set", &set])
    };
    let judge = r#"{kind="oracle-progress",channel="x",record="progress",form="shaped",gamma=0.99"#;
    let exact = only(&format!("{judge}}}"));
    assert!(number(&arm(&exact, "shaped")["audited"]["residual"]) < 1e-9);
    let kept = only(&format!("{judge},terminal=\"keep\"}}"));
    let residual = number(&arm(&kept, "shaped")["audited"]["residual"]);
    // Every end is the goal, so keeping its potential is a step cost of at most 1 − γ.
    assert!(residual > 1e-4 && residual < 0.01, "{kept}");
    let noisy = only(&format!("{judge},noise={{sd=0.1}}}}"));
    let reason = arm(&noisy, "shaped")["refused"]["reason"].as_str().expect("a reason");
    assert!(reason.contains("`x` is drawn anew in every step"), "{reason}");
}

#[test]
fn an_audit_is_written_as_text_data_and_picture_and_repeats_itself() {
    let folder = Folder::new();
    let write = |name: &str| {
        let out = folder.below(name);
        let text = run_ok(&[&["audit", "--out", &out, "--episodes", "50"][..], &ROOM].concat());
        (text, bytes_below(out.as_ref()))
    };
    let ((text, files), (_, again)) = (write("a"), write("b"));
    assert!(files == again, "the same bytes");
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["audit.json", "audit.svg", "audit.txt"]);
    assert!(text.contains("a loop pays") && text.contains("hovers for"), "{text}");
    assert!(text.contains("count  depends on history: not a reward on transitions"), "{text}");
    let svg = String::from_utf8(files[1].1.clone()).expect("UTF-8");
    assert!(
        svg.starts_with("<svg xmlns=")
            && svg.ends_with("</svg>\n")
            && svg.contains("prefers-color-scheme:dark")
    );
    assert!(svg.contains("level") && !svg.contains("http://localhost") && !svg.contains("<script"));
}

#[test]
fn what_cannot_be_audited_is_refused_with_a_remedy() {
    for (arguments, parts) in [
        (&["--arm", "levle"][..], &["unknown arm `levle`", "`level`"][..]),
        (&["--arm", "count"], &["no arm can be audited", "counts earlier visits", "choose an arm"]),
        (&["--arm", "sparse", "--states", "5"], &["more than 5 states", "raise the cap"]),
        (&["--arm", "sparse", "--discount", "1.5"], &["arm `sparse`", "discount is 1.5", "[0, 1]"]),
        (&["--arm", "sparse", "--problem", "unbounded"], &["depends on elapsed time", "--problem budget"]),
        (
            &["--arm", "sparse", "--set", "arms.sparse.combine.clip=[0.0,0.5]"],
            &["arm `sparse`", "straight line", "source = \"success\""],
        ),
        (&["quikstart"], &["unknown experiment `quikstart`"]),
    ] {
        let folder = Folder::new();
        let out = folder.below("out");
        let message = refused(&[&["audit", "--out", &out][..], arguments, &ROOM].concat());
        assert!(parts.iter().all(|part| message.contains(part)), "{arguments:?}: {message}");
        assert!(message.starts_with("error: ") && !message.contains("panicked"), "{message}");
        assert!(bytes_below(folder.path()).is_empty(), "nothing is written: {arguments:?}");
    }
}
