//! Laws of the whole page.

use super::sample::sample;
use super::*;

fn page(data: &ReportData) -> String {
    build_html(data).expect("a page")
}

/// Text that tries to break out of every context it is put into.
const HOSTILE: &str = "</script><script>alert('1')</script> & \"q\" | `x`";

#[test]
fn the_same_data_gives_the_same_bytes_also_after_a_round_trip_through_json() {
    let mut data = sample(5, 5, 41);
    data.arms[1].curves[0].y[3] = f64::NAN;
    let text = serde_json::to_string(&data).expect("serialises");
    let back: ReportData = serde_json::from_str(&text).expect("reads back");
    assert!(back.arms[1].curves[0].y[3].is_nan());
    assert_eq!(page(&data), page(&data));
    assert_eq!(page(&data), page(&back));
    assert_eq!(build_markdown(&data).expect("text"), build_markdown(&back).expect("text"));
}

#[test]
fn iterations_are_called_iterations_and_older_data_are_read() {
    let old = r#"{ "training_steps_per_second": 1.0, "evaluation_steps_per_second": 2.0, "updates": 3.0 }"#;
    let read: Throughput = serde_json::from_str(old).expect("reads");
    assert_eq!(read.iterations, Some(3.0));
    assert!(serde_json::to_string(&read).expect("serialises").contains(r#""iterations":3.0"#));
    assert!(page(&sample(5, 5, 41)).contains("iterations of the loop"));
}

#[test]
fn every_drawing_has_a_title_and_the_page_loads_nothing() {
    let page = page(&sample(5, 5, 41));
    let drawings = page.matches("<svg").count();
    assert!(drawings > 40, "{drawings} drawings");
    for drawing in page.split("<svg").skip(1) {
        let open = drawing.find('>').expect("an opening tag ends");
        let inside = &drawing[open + 1..];
        assert!(
            inside.starts_with("<title") || inside.starts_with("<rect width"),
            "{}",
            &inside[..60.min(inside.len())]
        );
    }
    let own = page.replace("http://www.w3.org/2000/svg", "");
    for forbidden in ["http://", "https://", "//cdn", "@import", "url("] {
        assert!(!own.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn identifiers_are_unique() {
    let page = page(&sample(10, 3, 11));
    let mut ids: Vec<&str> =
        page.split(" id=\"").skip(1).map(|rest| &rest[..rest.find('"').expect("quoted")]).collect();
    let n = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), n);
}

#[test]
fn hostile_text_stays_text_everywhere() {
    let mut data = sample(3, 5, 11);
    for text in [&mut data.experiment, &mut data.question, &mut data.claim, &mut data.verdict.sentence] {
        HOSTILE.clone_into(text);
    }
    HOSTILE.clone_into(&mut data.run.config);
    HOSTILE.clone_into(&mut data.metric.name);
    let arm = &mut data.arms[1];
    HOSTILE.clone_into(&mut arm.name);
    HOSTILE.clone_into(&mut arm.description);
    HOSTILE.clone_into(&mut arm.counters[0].name);
    HOSTILE.clone_into(&mut arm.ledger.as_mut().expect("a ledger").channels[0].name);
    let xray = arm.xray.as_mut().expect("an x-ray");
    HOSTILE.clone_into(&mut xray.steps[0].action);
    HOSTILE.clone_into(&mut xray.channels[0]);
    xray.frames = vec![Frame::Text(HOSTILE.to_owned()); xray.steps.len()];
    let plain = page(&sample(3, 5, 11));
    let hostile = page(&data);
    assert!(!hostile.contains("<script>alert"));
    assert_eq!(plain.matches("<script").count(), hostile.matches("<script").count());
    assert_eq!(plain.matches("</script").count(), hostile.matches("</script").count());
    let text = build_markdown(&data).expect("text");
    let outside: String = text.split("```").step_by(2).collect();
    assert!(!outside.contains("<script"));
}

#[test]
fn ten_arms_of_ten_long_seeds_stay_below_five_megabytes() {
    let mut data = sample(10, 10, 5_000);
    for arm in &mut data.arms {
        let xray = arm.xray.as_mut().expect("an x-ray");
        let frame = |i: usize| {
            Frame::Svg(format!("<svg viewBox=\"0 0 9 9\"><!--{i}-->{}</svg>", "<g/>".repeat(3000)))
        };
        xray.frames = (0..xray.steps.len()).map(frame).collect();
    }
    let page = page(&data);
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    assert!(page.contains("Some pictures are left out"));
}

#[test]
fn thin_data_gives_a_page_that_says_what_is_missing() {
    let bare = Arm { name: "only".to_owned(), ..Arm::default() };
    let mut data = ReportData { experiment: "bare".to_owned(), arms: vec![bare], ..ReportData::default() };
    let empty = page(&data);
    for said in [
        "No arm has a finished seed",
        "No learning curve was recorded",
        "names no reference arm",
        "A single arm",
        "No arm recorded a trajectory",
        "No arm recorded its reward ledger",
        "The resolved configuration was not recorded",
    ] {
        assert!(empty.contains(said), "{said}");
    }
    data.reference = Some("only".to_owned());
    data.arms[0].final_scores = vec![SeedScore { seed: 0, score: 0.5 }];
    let single = page(&data);
    assert!(single.contains("Exploratory") && single.contains("the thinnest arm here has 1"));
    assert!(single.contains("nothing to compare it with"));
    assert!(build_markdown(&data).expect("text").contains("# bare: Inconclusive"));
}

#[test]
fn values_that_are_not_finite_are_counted_and_never_drawn() {
    let mut data = sample(2, 5, 11);
    let arm = &mut data.arms[1];
    arm.curves[0].y[4] = f64::NAN;
    arm.aggregate.as_mut().expect("a curve").upper[2] = f64::INFINITY;
    arm.final_scores[1].score = f64::NAN;
    arm.summary.as_mut().expect("a summary").iqm.value = f64::NAN;
    arm.xray.as_mut().expect("an x-ray").steps[3].advantage = f64::NEG_INFINITY;
    let page = page(&data);
    assert!(page.contains("Arm igpo: 4 recorded values are not finite and not drawn"));
    let marks = page.split(" d=\"").skip(1).map(|rest| &rest[..rest.find('"').expect("quoted")]);
    assert!(marks.into_iter().all(|d| !d.contains("NaN") && !d.contains("inf")));
    data.metric.threshold = Some(f64::NAN);
    data.metric.range = Some(Interval { lower: 0.0, upper: f64::INFINITY });
    assert!(!build_html(&data).expect("a page").contains("=\"NaN\""));
    for arm in &mut data.arms {
        *arm.aggregate.as_mut().expect("a curve") = BandCurve {
            statistic: String::new(),
            x: vec![0.0],
            y: vec![f64::NAN],
            lower: vec![0.0],
            upper: vec![1.0],
        };
    }
    assert!(build_html(&data).expect("a page").contains("No learning curve was recorded"));
}

#[test]
fn input_that_contradicts_itself_is_refused_by_name() {
    let refuse = |change: fn(&mut ReportData)| {
        let mut data = sample(2, 3, 5);
        change(&mut data);
        build_html(&data).expect_err("must be refused").to_string()
    };
    assert!(refuse(|d| d.arms.clear()).contains("has no arms"));
    assert!(refuse(|d| d.arms[1].name = "grpo".to_owned()).contains("two arms are called `grpo`"));
    assert!(
        refuse(|d| d.reference = Some("gone".to_owned()))
            .contains("`gone` is not among the arms (grpo, igpo)")
    );
    assert!(
        refuse(|d| d.arms[1].curves[2].y.truncate(2))
            .contains("`igpo`: the curve of seed 2 (y) has 2 entries")
    );
    let short_frames = refuse(|d| d.arms[0].xray.as_mut().expect("an x-ray").frames.truncate(3));
    assert!(short_frames.contains("the frames of the credit x-ray has 3 entries where 14 are needed"));
}

/// FNV-1a, enough to notice a changed byte.
fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

#[test]
fn the_drawings_of_the_sample_have_not_changed_unnoticed() {
    let page = page(&sample(5, 5, 41));
    let drawings: String = page.split("<svg").skip(1).map(|s| &s[..s.find("</svg>").unwrap_or(0)]).collect();
    assert_eq!(
        fingerprint(&drawings),
        7394312716721757271,
        "the figures changed: look at the page, and if it is right, put the new number here"
    );
}

#[test]
fn markdown_opens_with_the_verdict_and_holds_the_tables() {
    let text = build_markdown(&sample(3, 5, 41)).expect("text");
    assert!(text.starts_with("# information-gain-doorkey: Reproduced\n\n**igpo solves 0.41 more"));
    assert!(text.contains("| arm | IQM (95 % interval) |"));
    assert!(text.contains("better than grpo"));
    assert!(text.contains("cargo xtask experiment information-gain-doorkey"));
    assert!(!text.contains("<svg"));
}

/// Writes the sample pages for a look by eye: `MILEPOST_REPORT_SAMPLES=folder cargo test -- --ignored samples`.
#[test]
#[ignore = "writes files; for looking at the pages by eye"]
fn samples_for_the_eye() {
    let folder =
        std::path::PathBuf::from(std::env::var("MILEPOST_REPORT_SAMPLES").expect("a folder to write to"));
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).expect("writable");
    let data = sample(5, 5, 41);
    write("report.html", page(&data));
    write("report.md", build_markdown(&data).expect("text"));
    write("ten-arms.html", page(&sample(10, 10, 500)));
    let bare = Arm { name: "only".to_owned(), ..Arm::default() };
    write(
        "bare.html",
        page(&ReportData { experiment: "bare".to_owned(), arms: vec![bare], ..ReportData::default() }),
    );
    let mut other = sample(3, 5, 41);
    other.verdict.outcome = Outcome::NotReproduced;
    other.run.config = other.run.config.replace("0.99", "0.9");
    write("compare.html", build_comparison_html(&[data, other]).expect("a page"));
}
