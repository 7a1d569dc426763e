//! Page tokens: a position that a client can carry but not read or make up.
//!
//! The service keeps nothing for them, so a token outlives a restart.

use aws_smithy_types::base64;
use serde_json::Value;

use super::random;
use super::validate::Object;

/// A token for a position in what `purpose` pages through.
pub(crate) fn write(purpose: &str, position: &str) -> String {
    base64::encode([&check(purpose, position)[..], position.as_bytes()].concat())
}

/// The position in a token that was written for this purpose; `None` for any other text.
pub(crate) fn read(purpose: &str, token: &str) -> Option<String> {
    let bytes = base64::decode(token).ok()?;
    let (written, position) = bytes.split_first_chunk::<4>()?;
    let position = str::from_utf8(position).ok()?;
    (*written == check(purpose, position)).then(|| position.to_owned())
}

/// What the tokens of a request are good for: the same question only, but for the token in it.
pub(crate) fn purpose(operation: &str, input: &Object, token: &str) -> String {
    let mut question = input.clone();
    question.remove(token);
    format!("{operation} {:x}", random::hash(&Value::Object(question).to_string()))
}

fn check(purpose: &str, position: &str) -> [u8; 4] {
    let check = random::mix(&[random::hash(purpose), random::hash(position)]) >> 32;
    (check as u32).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_token_is_good_for_its_purpose_only() {
        let token = write("List", "front-door");
        assert_eq!(read("List", &token).as_deref(), Some("front-door"));
        assert_eq!(read("GetResources", &token), None);
        assert!(!token.contains("front"));
        assert!(write("List", &"n".repeat(128)).len() <= 255);
    }

    proptest! {
        #[test]
        fn every_position_comes_back(position in ".{0,130}") {
            prop_assert_eq!(read("List", &write("List", &position)), Some(position));
        }

        #[test]
        fn nothing_else_is_a_token(text in ".{0,60}") {
            prop_assert_eq!(read("List", &text), None);
        }
    }
}
