//! `tieline dev`: the website while documents are being written.
//!
//! In: a project. Out: its site, each page made when it is asked for, and a word to every open page whenever a document changes.
//! Never knows: what changed; whoever reads the documents finds out.

mod pages;
mod web;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    time::Duration,
};

use notify::{Event, EventKind, RecursiveMode, Watcher as _};
use tokio::sync::watch;

use self::pages::Pages;
use crate::{args::serve as args, failure::Failure, outcome::Outcome, project::Project, terminal::Terminal};

/// Editors write a file in several steps: what comes within this is one change.
const QUIET: Duration = Duration::from_millis(25);

/// Runs the verb.
pub(crate) fn dev(arguments: &args::Dev, terminal: &Terminal) -> Result<Outcome, Failure> {
    let project = Project::find(&arguments.place)?;
    // Watched before it is read: a change in between is seen.
    let (sender, changes) = mpsc::channel();
    let _watcher = watcher(&project, sender)?;
    let (mut pages, mut reader) = (Pages::default(), catalog::Reader::default());
    pages.build(&project, &mut reader)?;
    tell(&pages, terminal);
    let (publish, published) = watch::channel(Arc::new(pages));
    let runtime = tokio::runtime::Runtime::new().map_err(|error| Failure::Other(format!("starting tasks: {error}")))?;
    let address = runtime.block_on(web::serve(published, arguments.listen))?;
    terminal.say(format!("http://{address}/"))?;
    terminal.note("Watching", "spec/ and docs/; Ctrl-C ends it");
    while changes.recv().is_ok() {
        while changes.recv_timeout(QUIET).is_ok() {}
        let mut next = Pages::clone(&publish.borrow());
        match next.build(&project, &mut reader) {
            Ok(()) => {
                tell(&next, terminal);
                publish.send_replace(Arc::new(next));
            }
            // A folder that is gone for a moment comes back with the next change.
            Err(failure) => terminal.complain(&failure),
        }
    }
    Ok(Outcome::Fine)
}

fn tell(pages: &Pages, terminal: &Terminal) {
    let found = pages.found();
    let text = if found.is_empty() { "no remarks".to_owned() } else { found };
    terminal.note(if pages.stands() { "Read" } else { "Kept" }, format!("{text}, in {} ms", pages.took_ms()));
}

/// Tells of every change below the folders that a site is made of.
fn watcher(project: &Project, sender: mpsc::Sender<()>) -> Result<notify::RecommendedWatcher, Failure> {
    let unusable = |error: notify::Error| Failure::Other(format!("watching {}: {error}", project.root.display()));
    let root = project.root.clone();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        // Reading is no change. What could not be told may have been one.
        // Beside `spec/` and `docs/`, only the settings count.
        let is_change = event.map_or(true, |event| {
            let beside = |path: &PathBuf| path.parent() == Some(root.as_path()) && !path.ends_with(catalog::SETTINGS);
            let elsewhere = event.paths.is_empty() || !event.paths.iter().all(beside);
            elsewhere && !matches!(event.kind, EventKind::Access(_))
        });
        if is_change {
            let _ending = sender.send(());
        }
    })
    .map_err(unusable)?;
    watcher.watch(&project.root.join("spec"), RecursiveMode::Recursive).map_err(unusable)?;
    watcher.watch(&project.root, RecursiveMode::NonRecursive).map_err(unusable)?;
    let manual = project.root.join("docs");
    if Path::is_dir(&manual) {
        watcher.watch(&manual, RecursiveMode::Recursive).map_err(unusable)?;
    }
    Ok(watcher)
}
