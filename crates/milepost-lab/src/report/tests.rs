//! Laws of the whole page.

use super::sample::sample;
use super::*;

#[test]
fn the_same_data_gives_the_same_bytes() {
    let data = sample(5, 5, 41);
    let page = build_html(&data).expect("a sound sample");
    assert_eq!(page, build_html(&data).expect("a sound sample"));
    let text = serde_json::to_string(&data).expect("serialises");
    let back: ReportData = serde_json::from_str(&text).expect("reads back");
    assert_eq!(page, build_html(&back).expect("a sound sample"));
    if let Ok(path) = std::env::var("REPORT_OUT") {
        std::fs::write(path, &page).expect("writable");
    }
}
