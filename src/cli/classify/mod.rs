//! `senti classify`: texts to labels.
//!
//! What was typed ([`options`]) names the texts ([`origin`]). Records come from files
//! ([`inputs`]), each of which is of a [`shape`] and read by a
//! [`source`], in batches ([`batch`]). Threads ([`workers`]) ask who answers
//! ([`answer`]) and bring the answers into the form ([`rendering`]) in which they are
//! written ([`target`]).

mod answer;
mod batch;
mod cells;
mod columns;
mod inputs;
mod names;
mod objects;
mod options;
mod origin;
#[cfg(feature = "parquet")]
mod parquet;
mod rendering;
mod shape;
mod shard;
mod source;
mod tally;
mod target;
mod workers;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use senti::error::Error;
use senti::model::{Model, Opened};

use super::exit::Outcome;
use super::pretrain::interruptible;
use super::printer::{Printer, counted, harmless};
use super::twice::is_pipe;
use answer::Answerer;
use columns::Columns;
use names::Names;
pub(super) use options::Options;
use origin::Origin;
use rendering::{Content, Form, Rendering};
use shape::Shape;
use shard::{Marker, Shard};
use tally::Tally;
use target::Target;

pub(super) fn run(options: Options, printer: &mut Printer) -> Outcome {
    let started = Instant::now();
    // Numbers out of range end it before anything is read.
    options.check()?;
    let thresholds = options.thresholds.thresholds()?;
    options.model.beside(options.reads_standard_input())?;
    let model = options.model.path(printer)?;
    let twice = options.explain || options.work.shard.is_some();
    if twice && model.exists() && is_pipe(&model) {
        let found = "a pipe, which can be read once";
        let expected = "a file, which --explain and --shard read twice";
        return Err(Error::setting("--model", found, expected).into());
    }
    let opened = Opened::read(&model)?;
    let top = options.top.unwrap_or(0).min(opened.labels().len());
    let (tables, work) = (&options.tables, &options.work);
    let errors = !work.strict;
    let names = Names::new(&tables.prefix, top, options.explain, errors);
    let to = options.to();
    let origin = Origin::new(&options, to, &names, printer)?;
    let mut inputs = origin.open()?;
    for path in inputs.empty() {
        printer.note(&format!("empty, without records: {}", named(path)));
    }
    let shape = inputs.shape().clone();
    if shape != Shape::Lines {
        printer.note(&format!(
            "{}: {}",
            origin.name(),
            harmless(&shape.to_string())
        ));
    }
    let form = to.unwrap_or_else(|| Form::of(&shape));
    form.check(&shape)?;
    let stop = match work.output {
        Some(_) => interruptible(),
        // What was printed is there, whatever ends it.
        None => Arc::new(AtomicBool::new(false)),
    };
    let go_on = || workers::stopped(&stop);
    let columns = match shape {
        Shape::Objects { .. } if form.has_columns() => {
            inputs.has_only(Columns::of_objects(origin.open_again()?, &go_on)?)
        }
        _ => Arc::new(Columns::new(shape.columns())),
    };
    names.check(form, &shape, &columns)?;
    let output = match &work.output {
        Some(output) => Some(origin.output(output, work.shard, form)?),
        None if form == Form::Parquet => {
            let expected = "--output FILE, for it is no text";
            return Err(Error::setting("--to", "parquet on standard output", expected).into());
        }
        None => None,
    };
    let explain = options.explain;
    // What is all there says how much of the model it needs.
    let few = match work.shard.is_none() && !origin.is_pipe() {
        true => inputs.few(Opened::FEW),
        false => None,
    };
    let ready = match few {
        Some(texts) => opened.for_these(&texts)?,
        None => opened.whole()?,
    };
    let explaining = explain.then(|| Model::read(&model)).transpose()?;
    let answerer = Answerer::new(ready, explaining, thresholds, top);
    let rendering = Arc::new(Rendering {
        answerer,
        form,
        shape,
        columns,
        names,
        explain,
    });

    let mut job = None;
    if let (Some(shard), Some(output)) = (work.shard, &output) {
        let asked = options.asked(form, thresholds);
        let (wanted, range) = shard::plan(shard, origin.open()?, &model, asked, &go_on)?;
        if !work.force
            && let Some(done) = Marker::find(output, &wanted)?
        {
            printer.note(&format!(
                "shard {shard} is done: {}, {}; --force does it anew",
                named(output),
                counted(done.tally.records, "record")
            ));
            return done.tally.outcome();
        }
        Marker::remove(output)?;
        inputs.only(range);
        job = Some(wanted);
    }

    let mut target = match &output {
        Some(output) => Target::file(output, &rendering)?,
        None => Target::standard_output(form, explain, printer),
    };
    if work.shard.is_none_or(Shard::is_first)
        && let Some(head) = rendering.head()
    {
        target.write(&Content::Text(head))?;
    }
    let mut tally = Tally::default();
    // Where a file is to be removed when somebody wants to stop, nobody who could do so
    // waits for a pipe.
    let waits = output.is_some() && origin.is_pipe();
    let threads = (work.threads > 1 || waits).then_some(work.threads);
    let answered = workers::answer(inputs, &rendering, threads, &stop, &mut |piece| {
        tally.add(&piece);
        target.write(&piece.content)?;
        if piece.drained {
            target.flush()
        } else {
            Ok(())
        }
    });
    if answered.is_err() && output.is_none() {
        // What was answered stays answered.
        target.flush()?;
    }
    answered?;
    if let Some(job) = &job {
        job.check(tally.records)?;
    }
    let written = target.finish()?;
    if let (Some(output), Some(written)) = (&output, written) {
        if let Some(job) = job {
            let tally = tally.clone();
            Marker::new(job, written, tally).write(output)?;
        }
        printer.note(&format!(
            "wrote {}: {}, {:.1} s",
            named(output),
            counted(tally.records, "record"),
            started.elapsed().as_secs_f64()
        ));
    }
    tally.outcome()
}

fn named(path: &Path) -> String {
    harmless(&path.display().to_string()).into_owned()
}
