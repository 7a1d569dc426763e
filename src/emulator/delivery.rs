//! How much of an answer arrives at the client.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// How much of an answer arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// All of it.
    Whole,
    /// Its beginning, and then nothing for ever.
    Endless,
    /// Its beginning, and then the connection breaks.
    Cut,
    /// Nothing: the connection breaks.
    Reset,
}

/// The connection breaks before anything is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("connection reset by the emulator")]
pub struct Reset;

/// The body of an answer, as much of it as arrives.
pub(crate) struct Delivered {
    arrives: Option<Bytes>,
    delivery: Delivery,
    /// The length of the whole answer, which is what its head promises.
    length: u64,
}

impl Delivered {
    pub(crate) fn new(answer: Bytes, delivery: Delivery) -> Delivered {
        let length = answer.len();
        let arriving = if delivery == Delivery::Whole { length } else { length / 2 };
        Delivered { arrives: Some(answer.slice(..arriving)), delivery, length: length as u64 }
    }
}

impl Body for Delivered {
    type Data = Bytes;
    type Error = Reset;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Reset>>> {
        match (self.arrives.take(), self.delivery) {
            (Some(bytes), _) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            (None, Delivery::Whole) => Poll::Ready(None),
            // Never woken again; whoever waits gives up by a timeout of its own.
            (None, Delivery::Endless) => Poll::Pending,
            (None, Delivery::Cut | Delivery::Reset) => Poll::Ready(Some(Err(Reset))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.delivery == Delivery::Whole && self.arrives.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.length)
    }
}
