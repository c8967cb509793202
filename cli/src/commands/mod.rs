//! One file a verb.
//!
//! In: the arguments of a verb. Out: an [`Outcome`], which becomes the exit code. Never knows: other verbs.

mod build;
mod check;
mod diff;
mod explain;
mod reference;
mod run;
mod store;

use clap::CommandFactory;

use crate::{
    args::{Arguments, Command},
    demo, dev,
    failure::Failure,
    operate,
    outcome::Outcome,
    serve,
    terminal::Terminal,
};

/// Runs the verb.
pub(crate) fn run(command: Command, terminal: &Terminal) -> Result<Outcome, Failure> {
    match command {
        Command::Check(arguments) => check::check(&arguments, terminal),
        Command::Build(arguments) => build::build(&arguments, terminal),
        Command::Diff(arguments) => diff::diff(&arguments, terminal),
        Command::Explain(arguments) => explain::explain(&arguments, terminal),
        Command::Run(arguments) => run::run(&arguments, terminal),
        Command::Store(arguments) => store::store(&arguments, terminal),
        Command::Serve(arguments) => serve::serve(&arguments, terminal),
        Command::Dev(arguments) => dev::dev(&arguments, terminal),
        Command::Demo(arguments) => demo::demo(&arguments, terminal),
        Command::Reference(arguments) => reference::reference(&arguments, terminal),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "tieline", &mut script);
            terminal.write(&String::from_utf8_lossy(&script))?;
            Ok(Outcome::Fine)
        }
        Command::Operate(verb) => operate::run(verb, terminal),
    }
}
