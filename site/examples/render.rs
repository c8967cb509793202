//! Renders the site of a project: `cargo run -p tieline-site --example render -- <project> <folder>`.
//!
//! For work on templates and styles without the command around them.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for people")]

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use tieline_site as site;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [project, folder] = arguments.as_slice() else {
        eprintln!("usage: render <project> <folder>");
        return ExitCode::FAILURE;
    };
    let start = Instant::now();
    let (catalog, diagnostics, _) = catalog::open(Path::new(project));
    println!("read and checked in {:?}", start.elapsed());
    for item in diagnostics.items() {
        eprintln!("{} {}:{} {}", item.code, item.path, item.span.line, item.message);
    }
    let Some(catalog) = catalog else {
        return ExitCode::FAILURE;
    };
    let options = site::Options { manual: manual(Path::new(project)), ..site::Options::default() };
    let start = Instant::now();
    match site::build(&catalog, &diagnostics, &options, Path::new(folder)) {
        Ok(report) => println!("{report:?}, made and written in {:?}", start.elapsed()),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    }
    let start = Instant::now();
    let page =
        catalog.interfaces().first().map(|it| format!("interfaces/{}/index.html", it.smart_id.text.to_lowercase()));
    if page.is_some_and(|page| site::emit_one(&catalog, &diagnostics, &options, &page).is_some()) {
        println!("one page alone in {:?}", start.elapsed());
    }
    ExitCode::SUCCESS
}

fn manual(project: &Path) -> Vec<site::Manual> {
    ["tutorial", "language", "reference", "operating", "architecture"]
        .into_iter()
        .filter_map(|name| {
            let markdown = std::fs::read_to_string(project.join(format!("docs/{name}.md"))).ok()?;
            Some(site::Manual { path: format!("docs/{name}.md"), featured: false, markdown })
        })
        .collect()
}
