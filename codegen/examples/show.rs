//! Prints what a project would generate; `--write` writes it. A tool for people who work on the generator.

#![allow(clippy::print_stdout, reason = "it is what it is for")]

use std::path::Path;

use tieline_codegen as codegen;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let root = arguments.next().ok_or("usage: show ROOT [--write | PART-OF-PATH]")?;
    let what = arguments.next().unwrap_or_default();
    let root = Path::new(&root);
    let (catalog, diagnostics, _) = catalog::open(root);
    for item in diagnostics.items() {
        println!("{} {}:{} {}", item.code, item.path, item.span.line, item.message);
    }
    let files = codegen::generate(&catalog.ok_or("the documents have errors")?, root).inspect_err(|error| {
        if let codegen::Error::NotRust { text, .. } = error {
            println!("{text}");
        }
    })?;
    if what == "--write" {
        let report = codegen::sync(&files, root, codegen::Mode::Write)?;
        println!(
            "{} written, {} removed, {} unchanged",
            report.written.len(),
            report.removed.len(),
            report.unchanged()
        );
        report.refused().filter_map(codegen::Finding::message).for_each(|message| println!("{message}"));
        return Ok(());
    }
    for (path, file) in files.files.iter().filter(|(path, _)| path.contains(&what)) {
        println!("==== {path}\n{}", file.text);
    }
    Ok(())
}
