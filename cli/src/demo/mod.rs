//! The whole line at work: documents, generated service, partner systems, failures, website.
//!
//! In: arguments. Out: scenes with promised and observed, or a stage that keeps running. Never knows: how the libraries
//! do their parts.

mod report;
mod scenes;
mod stage;
mod stream;
mod timetable;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use catalog::Catalog;

use self::{
    scenes::{SCENES, Scene},
    stage::{Setting, Stage},
};
use crate::{
    args::{
        self,
        operate::{Reach, Tls},
    },
    building::{Built, build_all},
    failure::Failure,
    operate::Note,
    outcome::Outcome,
    project::Project,
    serve::{Instance, Serving, Web},
    service::{self, Profile, Ready},
    terminal::Terminal,
};

/// Where a demo keeps store, certificates, log and website, below the project.
const FOLDER: &str = "target/demo";

/// Plays the demo.
pub(crate) fn demo(arguments: &args::Demo, terminal: &Terminal) -> Result<Outcome, Failure> {
    let scenes = chosen(arguments.scene.as_deref())?;
    let project = Project::find(&arguments.place)?;
    let folder = fresh_folder(&project.folder(Path::new(FOLDER)))?;
    let site = folder.join("site");
    let Some(Built { catalog }) = build_all(&project, &site, terminal)? else {
        return Ok(Outcome::Errors);
    };
    let executable = service::compile(&project, Profile::Dev, terminal)?;
    terminal.note("Compiled", "the service from generated/");
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    let tokio = tokio::runtime::Runtime::new().map_err(|error| Failure::Other(format!("starting tasks: {error}")))?;
    tokio.block_on(async {
        let mut stage = set_stage(arguments, catalog, executable, folder, terminal).await?;
        if arguments.once {
            play_once(&scenes, &mut stage, arguments.json, terminal).await
        } else {
            keep_running(stage, &project.root, &site, terminal).await
        }
    })
}

/// The scenes whose name contains the words, or all.
fn chosen(words: Option<&str>) -> Result<Vec<Scene>, Failure> {
    let Some(words) = words else { return Ok(SCENES.to_vec()) };
    let wanted = words.to_lowercase();
    let found: Vec<Scene> =
        SCENES.iter().filter(|scene| scene.name.to_lowercase().contains(&wanted)).copied().collect();
    if found.is_empty() {
        let names: Vec<&str> = SCENES.iter().map(|scene| scene.name).collect();
        return Err(Failure::Other(format!(
            "no scene is called {words:?}\n  help: the scenes are\n    {}",
            names.join("\n    ")
        )));
    }
    Ok(found)
}

/// An empty folder of this demo's own, so that two demos side by side do not meet.
fn fresh_folder(parent: &Path) -> Result<PathBuf, Failure> {
    let folder = parent.join(std::process::id().to_string());
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(Failure::file("emptying", &folder))?;
    }
    std::fs::create_dir_all(&folder).map_err(Failure::file("making", &folder))?;
    Ok(folder)
}

async fn set_stage(
    arguments: &args::Demo,
    catalog: Catalog,
    executable: PathBuf,
    folder: PathBuf,
    terminal: &Terminal,
) -> Result<Stage, Failure> {
    let setting = Setting { catalog, executable, folder, speed: arguments.speed, seed: arguments.seed };
    let stage = Stage::set(setting).await?;
    let ready = &stage.service()?.ready;
    terminal.note("Started", format!("{} partner systems", stage.landscape.partners().len()));
    let memory = stage.service()?.memory_kib().map_or_else(String::new, |kib| format!(", {} MiB", kib / 1024));
    terminal.note(
        "Serving",
        format!("http://{} (ready in {} ms{memory}, digest {})", ready.http, ready.startup_ms, ready.digest),
    );
    Ok(stage)
}

/// Every scene once; fine only if every observation equals its promise.
async fn play_once(scenes: &[Scene], stage: &mut Stage, json: bool, terminal: &Terminal) -> Result<Outcome, Failure> {
    let (mut kept, mut broken) = (0, 0);
    for scene in scenes {
        let spinner = terminal.spinner(scene.name.to_owned());
        let observations = scene.play(stage).await.observations();
        spinner.finish_and_clear();
        kept += observations.iter().filter(|observation| observation.ok).count();
        broken += observations.iter().filter(|observation| !observation.ok).count();
        if json {
            report::print_json(&observations, terminal)?;
        } else {
            report::print(&observations, terminal)?;
        }
    }
    if !json {
        let plural = if broken == 1 { "promise was" } else { "promises were" };
        terminal.say(format!("\n{kept} promises kept, {broken} {plural} broken, in {} scenes", scenes.len()))?;
    }
    Ok(if broken == 0 { Outcome::Fine } else { Outcome::Errors })
}

/// Site and traffic until somebody presses Ctrl-C.
async fn keep_running(stage: Stage, project: &Path, site: &Path, terminal: &Terminal) -> Result<Outcome, Failure> {
    let ready = stage.service()?.ready.clone();
    let web = Web::serve(serving(site, &ready)?, SocketAddr::from(([127, 0, 0, 1], 0))).await?;
    let _noted = Note::write(project, &ready.admin.to_string(), ready.token_file.clone())?;
    terminal.say(format!("\n  catalog    {}", web.url("/")))?;
    terminal.say(format!("  operate    {}", web.entrance().unwrap_or_default()))?;
    terminal.say(format!("  metrics    http://{}/metrics", ready.admin))?;
    terminal.say(format!("  faults     {}/__sim/vms/faults", stage.landscape.control_url()))?;
    terminal.say("\nOperate it from this project's folder in another terminal:")?;
    terminal.say("  tieline messages --follow    tieline dead-letters    tieline breakers    tieline audit")?;
    if let Some(token_file) = &ready.token_file {
        terminal.say("or from elsewhere:")?;
        terminal.say(format!(
            "  export TIELINE_ADMIN=http://{} TIELINE_TOKEN_FILE={}",
            ready.admin,
            token_file.display()
        ))?;
    }
    terminal.say("\nMessages are flowing. Ctrl-C ends the demo.\n")?;
    tokio::select! {
        ended = stream::flow(&stage, terminal) => ended?,
        interrupted = tokio::signal::ctrl_c() => interrupted.map_err(|error| Failure::Other(format!("waiting for Ctrl-C: {error}")))?,
    }
    terminal.say("")?;
    Ok(Outcome::Fine)
}

/// The site with the state of the service.
fn serving(site: &Path, ready: &Ready) -> Result<Serving, Failure> {
    let reach = Reach {
        admin: Some(format!("http://{}", ready.admin)),
        token_file: ready.token_file.clone(),
        tls: Tls::default(),
        json: false,
    };
    let instances = vec![Instance::new(0, &reach)?];
    Ok(Serving { folder: site.to_owned(), base: String::new(), hosts: Vec::new(), instances })
}
