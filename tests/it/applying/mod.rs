//! Applying plans against the embedded service, in time that is not waited for.

mod faults;
mod interrupts;
mod moved;
mod recovery;
mod replacements;
mod torture;
mod wire;
mod world;
