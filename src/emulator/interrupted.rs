//! Answers that begin and do not arrive.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::handle::Reset;

/// A body of which only the beginning arrives.
pub(crate) struct Interrupted {
    beginning: Option<Bytes>,
    end: End,
    length: u64,
}

/// What comes after the beginning.
#[derive(Clone, Copy)]
pub(crate) enum End {
    Never,
    Reset,
}

impl Interrupted {
    pub(crate) fn new(whole: Bytes, end: End) -> Interrupted {
        let length = whole.len() as u64;
        Interrupted { beginning: Some(whole.slice(..whole.len() / 2)), end, length }
    }
}

impl Body for Interrupted {
    type Data = Bytes;
    type Error = Reset;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Reset>>> {
        match (self.beginning.take(), self.end) {
            (Some(beginning), _) => Poll::Ready(Some(Ok(Frame::data(beginning)))),
            // Never woken again; whoever waits gives up by a timeout of its own.
            (None, End::Never) => Poll::Pending,
            (None, End::Reset) => Poll::Ready(Some(Err(Reset))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}
