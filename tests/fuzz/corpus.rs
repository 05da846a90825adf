//! Writes what each target starts from: `corpus FOLDER`, into a folder of its own in it.

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.ok_or_else(|| io::Error::other("corpus FOLDER: where to?"))?;
    for target in vigie_fuzz::TARGETS {
        let own = folder.join(target.name);
        fs::create_dir_all(&own)?;
        for (number, seed) in (target.corpus)().into_iter().enumerate() {
            fs::write(own.join(format!("seed-{number:04}")), seed)?;
        }
    }
    Ok(())
}
