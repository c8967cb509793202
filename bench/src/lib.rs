//! What benchmarks share: catalogs of any size.
//!
//! In: a number of interfaces. Out: a folder of documents that check without an error. Never knows: what is measured.

mod documents;

use std::{fs, io, path::Path};

/// Writes `spec/` with `interfaces` synthetic interfaces below `root`: twenty domains, fifteen systems to a hundred
/// interfaces, every domain with a hub. The same number gives the same documents.
///
/// # Errors
/// A file cannot be written.
pub fn synthetic(interfaces: usize, root: &Path) -> io::Result<()> {
    let spec = root.join("spec");
    for folder in ["interfaces", "systems", "environments"] {
        fs::create_dir_all(spec.join(folder))?;
    }
    let systems = documents::systems(interfaces);
    for number in 0..systems {
        fs::write(spec.join(format!("systems/system-{number:03}.md")), documents::system(number))?;
    }
    for number in 0..interfaces {
        let (smart_id, text) = documents::interface(number, systems);
        fs::write(spec.join(format!("interfaces/{smart_id}.md")), text)?;
    }
    fs::write(spec.join("environments/local.toml"), documents::environment(systems))
}

/// A workspace for generated crates outside of this one: the runtime by path, everything else as here.
#[must_use]
pub fn workspace() -> String {
    let house = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    format!(
        "# Profiles as in the house, so that dependencies are built once.\n[workspace]\nresolver = \"3\"\nmembers = [\"generated/*\"]\n\n[workspace.dependencies]\nruntime = {{ path = {:?}, package = \"tieline-runtime\" }}\n\n[profile.dev]\ndebug = false\n",
        house.join("runtime")
    )
}
