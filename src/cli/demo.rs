//! `senti demo`: transfer learning on 72 sentences, with its controls.

use clap::{Args, ValueEnum};
use senti::demo::{Arm, ArmReport, Preset, Report, run as run_demo};
use senti::evaluation::Interval;

use super::exit::Outcome;
use super::printer::{Printer, grouped, percent};

/// Widest bar, in characters.
const BAR: u64 = 20;

/// See transfer learning work on 72 sentences
///
/// 62 sentences without labels, 8 with, 2 to test; they are part of the
/// program (corpus/ in its source). The vectors come from the 8 sentences
/// alone, from nowhere, or from the 62, and the rest stays the same. Every arm
/// runs for many seeds, because one run on two sentences proves nothing.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Settings: what senti chooses for texts of this size, or the article's
    /// own (4 dimensions, the whole sentence as window).
    #[arg(long, value_name = "NAME", default_value = "senti")]
    preset: PresetName,
    /// The seed of the two headline numbers.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// How many seeds each arm runs for, from 0 on; 2 to 100000.
    #[arg(long, value_name = "N", default_value_t = 100)]
    seeds: u64,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PresetName {
    Senti,
    Article,
}

pub(super) fn run(options: Options, printer: &mut Printer) -> Outcome {
    let preset = match options.preset {
        PresetName::Senti => Preset::Senti,
        PresetName::Article => Preset::Article,
    };
    let report = run_demo(preset, options.seed, options.seeds)?;
    if options.json {
        return printer.json(&report);
    }
    headline(&report, printer)?;
    arms(&report, printer)?;
    size(&report, printer)?;
    meaning(&report, printer)
}

fn headline(report: &Report, printer: &mut Printer) -> Outcome {
    printer.line(&format!(
        "Accuracy on the 2 test sentences, seed {}, {} dimensions:",
        report.seed, report.dims
    ))?;
    printer.headline(&format!(
        "  without transfer  {:>3.0} %",
        100.0 * report.without_transfer
    ))?;
    printer.headline(&format!(
        "  with transfer     {:>3.0} %",
        100.0 * report.with_transfer
    ))?;
    Ok(())
}

fn arms(report: &Report, printer: &mut Printer) -> Outcome {
    printer.line("")?;
    printer.line(&format!(
        "The same for {} seeds: how many got 0, 1 and 2 of 2 right, and the mean [95 % interval]:",
        grouped(report.seeds)
    ))?;
    for arm in &report.arms {
        printer.line(&format!(
            "  {:<36}{} [{}]",
            name(arm.arm),
            percent(arm.accuracy),
            range(arm.interval)
        ))?;
        for (right, &seeds) in arm.seeds_with.iter().enumerate() {
            let width = (seeds * BAR).div_ceil(report.seeds.max(1));
            let bar = "#".repeat(width as usize);
            let line = format!("    {right} of 2  {seeds:>6}  {bar}");
            printer.line(line.trim_end())?;
        }
    }
    printer.line("")?;
    printer.line(&format!(
        "Mean over all {} ways to hold out one positive and one negative of the ten",
        report.splits
    ))?;
    printer.line("labelled sentences, and over the seeds:")?;
    for arm in &report.arms {
        printer.line(&held_out(arm))?;
    }
    Ok(())
}

fn held_out(arm: &ArmReport) -> String {
    format!(
        "  {:<36}{} [{}]",
        name(arm.arm),
        percent(arm.held_out),
        range(arm.held_out_interval)
    )
}

fn size(report: &Report, printer: &mut Printer) -> Outcome {
    printer.line("")?;
    printer.line(&format!(
        "Parameters: {} of the classifier, from 8 labels; {} of the word vectors, from",
        grouped(report.classifier_parameters as u64),
        grouped(report.vector_parameters as u64)
    ))?;
    printer
        .line("text without labels. The article counts (inputs + 1) x (outputs + 1): for its")?;
    printer.line("2048 inputs and one output 4,098, where the whole network has 140 million.")?;
    Ok(())
}

fn meaning(report: &Report, printer: &mut Printer) -> Outcome {
    printer.line("")?;
    printer
        .line("What this shows: the test sentences share no opinion word with the 8 labelled")?;
    printer
        .line("ones, so what the arm with transfer knows about them comes from the text without")?;
    printer.line("labels. The other arms have no such knowledge, and should score like a coin.")?;
    printer.line(&format!(
        "What it does not show: how good senti is. 2 of 2 right has a 95 % interval of {:.0} %",
        100.0 * report.two_of_two.low
    ))?;
    printer.line(&format!(
        "to {:.0} %, a coin gets it in a quarter of all tries, and the sentences were written",
        100.0 * report.two_of_two.high
    ))?;
    printer.line("for this demo. For your own texts: senti pretrain, senti train, senti eval.")?;
    Ok(())
}

fn name(arm: Arm) -> &'static str {
    match arm {
        Arm::WithoutTransfer => "without transfer (8 sentences)",
        Arm::RandomVectors => "random vectors",
        Arm::Transfer => "transfer (62 sentences)",
        Arm::ShuffledLabels => "transfer, shuffled labels",
    }
}

fn range(interval: Interval) -> String {
    format!("{}, {}", percent(interval.low), percent(interval.high))
}
