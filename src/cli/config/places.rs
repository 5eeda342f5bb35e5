//! Where configuration files and profiles are.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::environment::Environment;
use crate::platform::privilege;

/// The folders of the machine and of the user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    /// For all users.
    pub system: Option<PathBuf>,
    /// That of the user; root has none, so that nobody else can tell root what to do.
    pub user: Option<PathBuf>,
}

impl Places {
    /// Those of this process.
    pub fn of(environment: &Environment) -> Self {
        let absolute = |name| environment.path(name).filter(|path| path.is_absolute());
        let base = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")));
        Self {
            system: Some(SYSTEM.into()),
            user: base
                .filter(|_| privilege::effective_user() != 0)
                .map(|base| base.join(FOLDER)),
        }
    }

    /// The file of settings for every connection, in a folder.
    pub fn settings(folder: &Path) -> PathBuf {
        folder.join("config.toml")
    }

    /// The file of a profile, the user's own before that of the machine. `None` when there is none.
    pub fn profile(&self, name: &str) -> Option<PathBuf> {
        let mut files = self.profile_files(name);
        files.find(|file| file.symlink_metadata().is_ok())
    }

    /// Where a profile may be.
    pub fn profile_files(&self, name: &str) -> impl Iterator<Item = PathBuf> {
        let name = is_name(name).then(|| format!("{name}.{EXTENSION}"));
        let files = self.folders().map(move |folder| {
            let name = name.as_ref()?;
            Some(folder.join(PROFILES).join(name))
        });
        files.flatten()
    }

    /// Where a new profile is put.
    pub fn new_profile(&self, name: &str) -> PathBuf {
        let folder = self.folders().next().unwrap_or(Path::new(SYSTEM));
        folder.join(PROFILES).join(format!("{name}.{EXTENSION}"))
    }

    /// All profiles: names and files.
    pub fn profiles(&self) -> BTreeMap<String, PathBuf> {
        let mut found = BTreeMap::new();
        for folder in self.folders() {
            let files = fs::read_dir(folder.join(PROFILES))
                .into_iter()
                .flatten()
                .flatten();
            for file in files.map(|file| file.path()) {
                let name = file
                    .file_stem()
                    .and_then(|name| name.to_str())
                    .unwrap_or_default();
                if file.extension().is_some_and(|end| end == EXTENSION) && is_name(name) {
                    found.entry(name.to_owned()).or_insert(file);
                }
            }
        }
        found
    }

    /// The folders, the user's own first.
    pub fn folders(&self) -> impl Iterator<Item = &Path> {
        [&self.user, &self.system]
            .into_iter()
            .filter_map(Option::as_deref)
    }
}

/// True for a name that is one of a file in the folder, and of an instance.
pub fn is_name(name: &str) -> bool {
    let forbidden = |character: char| {
        "/:[]?#@".contains(character) || character.is_whitespace() || character.is_control()
    };
    !name.is_empty() && name.len() <= MAX_NAME && !name.starts_with(['.', '-']) && !name.contains(forbidden)
}

const SYSTEM: &str = "/etc/vpnc-cli";
const FOLDER: &str = "vpnc-cli";
const PROFILES: &str = "profiles";
const EXTENSION: &str = "toml";
/// A file name may have 255 octets, and instances append to theirs.
const MAX_NAME: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_profile_hides_that_of_the_machine() {
        let folder = tempfile::tempdir().expect("a folder");
        let places = Places {
            system: Some(folder.path().join("system")),
            user: Some(folder.path().join("user")),
        };
        for path in [
            "system/profiles/work.toml",
            "system/profiles/home.toml",
            "user/profiles/work.toml",
        ] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, "").expect("a file");
        }
        for other in ["user/profiles/.hidden.toml", "user/profiles/work.toml~"] {
            fs::write(folder.path().join(other), "").expect("a file");
        }
        let found = places.profiles();
        assert_eq!(found.keys().collect::<Vec<_>>(), ["home", "work"]);
        assert_eq!(places.profile("work"), found.get("work").cloned());
        assert!(found["work"].starts_with(folder.path().join("user")));
        assert_eq!(places.profile("none"), None);
        assert_eq!(places.profile("../profiles/work"), None);
    }

    #[test]
    fn names_are_no_paths_and_no_urls() {
        for name in ["work", "vpn.example.com", "büro"] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            ".x",
            "a/b",
            "gw:443",
            "[::1]",
            "a b",
            "-v",
            &"x".repeat(101),
        ] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn folders_follow_the_environment_unless_root_asks() {
        let places = |home: &str, xdg: &str| {
            let environment = Environment::from_lookup(|name| match name {
                "HOME" => Some(home.into()),
                "XDG_CONFIG_HOME" => Some(xdg.into()),
                _ => None,
            });
            Places::of(&environment).user
        };
        let as_root = privilege::effective_user() == 0;
        let expected = |path: &str| (!as_root).then(|| PathBuf::from(path));
        assert_eq!(places("/home/joe", ""), expected("/home/joe/.config/vpnc-cli"));
        assert_eq!(places("/home/joe", "/cfg"), expected("/cfg/vpnc-cli"));
        assert_eq!(places("relative", ""), None);
    }
}
