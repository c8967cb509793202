//! Promised and observed, side by side.
//!
//! In: observations of scenes. Out: a table for people, or one JSON object a line. Never knows: how they were made.

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::{failure::Failure, terminal::Terminal};

/// One promise of a document and what really happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Observation {
    /// The scene it belongs to.
    pub(crate) scene: &'static str,
    /// What the document promises, in words.
    pub(crate) promised: String,
    /// What was observed, in the same words where it was kept.
    pub(crate) observed: String,
    /// Whether the two are equal (for times: never early, and late only by jitter and work).
    pub(crate) ok: bool,
}

/// Collects the observations of one scene.
#[derive(Debug)]
pub(crate) struct Notes {
    scene: &'static str,
    observations: Vec<Observation>,
}

impl Notes {
    /// An empty sheet.
    pub(crate) fn new(scene: &'static str) -> Self {
        Self { scene, observations: Vec::new() }
    }

    /// Notes a promise that holds exactly when both sides read the same.
    pub(crate) fn same(&mut self, promised: impl Into<String>, observed: impl Into<String>) {
        let (promised, observed) = (promised.into(), observed.into());
        let ok = promised == observed;
        self.judged(promised, observed, ok);
    }

    /// Notes a promise that somebody else judged.
    pub(crate) fn judged(&mut self, promised: impl Into<String>, observed: impl Into<String>, ok: bool) {
        self.observations.push(Observation {
            scene: self.scene,
            promised: promised.into(),
            observed: observed.into(),
            ok,
        });
    }

    /// Notes that the scene broke off.
    pub(crate) fn broke(&mut self, why: &Failure) {
        self.judged("the scene plays to its end", format!("it broke off: {why}"), false);
    }

    /// The sheet.
    pub(crate) fn observations(self) -> Vec<Observation> {
        self.observations
    }
}

/// Prints the observations of one scene for people.
pub(crate) fn print(observations: &[Observation], terminal: &Terminal) -> Result<(), Failure> {
    let bold = Style::new().bold();
    if let Some(first) = observations.first() {
        terminal.say(format!("\n{}", terminal.paint(bold, first.scene)))?;
    }
    for observation in observations {
        let (color, mark) = if observation.ok { (AnsiColor::Green, "✓") } else { (AnsiColor::Red, "✗") };
        let mark = terminal.paint(Style::new().fg_color(Some(color.into())), mark);
        let dim = Style::new().dimmed();
        terminal.say(format!("  {mark} {} {}", terminal.paint(dim, "promised"), observation.promised))?;
        terminal.say(format!("    {} {}", terminal.paint(dim, "observed"), observation.observed))?;
    }
    Ok(())
}

/// Prints one JSON object a line.
pub(crate) fn print_json(observations: &[Observation], terminal: &Terminal) -> Result<(), Failure> {
    for observation in observations {
        let line = serde_json::to_string(observation).map_err(|error| Failure::Other(error.to_string()))?;
        terminal.say(line)?;
    }
    Ok(())
}
