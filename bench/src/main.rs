//! The load harness: whole services under load, beside bare ones, in the same run.
//!
//! In: the name of a workload. Out: a table of figures with what is wanted, or JSON. Never knows: how the runtime works.
//!
//! `tieline-bench all` measures everything. Each part of a measurement is a process of its own: the service (generated
//! handlers on the runtime), the target, the bare peers. The load comes from this process.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a command")]

mod arguments;
mod figures;
mod load;
mod orders;
mod peers;
mod process;
mod service;
mod settings;
mod target;
mod workloads;

// What the generator makes of `bench/orders`; its modules expect to stand at the root of a crate.
#[allow(clippy::all, unreachable_pub, dead_code, reason = "shapes follow the documents")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/entry.rs"));
}
use generated::systems;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::{Arguments, Command};

/// The bare peers have the same, so that what is compared is the work.
#[global_allocator]
static ALLOCATOR: runtime::Allocator = runtime::Allocator;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Service { interfaces, words } => return service::run(interfaces, words),
        Command::Target { listen, failing } => target::run(&listen, failing),
        Command::Bare { store, target } => peers::bare::run(&store, target),
        Command::Proxy { target } => peers::proxy::run(&target),
        Command::Measure(measure) => workloads::measure(&measure),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("tieline-bench: {error}");
            ExitCode::from(2)
        }
    }
}
