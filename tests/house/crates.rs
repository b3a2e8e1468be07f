//! Which crates there are, and that imports run one way.

use cargo_metadata::Metadata;

use super::Breach;

/// Every crate of the house and the crates of the house that it may use. Another one needs a decision record first.
const CRATES: [(&str, &[&str]); 8] = [
    ("highwater-log", &[]),
    ("highwater-codecs", &["highwater-log"]),
    ("highwater-sim", &["highwater-log"]),
    ("highwater-player", &["highwater-sim", "highwater-log"]),
    ("highwater", &["highwater-player"]),
    ("highwater-cli", &["highwater-player", "highwater-sim", "highwater-log", "highwater"]),
    ("xtask", &["highwater-player"]),
    ("highwater-tests", &["highwater-log", "highwater-sim", "highwater-player", "highwater", "highwater-cli", "xtask"]),
];

/// A crate of the workspace and those of its dependencies, of any kind, that are ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crate {
    /// The package's name.
    pub name: String,
    /// The names of the packages of this workspace that it depends on.
    pub imports: Vec<String>,
}

/// The crates of the workspace.
pub fn crates_of(metadata: &Metadata) -> Vec<Crate> {
    let ours: Vec<_> = metadata.workspace_packages();
    let is_ours = |name: &str| ours.iter().any(|package| package.name == name);
    let crates = ours.iter().map(|package| Crate {
        name: package.name.to_string(),
        imports: package
            .dependencies
            .iter()
            .map(|dependency| dependency.name.clone())
            .filter(|name| is_ours(name))
            .collect(),
    });
    crates.collect()
}

/// Crates that are not of the house, and imports that run the wrong way.
pub fn wrong_imports(crates: &[Crate]) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for one in crates {
        let Some((_, allowed)) = CRATES.iter().find(|(name, _)| *name == one.name) else {
            breaches.push(Breach::new(0, format!("{} is no crate of the house: it needs a decision record", one.name)));
            continue;
        };
        for import in one.imports.iter().filter(|import| !allowed.contains(&import.as_str())) {
            breaches.push(Breach::new(0, format!("{} may not use {import}", one.name)));
        }
    }
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, imports: &[&str]) -> Crate {
        Crate { name: name.to_owned(), imports: imports.iter().map(|import| (*import).to_owned()).collect() }
    }

    #[test]
    fn imports_run_one_way() {
        assert_eq!(wrong_imports(&[one("highwater-sim", &["highwater-log"])]), []);
        let back = wrong_imports(&[one("highwater-log", &["highwater-sim"])]);
        assert_eq!(back, [Breach::new(0, "highwater-log may not use highwater-sim")]);
    }

    #[test]
    fn the_screen_never_sees_the_simulation() {
        assert_eq!(wrong_imports(&[one("highwater", &["highwater-player", "highwater-sim"])]).len(), 1);
    }

    #[test]
    fn a_new_crate_needs_a_decision() {
        assert_eq!(wrong_imports(&[one("highwater-util", &[])]).len(), 1);
    }
}
