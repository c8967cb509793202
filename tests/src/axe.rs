//! axe-core, which knows the rules of WCAG: one file of JavaScript, fetched once by Python's package manager.
//!
//! In: nothing. Out: its text. Never knows: pages.

use std::{
    fs,
    process::{Command, Stdio},
};

use crate::target;

/// A wheel that holds axe-core 4.12.1, and where in it.
const WHEEL: &str = "axe-playwright-python==0.1.8";
const UNPACK: &str = "import glob, sys, zipfile
wheel = zipfile.ZipFile(glob.glob(sys.argv[1] + '/*.whl')[0])
open(sys.argv[1] + '/axe.min.js', 'wb').write(wheel.read('axe_playwright_python/axe.min.js'))";

/// Its text.
///
/// # Panics
/// When pip is not installed or cannot fetch it.
#[must_use]
pub fn axe() -> String {
    let folder = target().join("axe");
    let script = folder.join("axe.min.js");
    if !script.is_file() {
        fs::create_dir_all(&folder).expect("a writable folder");
        python(&["-m", "pip", "download", "--quiet", "--no-deps", "--dest", &folder.to_string_lossy(), WHEEL]);
        python(&["-c", UNPACK, &folder.to_string_lossy()]);
    }
    fs::read_to_string(&script).expect("axe was unpacked")
}

fn python(words: &[&str]) {
    let output = Command::new("python3").args(words).stdin(Stdio::null()).output();
    let output = output.expect("python3 starts: `tests/run` installs it, and python3-pip");
    assert!(output.status.success(), "python3 {words:?}: {}", String::from_utf8_lossy(&output.stderr));
}
