//! Reads batches, has them answered, and hands the answers on in their order.
//!
//! With one thread everything is done in turn. With more, a thread reads, some answer,
//! and the calling one writes: batch after batch goes to worker after worker, and the
//! answers are taken from them in the same turn, so that order needs no bookkeeping.
//! Every queue holds two batches at most: memory does not grow with the input.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use senti::error::{Error, Result};

use super::super::exit::{Failure, Outcome};
use super::batch::Batch;
use super::inputs::Inputs;
use super::rendering::{Piece, Rendering};

/// Batches that wait before a worker, and behind it.
const QUEUE: usize = 2;
/// How often somebody looks whether to stop, while waiting for answers.
const LOOK: Duration = Duration::from_millis(100);

/// What a reader sends to a worker, and a worker passes on.
enum Message<T> {
    One(T),
    /// What ends the input, or nothing at its usual end.
    End(Option<Error>),
}

/// Answers all records. `stop` ends it between two batches.
pub(super) fn answer(
    mut inputs: Inputs,
    rendering: &Arc<Rendering>,
    threads: Option<usize>,
    stop: &AtomicBool,
    take: &mut dyn FnMut(Piece) -> Outcome,
) -> Outcome {
    let Some(threads) = threads else {
        while let Some(batch) = inputs.next_batch()? {
            stopped(stop)?;
            take(rendering.render(batch))?;
        }
        return Ok(());
    };
    let mut senders = Vec::new();
    let mut receivers = Vec::new();
    // The threads are not waited for: one may be reading from a pipe when another
    // thing ends the work.
    for _ in 0..threads.max(1) {
        let (sender, batches) = sync_channel(QUEUE);
        let (pieces, receiver) = sync_channel(QUEUE);
        let rendering = Arc::clone(rendering);
        std::thread::spawn(move || work(&rendering, &batches, &pieces));
        senders.push(sender);
        receivers.push(receiver);
    }
    std::thread::spawn(move || read(inputs, &senders));
    for receiver in receivers.iter().cycle() {
        match next(receiver, stop)? {
            Message::One(piece) => take(piece)?,
            Message::End(None) => return Ok(()),
            Message::End(Some(error)) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Sends batch after batch to worker after worker, and then the end.
fn read(mut inputs: Inputs, senders: &[SyncSender<Message<Batch>>]) {
    for sender in senders.iter().cycle() {
        let message = match inputs.next_batch() {
            Ok(Some(batch)) => Message::One(batch),
            Ok(None) => Message::End(None),
            Err(error) => Message::End(Some(error)),
        };
        let last = matches!(message, Message::End(_));
        // Nobody listens any more: the answers could not be written.
        if sender.send(message).is_err() || last {
            return;
        }
    }
}

fn work(
    rendering: &Rendering,
    batches: &Receiver<Message<Batch>>,
    pieces: &SyncSender<Message<Piece>>,
) {
    for message in batches {
        let message = match message {
            Message::One(batch) => Message::One(rendering.render(batch)),
            Message::End(error) => Message::End(error),
        };
        if pieces.send(message).is_err() {
            return;
        }
    }
}

/// The next answers, as long as nobody wants to stop.
fn next(
    receiver: &Receiver<Message<Piece>>,
    stop: &AtomicBool,
) -> std::result::Result<Message<Piece>, Failure> {
    loop {
        stopped(stop)?;
        match receiver.recv_timeout(LOOK) {
            Ok(message) => return Ok(message),
            Err(RecvTimeoutError::Timeout) => {}
            // Before the end a worker only goes when something is wrong with senti.
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Failure::Output(io::Error::other(
                    "a thread that answers ended too early",
                )));
            }
        }
    }
}

/// An error where somebody wants to stop.
pub(super) fn stopped(stop: &AtomicBool) -> Result<()> {
    match stop.load(Ordering::Relaxed) {
        true => Err(Error::Interrupted),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use senti::demo::{LABELED, UNLABELED};
    use senti::model::{Model, Ready, Settings as ModelSettings, Thresholds};
    use senti::text::LabeledSet;
    use senti::text::stopwords::StopWords;
    use senti::vectors::WordVectors;
    use senti::vectors::corpus::CorpusReader;
    use senti::vectors::skipgram::{self, Settings};

    use super::super::answer::Answerer;
    use super::super::columns::Columns;
    use super::super::names::Names;
    use super::super::rendering::{Content, Form};
    use super::super::shape::Shape;
    use super::*;

    fn rendering() -> Arc<Rendering> {
        let mut reader = CorpusReader::new();
        for sentence in UNLABELED.lines() {
            reader.add(sentence).unwrap();
        }
        let settings = Settings {
            epochs: 5,
            ..Settings::for_tokens(reader.tokens_without(&StopWords::none()))
        };
        let corpus = reader
            .settle(&StopWords::none(), settings.min_count)
            .unwrap();
        let go_on = |_: &skipgram::Progress| std::ops::ControlFlow::Continue(());
        let trained = skipgram::train(&corpus, &settings, &go_on).unwrap();
        let vectors =
            WordVectors::new(corpus.vocabulary.words, trained.rows, settings.dims).unwrap();
        let labelled = LabeledSet::parse("labeled.tsv", LABELED).unwrap();
        let (model, _) = Model::train(vectors, &labelled, &ModelSettings::default()).unwrap();
        Arc::new(Rendering {
            answerer: Answerer::new(
                Ready::Whole(Box::new(model)),
                None,
                Thresholds::default(),
                0,
            ),
            form: Form::Jsonl,
            shape: Shape::Lines,
            columns: Arc::new(Columns::new(Shape::Lines.columns())),
            names: Names::new("", 0, false, true),
            explain: false,
        })
    }

    fn answers(texts: &[String], rendering: &Arc<Rendering>, threads: Option<usize>) -> String {
        let mut all = String::new();
        let inputs = Inputs::texts(texts.to_vec());
        let go_on = AtomicBool::new(false);
        let mut take = |piece: Piece| {
            match &piece.content {
                Content::Text(text) => all.push_str(text),
                #[cfg(feature = "parquet")]
                Content::Rows(_) => {}
            }
            Ok(())
        };
        answer(inputs, rendering, threads, &go_on, &mut take).unwrap();
        all
    }

    #[test]
    fn any_number_of_threads_answers_as_one_text_at_a_time() {
        let rendering = rendering();
        let texts = proptest::collection::vec("(great|dull|a|film|zxcvb| |\n){0,9}", 0..900);
        let cases = ProptestConfig::with_cases(20);
        proptest::test_runner::TestRunner::new(cases)
            .run(&(texts, 1_usize..6), |(texts, threads)| {
                let one_by_one: String = texts
                    .iter()
                    .map(|text| answers(std::slice::from_ref(text), &rendering, None))
                    .collect();
                prop_assert_eq!(&answers(&texts, &rendering, None), &one_by_one);
                prop_assert_eq!(&answers(&texts, &rendering, Some(threads)), &one_by_one);
                Ok(())
            })
            .unwrap();
    }

    #[test]
    fn who_wants_to_stop_is_heard_and_what_fails_ends_it() {
        let rendering = rendering();
        let texts = || Inputs::texts(vec!["great".to_owned(); 5000]);
        for threads in [None, Some(1), Some(3)] {
            let stop = AtomicBool::new(true);
            let stopped = answer(texts(), &rendering, threads, &stop, &mut |_| Ok(()));
            assert!(matches!(stopped, Err(Failure::Error(Error::Interrupted))));
            let go_on = AtomicBool::new(false);
            let mut pieces = 0;
            let failed = answer(texts(), &rendering, threads, &go_on, &mut |_| {
                pieces += 1;
                Err(Failure::ClosedPipe)
            });
            assert!(matches!(failed, Err(Failure::ClosedPipe)));
            assert_eq!(pieces, 1);
        }
    }
}
