//! A real browser looks at pages on disk.
//!
//! In: a page, a window's width. Out: the page as the browser built it, and what it complained about. Never knows: what
//! the page says.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// What a page became.
#[derive(Debug)]
pub struct Seen {
    /// The page after its scripts ran, as HTML.
    pub dom: String,
    /// What stands in the browser's console.
    pub console: Vec<String>,
}

/// Opens a file in Chromium, lets its scripts and timers run out, and tells what became of it.
///
/// # Panics
/// When Chromium is not installed, or does not open the page.
#[must_use]
pub fn open(page: &Path, query: &str) -> Seen {
    visit(&format!("file://{}{query}", page.display()), 10_000)
}

/// The same for an address, with so many milliseconds for scripts and timers.
///
/// # Panics
/// When Chromium is not installed, or does not open the page.
#[must_use]
pub fn visit(address: &str, budget_ms: u32) -> Seen {
    let profile = tempfile::tempdir().expect("a temporary folder");
    let output = Command::new(chromium())
        // Containers have no user namespaces for the sandbox; the pages are our own.
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--enable-logging=stderr"])
        .args(["--dump-dom"])
        .arg(format!("--virtual-time-budget={budget_ms}"))
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(address)
        .stdin(Stdio::null())
        .output()
        .expect("chromium starts");
    let said = String::from_utf8_lossy(&output.stderr);
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && dom.contains("</html>"), "{address} was not opened:\n{said}");
    let console = said.lines().filter(|line| line.contains(":CONSOLE")).map(str::to_owned).collect();
    Seen { dom, console }
}

fn chromium() -> PathBuf {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).map(|folder| folder.join("chromium")).find(|program| program.is_file()).expect(
        "these tests need Chromium: `tests/run` installs it, or `apt-get install --no-install-recommends chromium`",
    )
}
