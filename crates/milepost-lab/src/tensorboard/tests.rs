use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use milepost_testkit::fixtures;
use milepost_testkit::golden::{Golden, number};
use serde_json::Value;

use super::{EventWriter, crc32c, event};

fn golden() -> Golden {
    Golden::read("tensorboard.json").expect("recorded events")
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |i: usize| u8::from_str_radix(&text[i..i + 2], 16).expect("hex");
    (0..text.len()).step_by(2).map(digit).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes text");
        text
    })
}

#[test]
fn fixture_checksums_are_those_of_tensorboard() {
    for case in &golden().section("masked_crc32c").cases {
        let bytes = unhex(case.inputs["bytes_hex"].as_str().expect("hex"));
        assert_eq!(f64::from(crc32c::crc32c(&bytes)), number(&case.outputs["crc32c"]), "{}", case.name);
        assert_eq!(
            f64::from(crc32c::masked(&bytes)),
            number(&case.outputs["masked_crc32c"]),
            "{}",
            case.name
        );
    }
}

#[test]
fn fixture_summary_records_have_the_bytes_of_tensorboard() {
    for case in &golden().section("event_files").cases {
        let records = case.outputs["first_records"].as_array().expect("records");
        for wanted in records.iter().filter(|record| record["kind"] == "summary") {
            let wall_time = wanted["wall_time"].as_f64().expect("a time");
            let step = wanted["step"].as_u64().expect("a step");
            let (tag, value) = (&wanted["scalars"][0][0], &wanted["scalars"][0][1]);
            let value: f64 = value.as_str().expect("a number").parse().expect("a number");
            let tag = tag.as_str().expect("a tag");
            let mut record = Vec::new();
            super::frame(&mut record, |payload| event::scalar(payload, wall_time, step, tag, value as f32));
            assert_eq!(hex(&record[12..record.len() - 4]), wanted["payload_hex"].as_str().expect("hex"));
            let checksum = |at: usize| u32::from_le_bytes(record[at..at + 4].try_into().expect("four bytes"));
            assert_eq!(Some(u64::from(checksum(8))), wanted["length_crc_masked"].as_u64());
            assert_eq!(Some(u64::from(checksum(record.len() - 4))), wanted["payload_crc_masked"].as_u64());
        }
    }
}

/// TensorBoard's own reader, where Python has it; otherwise the test says that it was skipped.
#[test]
fn fixture_reader_of_tensorboard_prints_what_was_written() {
    let has_tensorboard = Command::new("python3").args(["-c", "import tensorboard"]).output();
    if !has_tensorboard.is_ok_and(|output| output.status.success()) {
        writeln_skipped();
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let scalars = [("a/b", 0, 1.5), ("a/b", 300, -2.0), ("grand total é", 1 << 40, f64::INFINITY)];
    let mut writer = EventWriter::create(Vec::new(), 1.0).expect("memory");
    for (tag, step, value) in scalars {
        writer.scalar(2.0, step, tag, value).expect("memory");
    }
    std::fs::write(folder.path().join("events.out.tfevents.1.milepost"), writer.into_inner())
        .expect("a file");

    let printed = run_reader(folder.path());
    let read = |tag: &str| printed["runs"]["."]["scalars"][tag].clone();
    assert_eq!(read("a/b"), serde_json::json!([[0, 2.0, 1.5], [300, 2.0, -2.0]]));
    assert_eq!(read("grand total é"), serde_json::json!([[1u64 << 40, 2.0, "inf"]]));
}

fn run_reader(folder: &Path) -> Value {
    let script = fixtures::root().join("golden/read_tensorboard.py");
    let output = Command::new("python3").arg(script).arg(folder).output().expect("python3 runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[expect(clippy::print_stderr, reason = "a skipped test must be visible")]
fn writeln_skipped() {
    eprintln!("SKIPPED: python3 with tensorboard is not installed, so only the recorded bytes were compared");
}
