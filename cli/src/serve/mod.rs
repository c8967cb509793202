//! `tieline serve`: the website on a port, with what is running where a service is named.
//!
//! In: arguments. Out: pages, and answers of the running services. Never knows: what a page says, what a service does. Who
//! may see and decide what is the service's to say: `key` tells whose credentials a question carries, `guard` keeps other
//! pages out, `instance` asks, `state` puts together what pages show, `passing` hands decisions on, `web` serves.

mod figures;
mod guard;
mod instance;
mod key;
mod passing;
mod state;
mod web;

use std::{net::SocketAddr, path::Path};

use crate::{
    args::{Part, operate::Reach, serve as args},
    building::build_parts,
    failure::Failure,
    operate::Note,
    outcome::Outcome,
    project::Project,
    terminal::Terminal,
};
pub(crate) use guard::{guard, known};
pub(crate) use instance::Instance;
pub(crate) use web::{Serving, Web, strict};

/// Runs the verb.
pub(crate) fn serve(arguments: &args::Serve, terminal: &Terminal) -> Result<Outcome, Failure> {
    let folder = match &arguments.site {
        Some(folder) if folder.join("index.html").is_file() => folder.clone(),
        Some(folder) => {
            return Err(Failure::Other(format!(
                "{} holds no site\n  help: `tieline build --site {0}` makes one, or leave --site out",
                folder.display()
            )));
        }
        None => {
            let project = Project::find(&arguments.place)?;
            let folder = project.folder(Path::new("target/site"));
            if build_parts(&project, &folder, &[Part::Site], terminal)?.is_none() {
                return Ok(Outcome::Errors);
            }
            folder
        }
    };
    let instances = instances(&arguments.services)?;
    let serving = Serving { folder, base: arguments.base.clone(), hosts: arguments.host.clone(), instances };
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::Other(format!("starting tasks: {error}")))?;
    runtime.block_on(until_interrupted(serving, arguments.listen, terminal))
}

async fn until_interrupted(serving: Serving, listen: SocketAddr, terminal: &Terminal) -> Result<Outcome, Failure> {
    let live = !serving.instances.is_empty();
    let web = Web::serve(serving, listen).await?;
    terminal.say(web.url("/"))?;
    match web.entrance() {
        Some(entrance) => terminal.say(format!("{entrance}   to operate; whoever has this address may decide"))?,
        None if live => terminal.say("no key is given out here: a proxy has to say who asks")?,
        None => terminal.say("documents only; --admin URL names a running service")?,
    }
    tokio::signal::ctrl_c().await.map_err(|error| Failure::Other(format!("waiting for Ctrl-C: {error}")))?;
    terminal.say("")?;
    Ok(Outcome::Fine)
}

/// The services that are named, or the one that runs in this project.
fn instances(services: &args::Services) -> Result<Vec<Instance>, Failure> {
    let reach = |admin: Option<String>| Reach {
        admin,
        token_file: services.token_file.clone(),
        tls: services.tls.clone(),
        json: false,
    };
    if services.admin.is_empty() {
        return Note::exists().then(|| Instance::new(0, &reach(None))).into_iter().collect();
    }
    let named = services.admin.iter().enumerate();
    named.map(|(number, admin)| Instance::new(number, &reach(Some(admin.clone())))).collect()
}
