//! The service, and the only place that names the AWS SDK.
//!
//! A [`Connection`] gives a [`Reader`] to whoever asks and a [`Writer`] that
//! only `apply` asks for: what holds no writer cannot write. Both send through
//! one gate, which paces each operation at its own quota, retries what is
//! worth retrying and counts what it does. The SDK's own retries are off.
//!
//! What goes out and what comes in is the wire's JSON, so that saved plans,
//! snapshots and live answers are read by the same code elsewhere.
//!
//! Deliberately absent: any opinion on what an answer means for a plan. A lost
//! response to a write is handed back as ambiguous, for `apply` to settle.

mod api;
mod classify;
mod connect;
mod error;
mod gate;
mod jitter;
mod pace;
mod pages;
mod reader;
mod request;
mod response;
mod tally;
mod writer;

pub use api::Api;
pub use aws_smithy_runtime_api::client::http::SharedHttpClient;
pub use connect::{Connection, Settings, connect};
pub use error::{Class, Error};
pub use pace::{InvalidRate, Pace, Rate};
pub use reader::{Identity, Listed, Reader};
pub use request::{BadRequest, Request, check_request};
pub use writer::{Attempt, Writer};
