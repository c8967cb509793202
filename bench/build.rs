//! In: the documents in `orders/`. Out: the handlers that the generator makes of them, for the service that is measured. Never
//! knows: what is measured.
//!
//! Generated anew with each build, so that what is measured is always what `tieline build` writes today.

use std::{error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=orders");
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("orders");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let (catalog, diagnostics, _) = catalog::open(&root);
    let catalog = catalog.ok_or_else(|| {
        let errors = diagnostics.items().iter().map(|item| format!("{} {}: {}", item.code, item.path, item.message));
        errors.collect::<Vec<_>>().join("\n")
    })?;
    let plan = codegen::plan(&catalog).map_err(codegen::Error::Names)?;
    let files = codegen::emit(&plan, &codegen::Templates::embedded()?)?;
    let mut entry = String::from("pub mod systems;\n");
    for (path, file) in &files.files {
        let Some(path) = path.strip_prefix("sales/src/").filter(|path| *path != "lib.rs") else { continue };
        let target = out.join(path);
        target.parent().map(fs::create_dir_all).transpose()?;
        fs::write(target, &file.text)?;
        if let Some(module) = path.strip_suffix(".rs").filter(|module| !module.contains('/')) {
            entry.push_str(&format!("pub mod {module};\n"));
        }
    }
    fs::write(out.join("entry.rs"), entry)?;
    Ok(())
}
