//! Chromium, driven by Playwright: one browser for all cases of a suite.
//!
//! In: a suite's name, folders with sites, what its cases have to know. Out: nothing, or a panic with every case that failed,
//! its reason and its screenshots. Never knows: what a case proves; the cases stand in `tests/browser/<suite>/`.
//!
//! `CASE="by legacy"` before the test command plays only cases with these words in their names.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Map, Value, json};

use crate::{project, target, wheel::Wheel};

/// Playwright with the JavaScript runtime that it brings along; its own browsers are never fetched.
const PLAYWRIGHT: Wheel = Wheel {
    pin: "playwright==1.65.2",
    sha256: &[
        "58932d35f56767ab7ebcdd3d4a733bfb3e62a1a5bc43c08e28b9fa9b3e61cf33",
        "dd3e54b6a926fc6510f272797eec0707dc34ae04d564e74a7056c4a813e53270",
    ],
};

/// axe-core 4.12.1, which knows the rules of WCAG.
const AXE: Wheel = Wheel {
    pin: "axe-playwright-python==0.1.8",
    sha256: &["fdd263c998388f1a8e67cad02677e612d946248bd44d163be5e8650ea31f95f8"],
};

/// Cases that belong together, with what they need.
#[derive(Debug)]
pub struct Suite {
    name: &'static str,
    sites: Map<String, Value>,
    given: Map<String, Value>,
    at_a_time: usize,
}

impl Suite {
    /// The cases below `tests/browser/<name>/`.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        Self { name, sites: Map::new(), given: Map::new(), at_a_time: 2 }
    }

    /// A folder with a site, under the name that cases ask for; they see it from the disk and below a path of a server.
    #[must_use]
    pub fn site(mut self, name: &str, folder: &Path) -> Self {
        self.sites.insert(name.to_owned(), folder.to_string_lossy().into());
        self
    }

    /// Something that cases have to know.
    #[must_use]
    pub fn given(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.given.insert(name.to_owned(), value.into());
        self
    }

    /// One case after the other, in the order of their names' files: for cases that change what the next one sees.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.at_a_time = 1;
        self
    }

    /// Plays the cases; prints a line for each.
    ///
    /// # Panics
    /// When a case fails, when there is none, or when Chromium, Python or pip are not installed.
    pub fn play(self) {
        let shots = target().join("tmp/browser").join(self.name);
        let playwright = PLAYWRIGHT.unpacked().join("playwright/driver");
        let request = json!({
            "suite": self.name,
            "cases": project().join("tests/browser"),
            "only": env::var("CASE").unwrap_or_default(),
            "atATime": self.at_a_time,
            "sites": self.sites,
            "given": self.given,
            "chromium": chromium(),
            "playwright": playwright.join("package"),
            "axe": AXE.unpacked().join("axe_playwright_python/axe.min.js"),
            "shots": shots,
        });
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("request.json");
        fs::write(&path, request.to_string()).expect("a writable folder");
        let node = playwright.join("node");
        // A wheel is unpacked without the right to run what is in it.
        fs::set_permissions(&node, fs::Permissions::from_mode(0o755)).expect("our own file");
        let status = Command::new(node).arg(project().join("tests/browser/run.mjs")).arg(&path).status();
        let status = status.expect("the runtime of Playwright starts");
        assert!(
            status.success(),
            "cases of {} failed: they are named above, screenshots lie in {}",
            self.name,
            shots.display()
        );
    }
}

/// Without windows of its own, if it can be: the same engine, at half the cost.
fn chromium() -> PathBuf {
    let folders = env::var_os("PATH").unwrap_or_default();
    let programs = ["chromium-headless-shell", "chromium"].into_iter();
    let mut found = programs.flat_map(|name| env::split_paths(&folders).map(move |folder| folder.join(name)));
    found.find(|program| program.is_file()).expect(
        "these tests need Chromium: `tests/run` installs it, or `apt-get install --no-install-recommends \
         chromium-headless-shell`",
    )
}
