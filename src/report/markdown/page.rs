//! A comment that has only so much room.

use crate::report::settings::MaxBytes;

/// What is kept free to say what was left out.
pub(super) const LEFT_OUT: usize = 330;

/// A comment, as far as it is written.
#[derive(Debug)]
pub(super) struct Page {
    out: String,
    max: usize,
    /// For what was left out, and for the end.
    reserved: usize,
    end: String,
}

impl Page {
    pub(super) fn new(MaxBytes(bytes): MaxBytes) -> Page {
        Page {
            out: String::new(),
            max: bytes.max(MaxBytes::LEAST),
            reserved: LEFT_OUT,
            end: String::new(),
        }
    }

    /// How much can still be written.
    pub(super) fn room(&self) -> usize {
        self.max.saturating_sub(self.out.len() + self.reserved)
    }

    /// Writes the whole text or nothing of it. Says whether it is written.
    pub(super) fn push(&mut self, text: &str) -> bool {
        let fits = text.len() <= self.room();
        if fits {
            self.out.push_str(text);
        }
        fits
    }

    /// Keeps room for what stands at the end, if there is so much.
    pub(super) fn end_with(&mut self, text: String) {
        if text.len() <= self.room() {
            self.reserved += text.len();
            self.end = text;
        }
    }

    /// The whole comment.
    pub(super) fn finish(mut self, left_out: &str) -> String {
        self.reserved = 0;
        self.push(left_out);
        let end = std::mem::take(&mut self.end);
        self.push(&end);
        let end = self.out.trim_end().len();
        self.out.truncate(end);
        self.out.push('\n');
        self.out
    }
}

/// A heading or the head of a table, and what stands below it, as far as there is room.
#[derive(Debug)]
pub(super) struct Part {
    out: String,
    /// Empty as soon as it is written.
    head: String,
    room: usize,
}

impl Part {
    pub(super) fn new(room: usize, head: String) -> Part {
        // An empty line ends it.
        Part { out: String::new(), head, room: room.saturating_sub(1) }
    }

    /// Writes a whole line or row, or nothing of it, and says which.
    pub(super) fn add(&mut self, text: &str) -> bool {
        let fits = self.out.len() + self.head.len() + text.len() <= self.room;
        if fits {
            self.out.push_str(&std::mem::take(&mut self.head));
            self.out.push_str(text);
        }
        fits
    }

    /// How much a line may have, with what stands above it.
    pub(super) fn room(&self) -> usize {
        self.room.saturating_sub(self.out.len() + self.head.len())
    }

    /// The part with an empty line below it; nothing, if nothing was written.
    pub(super) fn finish(mut self) -> String {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out
    }
}
