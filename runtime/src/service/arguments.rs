//! The arguments of a service.
//!
//! In: words. Out: [`Arguments`], or what is wrong. Never knows: what they lead to.

use std::path::PathBuf;

use super::tool;
use crate::{clock::ScaledClock, log};

/// What `--help` says.
pub(super) const HELP: &str = "\
Runs the interfaces that were compiled into this service.

Usage: service --environment FILE [--clock CLOCK] [--log FORMAT]
       service store check|repair|export|import --environment FILE    (service store --help)

  --environment FILE   where systems, journal, listeners and alert channels are (TOML)
  --clock CLOCK        system (default), or scaled:<factor>@<unix ms of start> for trying out timetables
  --log FORMAT         text (default) or json; to stderr, RUST_LOG narrows or widens it
  --help               this text

When it is ready it prints one line of JSON on stdout with its addresses. SIGTERM and SIGINT stop it gracefully.
Exit codes: 0 stopped as told, 1 not started (every reason is printed), 2 wrong arguments, 70 the journal broke.

Examples:
  service --environment spec/environments/local.toml
  service --environment /etc/tieline/production.toml --log json
  service --environment demo.toml --clock scaled:60@1767225600000
";

/// How to run.
#[derive(Debug, PartialEq)]
pub(super) struct Arguments {
    pub(super) environment: PathBuf,
    pub(super) clock: ScaledClock,
    pub(super) log: log::Format,
}

/// What was asked for.
#[derive(Debug, PartialEq)]
pub(super) enum Asked {
    Help,
    Run(Arguments),
    Store(tool::Asked),
    StoreHelp,
}

pub(super) fn read(words: impl IntoIterator<Item = String>) -> Result<Asked, String> {
    let (mut environment, mut clock, mut format) = (None, ScaledClock::SYSTEM, log::Format::default());
    let mut words = words.into_iter().peekable();
    if words.next_if(|word| word == "store").is_some() {
        return store(words);
    }
    while let Some(word) = words.next() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (word, None),
        };
        if matches!(name.as_str(), "--help" | "-h") {
            return Ok(Asked::Help);
        }
        if !matches!(name.as_str(), "--environment" | "--clock" | "--log") {
            return Err(format!("unknown argument `{name}`"));
        }
        let value = value.or_else(|| words.next()).ok_or_else(|| format!("`{name}` needs a value"))?;
        match name.as_str() {
            "--environment" => environment = Some(PathBuf::from(value)),
            "--clock" => clock = value.parse()?,
            _ => format = value.parse()?,
        }
    }
    let environment = environment.ok_or("`--environment FILE` is missing")?;
    Ok(Asked::Run(Arguments { environment, clock, log: format }))
}

/// `store VERB …`.
fn store(mut words: impl Iterator<Item = String>) -> Result<Asked, String> {
    let verb = match words.next().as_deref() {
        Some("check") => tool::Verb::Check,
        Some("repair") => tool::Verb::Repair,
        Some("export") => tool::Verb::Export,
        Some("import") => tool::Verb::Import,
        Some("--help" | "-h") => return Ok(Asked::StoreHelp),
        _ => return Err("`store` needs `check`, `repair`, `export` or `import`".to_owned()),
    };
    let (mut environment, mut file, mut json) = (None, None, false);
    while let Some(word) = words.next() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (word, None),
        };
        let mut value = || value.clone().or_else(|| words.next()).ok_or_else(|| format!("`{name}` needs a value"));
        match (name.as_str(), verb) {
            ("--help" | "-h", _) => return Ok(Asked::StoreHelp),
            ("--json", _) => json = true,
            ("--environment", _) => environment = Some(PathBuf::from(value()?)),
            ("--to", tool::Verb::Export) | ("--from", tool::Verb::Import) => file = Some(PathBuf::from(value()?)),
            _ => return Err(format!("unknown argument `{name}`")),
        }
    }
    let environment = environment.ok_or("`--environment FILE` is missing")?;
    if verb == tool::Verb::Import && file.is_none() {
        return Err("`--from FILE` is missing".to_owned());
    }
    Ok(Asked::Store(tool::Asked { verb, environment, file, json }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Result<Asked, String> {
        read(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn arguments_are_read() {
        let Ok(Asked::Run(arguments)) = words("--environment a.toml --clock scaled:60@5 --log=json") else {
            panic!("not read");
        };
        assert_eq!(arguments.environment, PathBuf::from("a.toml"));
        assert_eq!((Some(arguments.clock), arguments.log), (ScaledClock::new(60.0, 5), log::Format::Json));
        assert_eq!(words("--environment x --help"), Ok(Asked::Help));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (line, expect) in [
            ("", "`--environment FILE` is missing"),
            ("--environment", "`--environment` needs a value"),
            ("--port 80", "unknown argument `--port`"),
            ("store", "`store` needs `check`, `repair`, `export` or `import`"),
            ("store check --to x --environment e", "unknown argument `--to`"),
            ("store import --environment e", "`--from FILE` is missing"),
            ("--environment a --log xml", "`xml` is no log format: write `text` or `json`"),
        ] {
            assert_eq!(words(line), Err(expect.to_owned()));
        }
    }
}
