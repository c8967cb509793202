//! `tieline store`: the generated service's tools for its store.
//!
//! In: arguments. Out: what the service says. Never knows: what a store holds.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use super::run::environment;
use crate::{
    args::{self, StoreVerb},
    failure::Failure,
    outcome::Outcome,
    project::Project,
    service::{self, Profile},
    terminal::Terminal,
};

/// Runs the verb.
pub(crate) fn store(arguments: &args::Store, terminal: &Terminal) -> Result<Outcome, Failure> {
    let project = Project::find(&arguments.place)?;
    let environment = environment(&project, &arguments.environment)?;
    let profile = if arguments.release { Profile::Release } else { Profile::Dev };
    let executable = service::compile(&project, profile, terminal)?;
    let verb = match arguments.verb {
        StoreVerb::Check => "check",
        StoreVerb::Repair => "repair",
        StoreVerb::Export => "export",
        StoreVerb::Import => "import",
    };
    let mut command = Command::new(&executable);
    // Relative paths of the environment are relative to the project; those typed here, to where they were typed.
    command.current_dir(&project.root).args(["store", verb, "--environment"]).arg(environment).stdin(Stdio::null());
    for (name, file) in [("--to", &arguments.to), ("--from", &arguments.from)] {
        if let Some(file) = file {
            let file = std::path::absolute(file).map_err(Failure::file("finding", Path::new(file)))?;
            command.arg(name).arg(file);
        }
    }
    if arguments.json {
        command.arg("--json");
    }
    let status =
        command.status().map_err(|error| Failure::Service(format!("starting {}: {error}", executable.display())))?;
    match status.code() {
        Some(0) => Ok(Outcome::Fine),
        Some(1) => Ok(Outcome::Errors),
        _ => Err(Failure::Other(format!("the store tool could not do its work ({status}); its own words are above"))),
    }
}
