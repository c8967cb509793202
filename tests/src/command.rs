//! The command `tieline`, typed in a folder.
//!
//! In: a folder, words. Out: a [`Run`], and transcripts that are the same on every machine. Never knows: what the command
//! should say.

use std::{
    fmt,
    path::Path,
    process::{Command, Output, Stdio},
};

use crate::{target, tieline};

/// How a command ended, and what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

/// Types `tieline` with these words in a folder.
///
/// # Panics
/// When it cannot be started.
#[must_use]
pub fn run(folder: &Path, words: &[&str]) -> Run {
    command(folder, words).output().expect("tieline starts").into()
}

/// The same, not yet started.
///
/// What it compiles goes below its own project; what it shares with this build is taken from there. Standard input is
/// empty and nothing of our own surroundings changes what it prints.
#[must_use]
pub fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(tieline());
    command.current_dir(folder).args(words).stdin(Stdio::null());
    quiet(&mut command);
    command
}

/// Takes away what differs between machines and terminals, and tells cargo where to find compiled dependencies.
pub fn quiet(command: &mut Command) {
    for name in ["COLUMNS", "LINES", "NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "CARGO_TARGET_DIR", "RUST_LOG"] {
        command.env_remove(name);
    }
    for name in ["ADMIN", "TOKEN", "TOKEN_FILE", "CA", "CERTIFICATE", "KEY"] {
        command.env_remove(format!("TIELINE_{name}"));
    }
    plain(command);
    // What judges our own crates has no say in those of others.
    command.env_remove("RUSTC_WORKSPACE_WRAPPER");
    command.env("CARGO_BUILD_BUILD_DIR", target());
}

/// Takes away what cargo told this test about its package: build scripts of dependencies look at it, and would run again.
pub fn plain(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "OUT_DIR", "NEXTEST"]
            .iter()
            .any(|start| name.starts_with(start))
        {
            command.env_remove(name);
        }
    }
}

/// What a person would see, each command after a `$`, with machine and moment taken out.
#[must_use]
pub fn transcript(folder: &Path, commands: &[&[&str]]) -> String {
    commands
        .iter()
        .map(|words| format!("$ tieline {}\n{}\n", words.join(" "), run(folder, words).portable(folder)))
        .collect()
}

impl Run {
    /// The run with machine and moment taken out.
    #[must_use]
    pub fn portable(&self, folder: &Path) -> Self {
        let text = |text: &str| portable(text, folder);
        Self { code: self.code, out: text(&self.out), err: text(&self.err) }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.out)?;
        for line in self.err.lines() {
            writeln!(formatter, "! {line}")?;
        }
        match self.code {
            Some(code) => writeln!(formatter, "exit {code}"),
            None => writeln!(formatter, "ended by a signal"),
        }
    }
}

/// A folder's name, a duration, a digest and the number of files differ from machine to machine and from one template
/// to the next; all else is to be compared.
fn portable(text: &str, folder: &Path) -> String {
    let text = text.replace(&*folder.to_string_lossy(), "<project>");
    let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
    for at in 1..words.len() {
        let [before, word] = [words[at - 1].clone(), words[at].clone()];
        let counted = ["written,", "unchanged,", "removed)"].iter().any(|what| word.starts_with(what));
        let taken = word.starts_with("ms") && at > 1 && words[at - 2].ends_with("in");
        if counted || taken {
            words[at - 1] = before.replace(|letter: char| letter.is_ascii_digit(), "") + "<n>";
        }
        if before == "digest" {
            words[at] = word.replace(|letter: char| letter.is_ascii_hexdigit(), "0");
        }
    }
    words.join(" ")
}
