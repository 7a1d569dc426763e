//! The embedded service: Amazon Rekognition's stream processors, played faithfully enough to be taken for the real ones.
//!
//! ```text
//!                 ┌ connector ○ (in process) ┐                        ┌ faults, quotas, quirks ●
//! an AWS client ──┤                          ├─▶ handle ○ ─▶ engine ● ┼ protocol, validate, model ●
//!                 └ server ○    (HTTP)       ┘        │               └ operations over state ●
//!                                                     └─▶ store ○ (a snapshot and a log)
//! ```
//!
//! What is marked ● is values in, values out: the time is an argument. The edges ○ bring the clock, the lock, the files and
//! the socket. A request is read and judged (`protocol`, `incoming`) before it takes the lock; under it the engine carries
//! it out, the store keeps what changed, and the engine undoes what could not be kept.
//!
//! The emulator works on the wire's own JSON and shares no conversion code with the rest of rekon, and it names no
//! other module of it: a mistake made on both sides would cancel out.
//!
//! Deliberately absent: signatures are not verified, permissions are not evaluated, video is not looked at, and there
//! is one account and one region to an emulator: requests signed for another region are answered all the same.

mod clock;
mod connector;
mod delivery;
mod describe;
mod engine;
mod error;
mod faults;
mod handle;
mod identity;
mod incoming;
mod journal;
mod model;
mod operation;
mod operations;
mod options;
mod pattern;
mod prompt;
mod protocol;
mod quirks;
mod quotas;
mod random;
mod rules;
mod server;
mod setting;
mod state;
mod store;
mod token;
mod trail;
mod validate;

pub use self::clock::Time;
pub use self::delivery::{Delivery, Reset};
pub use self::error::ServiceError;
pub use self::faults::{FAULT_FORMS, Fault, Faults, RandomFault, ScriptedFault};
pub use self::handle::{Answer, Emulator, OpenError};
pub use self::journal::{Call, Caller};
pub use self::operation::{Operation, Service};
pub use self::options::{
    DEFAULT_ACCOUNT_ID, DEFAULT_REGION, Lag, Limits, Options, Rates, Settle, Signatures,
};
pub use self::quirks::*;
pub use self::server::serve;
pub use self::setting::{BadSetting, identity, processor, region};
pub use self::state::{BadSnapshot, State};
