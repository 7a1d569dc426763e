//! The one number type: the service keeps every fraction as a float32.

use std::fmt;
use std::str::FromStr;

/// A finite float32 with total equality and order.
///
/// Negative zero is folded into zero, so that equal numbers have equal bytes.
#[derive(Clone, Copy, PartialEq)]
pub struct Float32(f32);

/// The number is NaN, infinite, or too large for a float32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the number is not finite as a float32")]
pub struct NotFinite;

impl Float32 {
    /// Takes a float32 as the service returns it.
    pub fn new(value: f32) -> Result<Float32, NotFinite> {
        if value.is_finite() {
            // Adding zero turns -0.0 into 0.0 and leaves every other value alone.
            Ok(Float32(value + 0.0))
        } else {
            Err(NotFinite)
        }
    }

    /// Narrows a double, as JSON and TOML carry them, to the nearest float32.
    pub fn from_f64(value: f64) -> Result<Float32, NotFinite> {
        #[expect(clippy::cast_possible_truncation, reason = "narrowing is this function's purpose")]
        Float32::new(value as f32)
    }

    /// A small whole number, for defaults and bounds.
    pub const fn whole(value: u8) -> Float32 {
        Float32(value as f32)
    }

    /// The value as the primitive type.
    pub fn get(self) -> f32 {
        self.0
    }

    /// The double with the shortest decimal form that still means this float32.
    ///
    /// Widening 80.1 directly would give 80.0999984741211.
    pub fn to_shortest_f64(self) -> f64 {
        f64::from_str(&self.to_string()).expect("a float32 prints as a number")
    }
}

impl Eq for Float32 {}

impl PartialOrd for Float32 {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Float32 {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl std::hash::Hash for Float32 {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl fmt::Display for Float32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Float32 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_that_came_from_a_float32_is_the_same_number() {
        assert_eq!(Float32::from_f64(80.099_998_474_121_1), Float32::from_f64(80.1));
        assert_eq!(Float32::from_f64(80.1).unwrap().to_string(), "80.1");
        assert_eq!(Float32::from_f64(80.1).unwrap().to_shortest_f64(), 80.1);
    }

    #[test]
    fn negative_zero_is_zero() {
        assert_eq!(Float32::new(-0.0).unwrap().to_string(), "0");
        assert_eq!(
            Float32::new(-0.0).unwrap().cmp(&Float32::new(0.0).unwrap()),
            std::cmp::Ordering::Equal
        );
    }

    #[test]
    fn what_is_not_finite_as_a_float32_is_refused() {
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e39] {
            assert_eq!(Float32::from_f64(value), Err(NotFinite));
        }
    }
}
