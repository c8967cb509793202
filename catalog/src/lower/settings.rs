//! `tieline.toml` becomes [`Settings`].
//!
//! In: the parsed TOML, and for files the project's folder. Out: [`Settings`]. Never knows: how a website is made.

use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::path::Path;

use crate::colour::{Colour, DARK, ENOUGH, LIGHT, Paper};
use crate::diagnostic::Diagnostic;
use crate::document::Document;
use crate::fields::{Record, Text, settings, shown};
use crate::findings::Findings;
use crate::model::{Accent, FilePath, Settings};
use crate::source::SETTINGS;

/// Longest name of a website, in characters.
const LONGEST_NAME: usize = 60;
/// Longest logo in bytes: it is loaded with the first page.
pub(crate) const LONGEST_LOGO: u64 = 100 * 1024;
/// More pages than this are another website.
const MOST_PAGES: usize = 100;

/// Lowers the settings.
pub(crate) fn settings(document: &Document<'_>, findings: &mut Findings) -> Settings {
    let place = document.source.span(0, 0);
    let fields = document.front.as_ref().and_then(|front| Record::read(front, &settings::SETTINGS, place, findings));
    let Some(site) = fields.and_then(|fields| fields.record("site", findings)) else { return Settings::default() };
    Settings {
        name: site.text("name").and_then(|text| name(text, findings)),
        address: site.text("address").and_then(|text| address(text, findings)),
        logo: site.text("logo").and_then(|text| file(text, &["svg", "png"], findings)),
        accent: site.record("accent", findings).and_then(|record| accent(&record, findings)),
        pages: pages(&site, findings),
    }
}

fn name(text: Text<'_>, findings: &mut Findings) -> Option<String> {
    let name = text.text.trim();
    let fits = !name.is_empty() && name.chars().count() <= LONGEST_NAME && !name.contains(char::is_control);
    if !fits {
        findings
            .add("E-SETTING", text.span, format!("`{}` is no name of a website", shown(name)))
            .help("write one line of at most 60 characters");
    }
    fits.then(|| name.to_owned())
}

fn address(text: Text<'_>, findings: &mut Findings) -> Option<String> {
    let address = text.text.trim();
    let rest = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split('/').next().unwrap_or_default()).unwrap_or_default();
    let plain = |c: char| c.is_ascii_graphic() && !"?#\"'<>\\^`{|}@".contains(c);
    if host.is_empty() || host.starts_with(':') || !address.chars().all(plain) || address.len() > 200 {
        findings
            .add("E-SETTING", text.span, format!("`{}` is no address of a website", shown(address)))
            .help("write it as `https://interfaces.example.org/`, without `?`, `#` and user name");
        return None;
    }
    Some(if address.ends_with('/') { address.to_owned() } else { format!("{address}/") })
}

/// A path inside the project, with one of these endings.
fn file(text: Text<'_>, endings: &[&str], findings: &mut Findings) -> Option<FilePath> {
    let path = text.text;
    let inside = path.split('/').all(|part| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':', '\0']));
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    let problem = if !inside {
        "leads out of the project"
    } else if !endings.contains(&ending) {
        "is of another kind"
    } else {
        return Some(FilePath { path: path.to_owned(), span: text.span });
    };
    let list = endings.iter().map(|ending| format!("`.{ending}`")).collect::<Vec<_>>().join(" or ");
    findings.add("E-SETTING", text.span, format!("`{}` {problem}", shown(path))).help(format!(
        "name a file that ends in {list}, by its path from the folder that holds `{SETTINGS}`, with `/`"
    ));
    None
}

fn accent(record: &Record<'_>, findings: &mut Findings) -> Option<Accent> {
    let mut colour = |key: &str, paper: &Paper| readable(record.text(key)?, paper, findings);
    let (light, dark) = (colour("light", &LIGHT), colour("dark", &DARK));
    Some(Accent { light: light?, dark: dark? })
}

/// A colour that text can have on every background of this theme.
fn readable(text: Text<'_>, paper: &Paper, findings: &mut Findings) -> Option<Colour> {
    let Some(colour) = Colour::parse(text.text) else {
        findings
            .add("E-SETTING", text.span, format!("`{}` is no colour", shown(text.text)))
            .help("write `#` and six hexadecimal digits, for example `#075d72`");
        return None;
    };
    let (other, contrast) = paper.worst(colour);
    if contrast >= ENOUGH {
        return Some(colour);
    }
    let near = paper.readable(colour);
    // Rounded down: 4.49 must not be called 4.5.
    let shown = (contrast * 100.0).floor() / 100.0;
    let message = format!(
        "{colour} and {other} have a contrast of {shown:.2} in the {} theme, and text needs {ENOUGH}",
        paper.name
    );
    findings
        .add("E-CONTRAST", text.span, message)
        .help(format!("take `{near}`, the nearest that can be read"))
        .fix(format!("\"{near}\""));
    None
}

fn pages(site: &Record<'_>, findings: &mut Findings) -> Vec<FilePath> {
    let mut known = HashSet::new();
    let mut pages = Vec::new();
    for text in site.texts("pages").into_iter().take(MOST_PAGES) {
        let Some(page) = file(text, &["md"], findings) else { continue };
        let name = page.path.rsplit('/').next().unwrap_or_default().to_lowercase();
        if known.insert(name) {
            pages.push(page);
        } else {
            findings
                .add("E-SETTING", text.span, format!("another page is called like `{}`", shown(text.text)))
                .help("give the file another name: the name becomes the address of the page");
        }
    }
    pages
}

/// What is wrong with the files that settings name.
pub(crate) fn files(root: &Path, settings: &Settings) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut add = |file: &FilePath, message: String, help: &str| {
        let mut diagnostic = Diagnostic::new("E-SETTING", SETTINGS, file.span, message);
        diagnostic.help(help);
        found.push(diagnostic);
    };
    for file in settings.logo.iter().chain(&settings.pages) {
        match read(&root.join(&file.path)) {
            Err(error) => add(file, format!("`{}` cannot be read: {error}", file.path), "correct the path or the file"),
            Ok(bytes) if settings.logo.as_ref() == Some(file) => {
                if let Some(problem) = logo(&bytes, &file.path) {
                    add(file, format!("`{}` {problem}", file.path), "take a plain SVG or PNG of at most 100 KB");
                }
            }
            Ok(bytes) if std::str::from_utf8(&bytes).is_err() => {
                add(file, format!("`{}` is not UTF-8", file.path), "save it as UTF-8");
            }
            Ok(_) => {}
        }
    }
    found
}

fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    if !fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(crate::load::MAX_DOCUMENT_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > crate::load::MAX_DOCUMENT_BYTES {
        return Err(std::io::Error::other("it is longer than 1 MiB"));
    }
    Ok(bytes)
}

/// A picture that does nothing but show: opened by itself, an SVG could run scripts.
fn logo(bytes: &[u8], path: &str) -> Option<&'static str> {
    if bytes.len() as u64 > LONGEST_LOGO {
        return Some("is longer than 100 KB");
    }
    if path.ends_with(".png") {
        return (!bytes.starts_with(b"\x89PNG\r\n\x1a\n")).then_some("is no PNG");
    }
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    let active = ["<script", "javascript:", "<foreignobject", "<!entity", "<iframe"].iter().any(|it| text.contains(it));
    // An attribute that runs: ` onload=`.
    let handler = text.split([' ', '\t', '\n', '\r', '"', '\'', '/']).any(|word| {
        word.strip_prefix("on")
            .and_then(|rest| rest.split_once('='))
            .is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase()))
    });
    match text.contains("<svg") {
        false => Some("is no SVG"),
        true => (active || handler).then_some("holds a script"),
    }
}
