//! A report in a headless browser: it draws without an error and without the network, and its viewer can be driven.
//! Where no Chromium is installed, the test says so.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Folder, run_ok, settings};

/// Names under which a Chromium is installed.
const BROWSERS: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome-headless-shell"];

fn browser() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let places: Vec<PathBuf> = env::split_paths(&path).collect();
    BROWSERS.iter().find_map(|name| places.iter().map(|place| place.join(name)).find(|file| file.is_file()))
}

/// The page after its scripts and `script` have run, as the browser would write it down.
fn drawn(browser: &Path, folder: &Folder, page: &str, script: &str) -> String {
    let watch = "<script>window.addEventListener('error', function (e) {
        document.documentElement.dataset.errors = (document.documentElement.dataset.errors || '') + e.message;
    });</script>";
    let page = page.replacen("<head>", &format!("<head>{watch}"), 1);
    let page = page.replacen("</body>", &format!("<script>{script}</script></body>"), 1);
    let file = folder.file("page.html", &page);
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
        ])
        // Nothing has an address: a page that needs the network fails.
        .args([
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--window-size=1200,900",
            "--virtual-time-budget=3000",
        ])
        .arg(format!("--user-data-dir={}", folder.below("profile")))
        .args(["--dump-dom", &format!("file://{file}")])
        .output()
        .expect("the browser starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
fn skipped() {
    eprintln!(
        "SKIPPED a_report_draws_in_a_browser_and_its_viewer_steps_by_button_and_key: no Chromium is installed"
    );
}

#[test]
fn a_report_draws_in_a_browser_and_its_viewer_steps_by_button_and_key() {
    let Some(browser) = browser() else {
        skipped();
        return;
    };
    let folder = Folder::new();
    let mut arguments = vec!["experiment", "quickstart", "--runs-dir", folder.path_str()];
    arguments.extend(settings());
    run_ok(&arguments);
    let page = fs::read_to_string(folder.only_run("quickstart").join("report.html")).expect("readable");

    let still = drawn(&browser, &folder, &page, "");
    assert!(!still.contains("data-errors"), "{}", errors(&still));
    assert!(still.contains("<html") && !page.contains("class=\"hair\"") && still.contains("class=\"hair\""));
    assert!(
        still.contains("xray-panel current") && still.contains("Step 1 of "),
        "the viewer shows its first step"
    );

    let driven = drawn(
        &browser,
        &folder,
        &page,
        "var viewer = document.querySelector('.xray-panel.current');
         viewer.querySelector('.next').click();
         viewer.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));",
    );
    assert!(!driven.contains("data-errors"), "{}", errors(&driven));
    assert!(driven.contains("Step 3 of "), "one step by the button, one by the key");

    let ended = drawn(
        &browser,
        &folder,
        &page,
        "var slider = document.querySelector('.xray-panel.current input');
         slider.value = slider.max;
         slider.dispatchEvent(new Event('input'));",
    );
    assert!(!ended.contains("data-errors"), "{}", errors(&ended));
    assert!(ended.contains("After the last step"), "the state that the last step led to");
}

fn errors(page: &str) -> &str {
    let from = page.find("data-errors").unwrap_or(0);
    page[from..].lines().next().unwrap_or_default()
}
