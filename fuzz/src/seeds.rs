//! What mutation begins with.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use senti::vectors::skipgram::{Keeper, train_kept};

use crate::targets::training;

fn of_project(name: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::fs::read(root.join(name)).expect("a file of the project")
}

fn stored(ending: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/stored");
    let entries = std::fs::read_dir(folder).expect("the stored files");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files.retain(|file| file.extension().is_some_and(|found| found == ending));
    files
        .iter()
        .map(|file| std::fs::read(file).expect("a stored file"))
        .collect()
}

/// Models of every format.
pub fn models() -> Vec<Vec<u8>> {
    stored("senti")
}

/// Vectors with and without n-grams and a direction of sentiment.
pub fn fifu() -> Vec<Vec<u8>> {
    stored("fifu")
}

fn owned(texts: &[&[u8]]) -> Vec<Vec<u8>> {
    texts.iter().map(|text| text.to_vec()).collect()
}

/// With a first line that counts.
pub fn word2vec_text() -> Vec<Vec<u8>> {
    owned(&[
        b"3 2\ngood 0.25 -1.5\nbad -1 2e-3\nfilm 0.1 0.2\n",
        b"2 3\r\n</s> 1 2 3 \r\nw\xc3\xb6rd 0.5 0 1 \r\n",
        b"1 1\na 1",
    ])
}

/// Values as bytes.
pub fn word2vec_binary() -> Vec<Vec<u8>> {
    let file = |row_end: &str| {
        let mut bytes = b"3 2\n".to_vec();
        for (word, row) in [
            ("good", [0.25f32, -1.5]),
            ("b\u{e4}d", [-1.0, 2e-3]),
            ("film", [0.1, 0.2]),
        ] {
            bytes.extend(word.as_bytes());
            bytes.push(b' ');
            bytes.extend(row.iter().flat_map(|value| value.to_le_bytes()));
            bytes.extend(row_end.as_bytes());
        }
        bytes
    };
    vec![file(""), file("\n")]
}

/// Without a first line that counts.
pub fn glove() -> Vec<Vec<u8>> {
    owned(&[
        b"good 0.25 -1.5\nbad -1 2e-3\nfilm 0.1 0.2\n",
        b". . . 1 2 3\n, 4 5 6\n2008 7 8 9\n",
    ])
}

/// All formats and encodings, behind the byte that asks for columns.
pub fn labels() -> Vec<Vec<u8>> {
    let texts = [
        "positive\tIt was great, really\nnegative\tdull\n",
        "text\tlabel\tweight\nIt was great\tpositive\t2\ndull\tnegative\t0.5\n",
        "label,text\npositive,\"It was \"\"great\"\", really\"\nnegative,\"dull\nand long\"\n",
        "good;Tasty, crispy bread\r\nbad;Cold rolls\r\n\r\ngood;nice\r\n",
        "{\"label\":\"positive\",\"text\":\"It was great\",\"weight\":1.5}\n{\"text\":\"dull\",\"label\":0}\n",
        "__label__positive It was great\n__label__negative dull\n",
        "It was long, dull and, in the end, sad.\nI liked it a lot.\n",
    ];
    let mut seeds: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    seeds.push(wide(
        "\u{feff}positive\tgro\u{df} \u{1f600}\nnegative\tdull\n",
    ));
    seeds.push("\u{feff}a\tone\nb\ttwo\n".as_bytes().to_vec());
    let asked = [0, 1, 8, 10, 17, 24];
    let seeds = seeds.iter().enumerate();
    seeds
        .map(|(at, seed)| [&[asked[at % asked.len()]], &seed[..]].concat())
        .collect()
}

/// Plain and packed, several members and frames.
pub fn corpus() -> Vec<Vec<u8>> {
    let text = of_project("corpus/unlabeled.txt");
    let text = &text[..text.len().min(600)];
    let gzip = |text: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).expect("memory");
        encoder.finish().expect("memory")
    };
    let zstd = |text: &[u8]| compress_to_vec(text, CompressionLevel::Fastest);
    let wide: Vec<u8> = "\u{feff}good film\nbad film \u{1f600}\n"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    vec![
        text.to_vec(),
        "\u{feff}Das war sch\u{f6}n.\r\n这个电影很好\r\n\n한국어 문장\n"
            .as_bytes()
            .to_vec(),
        gzip(text),
        [gzip(b"good film\n"), gzip(b"bad film\n"), vec![0; 9]].concat(),
        gzip(&wide),
        zstd(text),
        [
            zstd(b"good film\n"),
            b"\x50\x2a\x4d\x18\x02\0\0\0xx".to_vec(),
            zstd(b"bad film\n"),
        ]
        .concat(),
        wide,
    ]
}

/// Trainings that were interrupted early and late.
pub fn checkpoints() -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("checkpoint");
    let (corpus, settings, texts) = training();
    let interrupted = |calls: usize| {
        let seen = std::sync::atomic::AtomicUsize::new(0);
        let observer =
            |_: &_| match seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed) >= calls {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            };
        let keeper = Keeper {
            file: &file,
            texts,
            due: &|| false,
            kept: &|_| (),
        };
        drop(train_kept(corpus, settings, &observer, &keeper, None));
        std::fs::read(&file).expect("a checkpoint")
    };
    vec![interrupted(0), interrupted(1)]
}
