//! A peer that is broken, hostile or elsewhere: every run ends in bounded time
//! and memory, with a line that names the cause.

mod bounds;
mod contact;
mod elsewhere;
mod environment;
mod sockets;
mod stranger;
