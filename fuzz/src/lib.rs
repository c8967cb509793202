//! The fuzz targets of all crates by name.
//!
//! In: a name and bytes. Out: whatever the target says. Never knows: what a target reads.

/// Name, function and well-formed examples of every target.
pub fn targets() -> impl Iterator<Item = (&'static str, fn(&[u8]), &'static [&'static str])> {
    let runtime = runtime::fuzz::targets().map(|target| (target.name, target.run, target.examples));
    runtime.chain(catalog::fuzz::TARGETS.iter().map(|target| (target.name, target.run, target.examples)))
}

/// Runs a target.
///
/// # Panics
/// The target found something, or there is none of that name.
pub fn run(name: &str, bytes: &[u8]) {
    let found = targets().find(|(known, ..)| *known == name);
    let (_, run, _) = found.unwrap_or_else(|| panic!("there is no target `{name}`"));
    run(bytes);
}
