//! A name for what is too long to be one.

use sha2::{Digest as _, Sha256};

/// The SHA-256 of some texts in their order, as 64 hex digits.
pub(super) fn digest<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut hasher = Sha256::new();
    for text in texts {
        // What belongs to which text is part of it.
        hasher.update(text.len().to_be_bytes());
        hasher.update(text);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
