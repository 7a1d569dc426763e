//! Applying plans against the embedded service, in time that is not waited for.

mod faults;
mod gate;
mod interrupts;
mod moved;
mod recovery;
mod replacements;
mod restoring;
mod torture;
mod wire;
mod world;
