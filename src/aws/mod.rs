//! The service, and the only place that names the AWS SDK.
//!
//! A [`Connection`] gives a [`Reader`] to whoever asks and a [`Writer`] that
//! only `apply` asks for: what holds no writer cannot write. Both send through
//! one loop, which paces each operation at its own quota, tries again where that
//! is worth it and counts what it does. The SDK's own retries are off.
//!
//! What goes out and what comes in is the wire's JSON, untouched: the request in
//! a plan is what is sent, and a description is all that the service said.
//!
//! Whatever answers may be broken, hostile or elsewhere. Every wait, answer and
//! listing is bounded ([`Operation`] says by what), and what is read is held
//! against the account, region and name that it was asked for.
//!
//! Deliberately absent: any opinion on what an answer means for a plan. Whether
//! a write whose answer was lost took effect is for its [`Caller`] to find out.

mod answer;
mod arn;
mod classify;
mod client;
mod connect;
mod credentials;
mod environment;
mod error;
mod hook;
mod log;
mod operation;
mod pages;
mod profile;
mod rate_limit;
mod reader;
mod request;
mod retry;
mod trail;
mod writer;

pub use aws_smithy_runtime_api::client::http::SharedHttpClient;
pub use connect::{Connection, Settings, connect};
pub use error::{Class, Error};
pub use hook::{Hook, HookError};
pub use log::Log;
pub use operation::Operation;
pub use rate_limit::{InvalidRate, Rate, RateLimit};
pub use reader::{Identity, Listing, Observer, Reader};
pub use request::{BadRequest, Request};
pub use retry::{Caller, Failure, Next, Notice, Sent};
pub use trail::{TrailEvent, TrailPage};
pub use writer::Writer;
