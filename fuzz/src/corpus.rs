//! Writes the examples of every target into `corpus/<target>/`, where libFuzzer begins.
//!
//! In: the targets. Out: files. Never knows: what is in them.

use std::{fs, io, path::Path};

fn main() -> io::Result<()> {
    for (name, _, examples) in tieline_fuzz::targets() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
        fs::create_dir_all(&folder)?;
        for (number, example) in examples.iter().enumerate() {
            fs::write(folder.join(format!("example-{number}")), example)?;
        }
    }
    Ok(())
}
