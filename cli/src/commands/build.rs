//! `tieline build`: documents become generated crates and the website.
//!
//! In: arguments. Out: files, and what was done to them. Never knows: how either is made.

use crate::{
    args::{self, Part},
    building::build_parts,
    failure::Failure,
    outcome::Outcome,
    project::Project,
    terminal::Terminal,
};

/// Runs the verb.
pub(crate) fn build(arguments: &args::Build, terminal: &Terminal) -> Result<Outcome, Failure> {
    let project = Project::find(&arguments.place)?;
    let site = project.folder(&arguments.site);
    let parts = arguments.only.map_or(vec![Part::Generated, Part::Site], |part| vec![part]);
    Ok(match build_parts(&project, &site, &parts, terminal)? {
        Some(_) => Outcome::Fine,
        None => Outcome::Errors,
    })
}
