//! Measures the generator: `thousand FOLDER [INTERFACES]` writes a synthetic catalog with its generated crates and a
//! workspace around them, and prints how long each stage took.

#![allow(clippy::print_stdout, reason = "it is what it is for")]

use std::{fs, path::Path, time::Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let root = arguments.next().ok_or("usage: thousand FOLDER [INTERFACES]")?;
    let interfaces = arguments.next().map_or(Ok(1000), |number| number.parse())?;
    let root = Path::new(&root);
    tieline_bench::synthetic(interfaces, root)?;
    fs::write(root.join("Cargo.toml"), tieline_bench::workspace())?;

    let started = Instant::now();
    let (catalog, diagnostics, _) = catalog::open(root);
    for item in diagnostics.items().iter().filter(|item| item.severity == catalog::diagnostic::Severity::Error).take(10)
    {
        println!("{} {}:{} {}", item.code, item.path, item.span.line, item.message);
    }
    let catalog = catalog.ok_or("the documents have errors")?;
    println!("load and check   {:>7.3} s", started.elapsed().as_secs_f64());

    let started = Instant::now();
    let plan = codegen::plan(&catalog).map_err(codegen::Error::Names)?;
    println!("plan             {:>7.3} s", started.elapsed().as_secs_f64());

    let started = Instant::now();
    let files = codegen::emit(&plan, &codegen::Templates::embedded()?)?;
    let lines: usize = files.files.values().map(|file| file.text.lines().count()).sum();
    println!(
        "emit             {:>7.3} s   {} files, {lines} lines",
        started.elapsed().as_secs_f64(),
        files.files.len()
    );

    let started = Instant::now();
    let report = codegen::sync(&files, &root.join("generated"), codegen::Mode::Write)?;
    println!("sync             {:>7.3} s   {} written", started.elapsed().as_secs_f64(), report.written.len());
    Ok(())
}
