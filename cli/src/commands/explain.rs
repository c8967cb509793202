//! `tieline explain`: what a diagnostic code means.
//!
//! In: a code. Out: its page. Never knows: where codes are found.

use anstyle::{AnsiColor, Style};

use crate::{args, failure::Failure, outcome::Outcome, terminal::Terminal};

/// Runs the verb.
pub(crate) fn explain(arguments: &args::Explain, terminal: &Terminal) -> Result<Outcome, Failure> {
    let Some(code) = &arguments.code else { return list(terminal) };
    match catalog::explain::explain(code) {
        Some(page) => terminal.write(&painted(page.markdown, terminal)).map(|()| Outcome::Fine),
        None => {
            let similar = catalog::explain::similar(code).join(", ");
            let hint = if similar.is_empty() { String::new() } else { format!("; did you mean {similar}?") };
            Err(Failure::Other(format!("there is no code {code}{hint}\n  help: `tieline explain` lists all codes")))
        }
    }
}

fn list(terminal: &Terminal) -> Result<Outcome, Failure> {
    for page in catalog::explain::pages() {
        let code = terminal.paint(Style::new().bold(), &format!("{:<22}", page.code));
        terminal.say(format!("{code} {}", page.title()))?;
    }
    Ok(Outcome::Fine)
}

/// Headings stand out on a terminal.
fn painted(text: &str, terminal: &Terminal) -> String {
    let heading = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
    text.lines()
        .map(|line| match line.trim_start_matches('#') {
            title if title.len() < line.len() => terminal.paint(heading, title.trim()) + "\n",
            _ => line.to_owned() + "\n",
        })
        .collect()
}
