//! The `senti` command: parse, run, exit.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = cli::parse();
    cli::exit::code(&cli::run(arguments))
}
