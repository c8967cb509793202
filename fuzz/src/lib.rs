//! The fuzz targets of all crates by name.
//!
//! In: a name and bytes. Out: whatever the target says. Never knows: what a target reads.
//!
//! Under `cargo fuzz`, which needs a nightly toolchain, libFuzzer makes up the bytes. On stable a driver runs its target on
//! the files that it is given, so that what was found is tried again without libFuzzer.

use std::{env, fs, process::ExitCode};

#[cfg(fuzzing)]
pub use libfuzzer_sys;

/// The whole of a driver: `driver!("json")`.
#[macro_export]
macro_rules! driver {
    ($name:literal) => {
        #[cfg(fuzzing)]
        $crate::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| $crate::run($name, bytes));

        #[cfg(not(fuzzing))]
        fn main() -> std::process::ExitCode {
            $crate::files($name)
        }
    };
}

/// Name, function and well-formed examples of a target.
type Target = (&'static str, fn(&[u8]), &'static [&'static str]);

/// Every target.
pub fn targets() -> impl Iterator<Item = Target> {
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

/// Runs a target on the files named on the command line.
///
/// # Panics
/// The target found something.
#[must_use]
pub fn files(name: &str) -> ExitCode {
    let paths: Vec<_> = env::args_os().skip(1).collect();
    if paths.is_empty() {
        eprintln!(
            "usage: {name} FILE...\n\nRuns the target `{name}` on each file. To make bytes up: cargo +nightly fuzz run {name}"
        );
        return ExitCode::from(2);
    }
    for path in paths {
        match fs::read(&path) {
            Ok(bytes) => run(name, &bytes),
            Err(error) => {
                eprintln!("{}: {error}", path.display());
                return ExitCode::from(2);
            }
        }
    }
    ExitCode::SUCCESS
}
