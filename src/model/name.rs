//! A stream processor's name.

use std::borrow::Borrow;
use std::fmt;

/// A valid stream processor name: 1 to 128 of `a-z A-Z 0-9 _ . -`.
///
/// The service matches the pattern against the whole value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct ProcessorName(String);

/// The text breaks the service's pattern or length for names.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name is 1 to 128 letters, digits, '_', '.' and '-'")]
pub struct InvalidName;

impl ProcessorName {
    /// Checks the text against the service's rule for names.
    pub fn new(text: &str) -> Result<ProcessorName, InvalidName> {
        let valid = (1..=128).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
        if valid { Ok(ProcessorName(text.to_owned())) } else { Err(InvalidName) }
    }

    /// The name as the service spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProcessorName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Borrow<str> for ProcessorName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'de> serde::Deserialize<'de> for ProcessorName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        ProcessorName::new(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pattern_holds_for_the_whole_name() {
        assert!(ProcessorName::new("front-door_2.b").is_ok());
        for bad in ["", "front door!", "türe", "a\n", &"a".repeat(129)] {
            assert_eq!(ProcessorName::new(bad), Err(InvalidName), "{bad:?}");
        }
    }
}
