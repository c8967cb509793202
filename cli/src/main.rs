//! The command `tieline`.
//!
//! In: arguments. Out: text on standard output, progress and complaints on standard error, an exit code
//! (0 fine, 1 the documents have errors, 4 generated output is stale, 2 the tool failed).
//! Never knows: how documents are checked, code is generated, pages are drawn. It calls the libraries that do.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the one crate whose job is to print")]

mod args;
mod building;
mod commands;
mod demo;
mod dev;
mod diagnostics;
mod failure;
mod history;
mod operate;
mod outcome;
mod project;
mod serve;
mod service;
mod terminal;
mod versions;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

/// Reading documents and making pages is many small pieces of text, on several threads, over which the system's own takes long.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = args::Arguments::parse();
    let terminal = terminal::Terminal::new(arguments.color);
    match commands::run(arguments.command, &terminal) {
        Ok(outcome) => outcome.into(),
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            terminal.complain(&failure);
            ExitCode::from(2)
        }
    }
}
