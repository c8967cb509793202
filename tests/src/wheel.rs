//! What the tests fetch with Python's package manager: pinned, checked, unpacked once below the target folder.
//!
//! In: a name with its version, digests. Out: the folder it was unpacked into. Never knows: what it is for.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::target;

const UNPACK: &str = "import glob, sys, zipfile
zipfile.ZipFile(glob.glob(sys.argv[1] + '/*.whl')[0]).extractall(sys.argv[2])";

/// A wheel of the Python package index. Nothing of Python is used but its way of fetching.
#[derive(Debug)]
pub(crate) struct Wheel {
    /// `name==version`.
    pub(crate) pin: &'static str,
    /// SHA-256 of its files, one for each kind of machine that it is built for.
    pub(crate) sha256: &'static [&'static str],
}

impl Wheel {
    /// Where it is unpacked. Fetched when it is not there yet; afterwards no network is needed.
    pub(crate) fn unpacked(&self) -> PathBuf {
        let folder = target().join("wheels").join(self.pin);
        if !folder.is_dir() {
            let wheels = target().join("wheels");
            fs::create_dir_all(&wheels).expect("a writable folder");
            // Tests run side by side: each unpacks for itself, and whoever is done first gives it its name.
            let temporary = tempfile::tempdir_in(&wheels).expect("a writable folder");
            self.fetch(temporary.path());
            let unpacked = temporary.path().join("unpacked");
            python(&["-c", UNPACK, &temporary.path().to_string_lossy(), &unpacked.to_string_lossy()]);
            let named = fs::rename(unpacked, &folder);
            assert!(named.is_ok() || folder.is_dir(), "{}: {named:?}", folder.display());
        }
        folder
    }

    fn fetch(&self, folder: &Path) {
        let hashes: String = self.sha256.iter().map(|hash| format!(" --hash=sha256:{hash}")).collect();
        let wanted = folder.join("wanted.txt");
        fs::write(&wanted, format!("{}{hashes}\n", self.pin)).expect("a writable folder");
        let (wanted, folder) = (wanted.to_string_lossy(), folder.to_string_lossy());
        python(&[
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
            "--require-hashes",
            "--dest",
            &folder,
            "--requirement",
            &wanted,
        ]);
    }
}

fn python(words: &[&str]) {
    let output = Command::new("python3").args(words).stdin(Stdio::null()).output();
    let output = output.expect("python3 starts: `tests/run` installs it, and python3-pip");
    assert!(output.status.success(), "python3 {words:?}: {}", String::from_utf8_lossy(&output.stderr));
}
