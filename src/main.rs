//! The `rekon` command.

fn main() -> std::process::ExitCode {
    rekon::cli::run(std::env::args_os())
}
