//! Numbers that look random and are the same in every run: what hangs on a seed, and not on when it was asked.

/// A hash of a text that never changes between versions, unlike the standard library's (FNV-1a).
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// One number from several, in which every bit depends on all of them (the finaliser of SplitMix64).
pub(crate) fn mix(parts: &[u64]) -> u64 {
    parts.iter().fold(0, |mixed, part| {
        let mut bits = (mixed ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    })
}

/// The number as a fraction, at least 0 and less than 1.
pub(crate) fn fraction(bits: u64) -> f64 {
    // A double holds 53 bits exactly.
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// The number in the form of a UUID of version 4.
pub(crate) fn uuid(bits: u64) -> String {
    let (high, low) = (mix(&[bits, 1]), mix(&[bits, 2]));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        (low >> 48) & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_never_change() {
        assert_eq!(hash("front-door"), hash("front-door"));
        assert_ne!(hash("front-door"), hash("front-doos"));
        assert_ne!(mix(&[1, 2]), mix(&[2, 1]));
        assert_eq!(uuid(7), uuid(7));
        assert_eq!(uuid(7).len(), 36);
        assert_eq!(uuid(7).as_bytes()[14], b'4');
    }
}
