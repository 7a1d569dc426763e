//! Profiles by name, to tell which there are when one was asked for that is not there.
//! What they hold is for the SDK to read.

use std::env;
use std::path::{Path, PathBuf};

use super::{Class, Error, Operation};

/// A file of profiles, with the variable that moves it.
const FILES: [(&str, &str, Headers); 2] = [
    ("AWS_CONFIG_FILE", ".aws/config", Headers::Config),
    ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials", Headers::Credentials),
];

/// How a file heads its profiles.
#[derive(Clone, Copy)]
enum Headers {
    /// `[profile NAME]`, but for `[default]`.
    Config,
    /// `[NAME]`
    Credentials,
}

/// Why there are no credentials, where it is that the profile is not there: the one
/// that was asked for, or that of the environment.
pub(super) fn missing(asked: Option<&str>) -> Option<Error> {
    let of_environment = env::var("AWS_PROFILE").ok().filter(|name| !name.is_empty());
    let (name, origin) = match asked {
        Some(name) => (name, "--profile"),
        None => (of_environment.as_deref()?, "AWS_PROFILE"),
    };
    let files = FILES.map(|(variable, below_home, headers)| {
        let moved = env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
        let path = moved.or_else(|| Some(env::home_dir()?.join(below_home)));
        (path.unwrap_or_else(|| Path::new("~").join(below_home)), headers)
    });
    let files = files.map(|(path, headers)| {
        let text = std::fs::read_to_string(&path).ok();
        (path, text.map(|text| names(&text, headers)))
    });
    if files.iter().flat_map(|(_, names)| names).flatten().any(|found| found == name) {
        return None;
    }
    let found = files.iter().map(|(path, names)| match names.as_deref() {
        None => format!("{} cannot be read", path.display()),
        Some([]) => format!("{} has none", path.display()),
        Some(names) => format!("{} has {}", path.display(), names.join(", ")),
    });
    let found: Vec<String> = found.collect();
    let message = format!("there is no profile {name}, as {origin} asks for: {}", found.join("; "));
    Some(Error::new(Operation::GetCallerIdentity, Class::CredentialsMissing, message))
}

/// The profiles of a file.
fn names(text: &str, headers: Headers) -> Vec<String> {
    let heads = text.lines().filter_map(|line| {
        let head = line.trim().strip_prefix('[')?.split(']').next()?.trim();
        match (headers, head.split_once(char::is_whitespace)) {
            (Headers::Config, Some(("profile", name))) => Some(name.trim()),
            (Headers::Config, _) => Some(head).filter(|head| *head == "default"),
            (Headers::Credentials, _) => Some(head),
        }
    });
    heads.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_heads_its_profiles_in_its_own_way() {
        let config = "[default]\nregion = a\n[profile dev]\n[sso-session x]\n [ profile  test ] # b\n[stray]";
        assert_eq!(names(config, Headers::Config), ["default", "dev", "test"]);
        assert_eq!(
            names("[default]\n[prod]\nkey = [x]\n", Headers::Credentials),
            ["default", "prod"]
        );
    }
}
