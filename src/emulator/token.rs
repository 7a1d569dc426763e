//! Page tokens: a position that a client can carry but not read or make up.
//!
//! The service keeps nothing for them, so a token outlives a restart.

use super::random;

/// The 64 characters of a token, each worth six bits.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A token for a position in what `purpose` pages through.
pub(crate) fn write(purpose: &str, position: &str) -> String {
    let check = check(purpose, position).to_be_bytes();
    let bytes: Vec<u8> = check.into_iter().chain(position.bytes()).collect();
    let mut token = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte))
            << (8 * (3 - chunk.len()));
        for digit in 0..=chunk.len() {
            token.push(char::from(ALPHABET[bits >> (18 - 6 * digit) & 63]));
        }
    }
    token
}

/// The position in a token that was written for this purpose; `None` for any other text.
pub(crate) fn read(purpose: &str, token: &str) -> Option<String> {
    let mut bytes = Vec::new();
    for chunk in token.as_bytes().chunks(4) {
        let mut bits = 0;
        for digit in chunk {
            bits = bits << 6 | ALPHABET.iter().position(|known| known == digit)?;
        }
        bits <<= 6 * (4 - chunk.len());
        bytes.extend((1..chunk.len()).map(|byte| (bits >> (24 - 8 * byte) & 255) as u8));
    }
    let (written, position) = bytes.split_first_chunk::<4>()?;
    let position = str::from_utf8(position).ok()?;
    (u32::from_be_bytes(*written) == check(purpose, position)).then(|| position.to_owned())
}

fn check(purpose: &str, position: &str) -> u32 {
    (random::mix(&[random::hash(purpose), random::hash(position)]) >> 32) as u32
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
