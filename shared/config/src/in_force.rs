//! What is in force where an included file is faulty.

use std::collections::HashSet;

use serde::Serialize;
use vigie_domain::Brand;

/// An included file that is not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The file, as faults call it.
    pub file: String,
    /// Its path from the folder of vigie.toml, as [`Brand::file`] remembers it.
    #[serde(skip)]
    pub path: String,
    /// The ids of its brands, as far as they can be told.
    pub brands: Vec<String>,
    /// How many faults it has.
    pub faults: usize,
}

impl Refused {
    /// Whether a brand in force is of this file: it came from it, or the file names it.
    pub fn is_of(&self, brand: &Brand) -> bool {
        brand.file.as_deref() == Some(self.path.as_str())
            || self.brands.iter().any(|id| id == brand.id.as_str())
    }
}

/// The brands to put in force: those `given` by the files in order, and of the brands that are in
/// force `now`, those of a refused file as they are. Who no file defines is not among them.
///
/// A kept brand gives up the sources that a file in order defines: a source has one brand.
///
/// ```
/// use vigie_config::{Refused, in_force};
/// use vigie_domain::Brand;
/// let path = "brands/lumen.toml".to_owned();
/// let now = Brand { file: Some(path.clone()), ..Brand::sample() };
/// let refused = Refused { file: path.clone(), path, brands: vec![], faults: 1 };
/// assert_eq!(in_force(vec![], &[refused], &[now.clone()]), [now.clone()]);
/// assert_eq!(in_force(vec![], &[], &[now]), []);
/// ```
pub fn in_force(given: Vec<Brand>, refused: &[Refused], now: &[Brand]) -> Vec<Brand> {
    if refused.is_empty() {
        return given;
    }
    let mut brands = given;
    let ids: HashSet<_> = brands.iter().map(|brand| brand.id.clone()).collect();
    let sources: HashSet<_> =
        brands.iter().flat_map(|brand| &brand.sources).map(|source| source.id.clone()).collect();
    for brand in now.iter().filter(|brand| !ids.contains(&brand.id)) {
        if refused.iter().any(|file| file.is_of(brand)) {
            let mut kept = brand.clone();
            kept.sources.retain(|source| !sources.contains(&source.id));
            brands.push(kept);
        }
    }
    brands
}
