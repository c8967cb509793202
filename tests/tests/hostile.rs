//! Hostile documents end in a diagnostic: within a second, within 200 MB, never in a panic.
//!
//! The command of the dev profile is slower and bigger than the optimised one, so its bounds are wider.
//! `TIELINE=/path/to/release/tieline` before the test command holds that program to the real ones.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first thing that is not there"
)]

use std::{env, path::PathBuf, process::Command, time::Instant};

use tieline_tests::{command::Run, copies::Copy, hostile, tieline};

/// A program that waits for something would use no processor time for ever: it is ended after so many seconds.
const HANGS: u64 = 60;

/// A program and what it may take.
struct Subject {
    program: PathBuf,
    /// Processor time in whole seconds: what other programs do on the machine does not count.
    seconds: u64,
    /// Address space, the program itself included.
    memory_mib: u32,
}

impl Subject {
    fn chosen() -> Self {
        match env::var_os("TIELINE") {
            Some(program) => Self { program: program.into(), seconds: 1, memory_mib: 200 },
            None => Self { program: tieline().to_owned(), seconds: 5, memory_mib: 400 },
        }
    }

    fn check(&self, project: &Copy) -> Run {
        let limits = format!("ulimit -v {}; ulimit -t {}", self.memory_mib * 1024, self.seconds);
        let script = format!("{limits}; exec timeout -s KILL {HANGS} \"$0\" check");
        let run = Command::new("sh").args(["-c", &script]).arg(&self.program).current_dir(project.root()).output();
        run.expect("sh runs").into()
    }
}

#[test]
fn hostile_documents_end_in_a_diagnostic() {
    let subject = Subject::chosen();
    let cases = hostile::cases();
    assert!(cases.len() >= 20, "hostile documents were lost");
    let wrong: Vec<String> = cases.iter().filter_map(|case| complaint(&subject, case)).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// What went wrong with a document, if anything did.
fn complaint(subject: &Subject, case: &hostile::Case) -> Option<String> {
    let project = Copy::of_tutorial();
    case.lay_over(&project);
    let begin = Instant::now();
    let run = subject.check(&project);
    let took = begin.elapsed();
    let what = match &run {
        Run { code: Some(137) | None, .. } => format!("was not done after {} s", subject.seconds),
        Run { code: Some(1), out, .. } if !out.contains(&format!("[{}]", case.code)) => {
            "says something else".to_owned()
        }
        Run { err, .. } if err.contains("panicked") => "makes the command panic".to_owned(),
        Run { code: Some(1), .. } => {
            println!("{:>6} ms {:>9} bytes said: {}", took.as_millis(), run.out.len(), case.name);
            return None;
        }
        _ => "ends otherwise".to_owned(),
    };
    Some(format!("- {} {what} (wanted {}):\n{}", case.name, case.code, first_lines(&run)))
}

/// Enough to see what it is about.
fn first_lines(run: &Run) -> String {
    let text: Vec<String> = run
        .to_string()
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.chars().take(160).collect())
        .collect();
    let shown = text.len().min(3);
    let mut lines = text[..shown].join("\n");
    if text.len() > shown {
        lines += &format!("\n… {}", text[text.len() - 1]);
    }
    lines
}
