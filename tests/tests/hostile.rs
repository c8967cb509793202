//! Hostile documents end in a diagnostic: within a second, within 200 MB, never in a panic.
//!
//! The command of the dev profile is five times slower and greedier than the optimised one; its bounds are wider.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test stops at the first thing that is not there"
)]

use std::{
    process::Command,
    time::{Duration, Instant},
};

use tieline_tests::{command::Run, copies::Copy, hostile, tieline};

/// Wall-clock time for a command that was not optimised.
const TIME: Duration = Duration::from_secs(5);
/// Address space in KiB, the program itself included.
const MEMORY_KIB: u32 = 400 * 1024;

#[test]
fn hostile_documents_end_in_a_diagnostic() {
    let _compiled_before_time_is_taken = tieline();
    let cases = hostile::cases();
    assert!(cases.len() >= 20, "hostile documents were lost");
    let wrong: Vec<String> = cases.iter().filter_map(complaint).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// What went wrong with a document, if anything did.
fn complaint(case: &hostile::Case) -> Option<String> {
    let project = Copy::of_tutorial();
    case.lay_over(&project);
    let begin = Instant::now();
    let run = check(&project);
    let took = begin.elapsed();
    let what = match &run {
        Run { code: Some(137), .. } => format!("was not done after {TIME:?}"),
        Run { code: Some(1), out, .. } if !out.contains(&format!("[{}]", case.code)) => {
            "says something else".to_owned()
        }
        Run { err, .. } if err.contains("panicked") => "makes the command panic".to_owned(),
        Run { code: Some(1), .. } if took > TIME => format!("takes {took:?}"),
        Run { code: Some(1), .. } => {
            println!("{:>6} ms {:>9} bytes said: {}", took.as_millis(), run.out.len(), case.name);
            return None;
        }
        _ => "ends otherwise".to_owned(),
    };
    Some(format!("- {} {what} (wanted {}):\n{}", case.name, case.code, first_lines(&run)))
}

fn check(project: &Copy) -> Run {
    let script = format!("ulimit -v {MEMORY_KIB}; exec timeout -s KILL {} \"$0\" check", TIME.as_secs());
    let run = Command::new("sh").args(["-c", &script]).arg(tieline()).current_dir(project.root()).output();
    run.expect("sh runs").into()
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
