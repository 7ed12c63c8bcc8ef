//! `senti completions` and `senti man`, made from the definition of the
//! command line itself.

use clap::{Args, Command};
use clap_complete::Shell;

use super::exit::Outcome;
use super::printer::Printer;

/// Print a shell's completion script
///
/// For bash: senti completions bash > ~/.local/share/bash-completion/completions/senti
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The shell.
    shell: Shell,
}

/// Print the manual page
///
/// To read it: senti man | man -l -
#[derive(Debug, Args)]
pub(super) struct ManOptions {
    /// The page of a command; none: of senti itself.
    command: Option<String>,
}

pub(super) fn run(options: Options, mut command: Command, printer: &mut Printer) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut command, "senti", &mut script);
    Ok(printer.bytes(&script)?)
}

pub(super) fn man(options: ManOptions, mut command: Command, printer: &mut Printer) -> Outcome {
    command.build();
    if let Some(name) = options.command {
        let known: Vec<String> = command
            .get_subcommands()
            .map(|command| command.get_name().to_owned())
            .collect();
        command = command.find_subcommand(&name).cloned().ok_or_else(|| {
            senti::error::Error::setting("command", format!("{name:?}"), known.join(", "))
        })?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    Ok(printer.bytes(&page)?)
}
