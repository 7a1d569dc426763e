//! The `rekon` command.

fn main() -> std::process::ExitCode {
    rekon::run(std::env::args_os())
}
