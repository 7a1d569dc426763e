//! The `rekon` command.

/// A plan of 10,000 processors is millions of small values, made by several threads
/// and freed by one, at which the system's allocator is slow.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    rekon::run(std::env::args_os())
}
