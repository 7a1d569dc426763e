//! From two definitions to what differs between them.
//!
//! Both sides are shaped first (`target`), then compared without exceptions
//! (`differences`): what is not managed is made equal before the comparison
//! instead of being filtered out of its result. Deliberately absent: what a
//! difference leads to, which is `plan`'s to say.

mod compare;
mod target;

pub use compare::{Difference, differences, unlike};
pub use target::{Target, target};
