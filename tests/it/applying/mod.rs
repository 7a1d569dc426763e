//! Applying plans against the embedded service, in time that is not waited for.

mod faults;
mod gate;
mod interrupts;
mod moved;
#[cfg(target_os = "linux")]
mod power_cut;
mod recovery;
mod replacements;
mod restoring;
mod torture;
mod wire;
pub mod world;
