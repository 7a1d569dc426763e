//! The pictures of what cameras see.
//!
//! A path that leaves the project contradicts what a project is: the same wherever it
//! lies. A picture that is not there, or is none, is only odd: nothing is planned by it.

use super::facts::Facts;
use crate::config::{Node, frame_path};
use crate::diagnostic::{Code, Diagnostic};

/// Checks the path of a frame.
pub(super) fn check(node: &Node, facts: &Facts<'_>) -> Option<Diagnostic> {
    let path = node.text()?;
    if let Err(reason) = frame_path(path) {
        let message = format!("`frame` is no path within the project: {reason}");
        return Some(
            Diagnostic::new(Code::InvalidFrame, message)
                .label(node.span, reason)
                .help("write it relative to the project, such as `frames/front-door.jpg`"),
        );
    }
    let reason = facts.unusable_frames.get(path)?;
    Some(
        Diagnostic::new(Code::UnusableFrame, format!("the frame `{path}` {reason}"))
            .label(node.span, "cannot be shown")
            .help("a frame is a JPEG or PNG; until there is one, regions are drawn on a grid"),
    )
}
