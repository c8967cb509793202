//! `tieline run`: build, compile, serve an environment.
//!
//! In: arguments. Out: a service in the foreground until it ends. Never knows: what it serves.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use crate::{
    args,
    building::build_all,
    failure::Failure,
    operate::{Note, Noted},
    outcome::Outcome,
    project::Project,
    service::{self, Profile, Ready},
    terminal::Terminal,
};

/// Runs the verb.
pub(crate) fn run(arguments: &args::Run, terminal: &Terminal) -> Result<Outcome, Failure> {
    let project = Project::find(&arguments.place)?;
    let environment = environment(&project, &arguments.environment)?;
    if build_all(&project, &project.folder(Path::new("target/site")), terminal)?.is_none() {
        return Ok(Outcome::Errors);
    }
    let profile = if arguments.release { Profile::Release } else { Profile::Dev };
    let executable = service::compile(&project, profile, terminal)?;
    terminal.note("Serving", format!("environment {}; Ctrl-C ends it", arguments.environment));
    let mut child = Command::new(&executable)
        .current_dir(&project.root)
        .arg("--environment")
        .arg(environment)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| Failure::Service(format!("starting {}: {error}", executable.display())))?;
    let noted = pass_on(&mut child, &project, terminal)?;
    let status = child.wait().map_err(|error| Failure::Service(error.to_string()))?;
    drop(noted);
    if status.success() {
        Ok(Outcome::Fine)
    } else {
        Err(Failure::Service(format!("it ended with {status}; its own words are above")))
    }
}

/// Passes on what the service says until it ends. When it says that it is ready, its address is written down for those
/// who operate it.
fn pass_on(child: &mut Child, project: &Project, terminal: &Terminal) -> Result<Option<Noted>, Failure> {
    let mut noted = None;
    let Some(output) = child.stdout.take() else { return Ok(None) };
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        terminal.say(&line)?;
        if let Ok(Ready { admin, token_file, .. }) = serde_json::from_str(&line) {
            noted = Some(Note::write(&project.root, &admin.to_string(), token_file)?);
        }
    }
    Ok(noted)
}

/// The file of an environment: by name in `spec/environments`, or by path.
pub(super) fn environment(project: &Project, name: &str) -> Result<PathBuf, Failure> {
    let folder = project.root.join("spec/environments");
    let by_name = folder.join(format!("{name}.toml"));
    let by_path = PathBuf::from(name);
    if by_name.is_file() {
        return Ok(by_name);
    }
    if by_path.is_file() {
        return by_path.canonicalize().map_err(Failure::file("finding", by_path));
    }
    let known = std::fs::read_dir(&folder).map(|entries| {
        let mut names: Vec<String> = entries
            .flatten()
            .filter_map(|entry| Some(entry.path().file_stem()?.to_string_lossy().into_owned()))
            .collect();
        names.sort();
        names.join(", ")
    });
    Err(Failure::Other(match known {
        Ok(names) if !names.is_empty() => format!("there is no environment {name:?}\n  help: there are {names}"),
        _ => format!("there is no environment {name:?}\n  help: write spec/environments/{name}.toml first"),
    }))
}
