//! `senti classify`: what it reads, what it writes, and how much at once.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use common::{Run, Sandbox, objects};
use serde_json::Value;

const TEXTS: [&str; 4] = [
    "It was great",
    "really, stupid",
    "zxcvb",
    "a \"wonderful\" film",
];

/// The labels and probabilities of texts, as the objects of plain lines have them.
fn expected(sandbox: &Sandbox, texts: &[&str]) -> Vec<(String, f64)> {
    let arguments = [&["classify", "-q", "--json", "--"], texts].concat();
    objects(&sandbox.run(&arguments).exits(0).stdout)
        .iter()
        .map(answer)
        .collect()
}

fn answer(object: &Value) -> (String, f64) {
    (
        object["label"].as_str().unwrap().to_owned(),
        object["probability"].as_f64().unwrap(),
    )
}

fn rows(stdout: &str) -> Vec<Vec<&str>> {
    stdout
        .lines()
        .map(|line| line.split('\t').collect())
        .collect()
}

#[test]
fn the_name_of_the_output_says_its_form() {
    let sandbox = Sandbox::trained();
    sandbox.write("texts.txt", TEXTS.join("\n"));
    for (name, begins) in [
        ("out.jsonl", "{\"label\":"),
        ("out.TSV", "text\tlabel\tprobability"),
        ("out.csv", "text,label,probability"),
        ("out.txt", "positive\t"),
        ("out", "positive\t"),
    ] {
        sandbox
            .run(&["classify", "-f", "texts.txt", "-o", name])
            .exits(0);
        let written = String::from_utf8(sandbox.read(name)).unwrap();
        assert!(written.starts_with(begins), "{name}: {written}");
    }
    let told = ["classify", "-f", "texts.txt", "-o", "b.csv", "--to", "tsv"];
    sandbox.run(&told).exits(0);
    assert!(sandbox.read("b.csv").starts_with(b"text\t"));
    for packed in ["out.jsonl.gz", "out.tsv.zst"] {
        let run = sandbox.run(&["classify", "-f", "texts.txt", "-o", packed]);
        run.exits(2).says(&["--output", "uncompressed"]);
    }
}

#[cfg(unix)]
#[test]
fn a_model_may_come_from_a_pipe() {
    let sandbox = Sandbox::trained();
    let made = Command::new("mkfifo").arg(sandbox.path("pipe")).status();
    assert!(made.unwrap().success());
    let (pipe, bytes) = (sandbox.path("pipe"), sandbox.read("model.senti"));
    let writer = std::thread::spawn(move || std::fs::write(pipe, bytes));
    let arguments = ["classify", "-q", "--model", "pipe", "It was great"];
    let run = sandbox.run(&arguments).exits(0);
    assert_eq!(run.stdout, "positive\t0.97\tIt was great\n");
    writer.join().unwrap().unwrap();
}

#[test]
fn tables_keep_their_columns_and_get_answers() {
    let sandbox = Sandbox::trained();
    let answers = expected(&sandbox, &TEXTS);
    let tsv: String = TEXTS
        .iter()
        .enumerate()
        .map(|(at, text)| format!("{at}\t{text}\t\n"))
        .collect();
    sandbox.write("reviews.tsv", format!("id\tReview\tnote\n{tsv}"));
    let run = sandbox.run(&["classify", "-f", "reviews.tsv"]).exits(0);
    assert!(
        run.stderr.contains("TSV, text in column \"Review\""),
        "{run:#?}"
    );
    let rows = rows(&run.stdout);
    assert_eq!(
        rows[0],
        ["id", "Review", "note", "label", "probability", "error"]
    );
    for ((row, text), (label, probability)) in rows[1..].iter().zip(TEXTS).zip(&answers) {
        assert_eq!(
            (row[1], row[2], row[3], row[5]),
            (text, "", label.as_str(), "")
        );
        assert_eq!(row[4].parse::<f64>().unwrap(), *probability);
    }
    assert_eq!(rows.len(), 5);

    // What stands there already stays as it is, byte for byte.
    let csv = "id;text\n1;It was great\n\"2\";\"really,\nstupid; \"\"yes\"\"\"\n";
    sandbox.write("reviews.csv", csv);
    let run = sandbox
        .run(&["classify", "-q", "-f", "reviews.csv"])
        .exits(0);
    let (_, probability) = &answers[0];
    assert!(
        run.stdout.starts_with(&format!(
            "id;text;label;probability;error\n1;It was great;positive;{probability};\n\"2\";\"really,\nstupid; \"\"yes\"\"\";negative;"
        )),
        "{run:#?}"
    );

    let jsonl = "{\"n\": 1.50, \"text\": \"It was great\"}\n\n{\"text\":\"zxcvb\",\"n\":[ 1 ]}\n";
    let run = sandbox.pipe(&["classify"], jsonl).exits(0);
    assert_eq!(
        run.stdout.lines().next().unwrap(),
        format!(
            "{{\"n\": 1.50, \"text\": \"It was great\",\"label\":\"positive\",\"probability\":{probability}}}"
        )
    );
    let found = objects(&run.stdout);
    assert_eq!((found.len(), &found[1]["label"]), (2, &"undecided".into()));
    assert!(
        run.stderr.contains("standard input: JSON lines"),
        "{run:#?}"
    );
}

#[test]
fn columns_are_named_and_numbered() {
    let sandbox = Sandbox::trained();
    let header = "Nr,Meinung\n1,It was great\n";
    let rows = "1,It was great\n2,really stupid\n";
    for (options, input, first) in [
        (
            &["--text-column", "Meinung"][..],
            header,
            "Nr,Meinung,label",
        ),
        (
            &["--field", "2", "--from", "csv"],
            header,
            "Nr,Meinung,label",
        ),
        (
            &["--no-header", "--text-column", "2", "--from", "csv"],
            rows,
            "1,It was great,positive,",
        ),
    ] {
        let arguments = [&["classify"], options].concat();
        let run = sandbox.pipe(&arguments, input).exits(0);
        assert!(run.stdout.starts_with(first), "{run:#?}");
    }
    let json = "{\"m\":\"great\"}\n";
    let run = sandbox.pipe(&["classify", "--field", "m"], json).exits(0);
    assert!(
        run.stdout.starts_with("{\"m\":\"great\",\"label\":"),
        "{run:#?}"
    );

    sandbox.write("a.csv", header);
    let csv = ["classify", "-f", "a.csv"];
    sandbox
        .run(&csv)
        .exits(3)
        .says(&["Nr, Meinung", "--text-column", "--from lines"]);
    let with = |options: &[&str]| sandbox.run(&[&csv[..], options].concat());
    with(&["--text-column", "Note"])
        .exits(2)
        .says(&["1 to 2", "Nr, Meinung"]);
    with(&["--text-column", "3"]).exits(2);
    with(&["--no-header"]).exits(2).says(&["--text-column"]);
    with(&["--from", "lines", "--text-column", "2"]).exits(2);
    assert_eq!(
        with(&["--from", "lines"]).exits(0).stdout.lines().count(),
        2
    );
    sandbox.write("empty.csv", "");
    sandbox
        .run(&["classify", "-f", "empty.csv"])
        .exits(3)
        .says(&["an empty file"]);
    sandbox.write("array.jsonl", "[{\"text\":\"a\"}]\n");
    sandbox
        .run(&["classify", "-f", "array.jsonl"])
        .exits(3)
        .says(&["a JSON array", "jq"]);
}

/// What is not clearly a table is lines, as it always was.
#[test]
fn lines_stay_lines() {
    let sandbox = Sandbox::trained();
    for input in [
        "positive\tIt was great\n",
        "text\n",
        "Good text, bad film\n",
        "{great}\n",
    ] {
        let run = sandbox.pipe(&["classify"], input).exits(0);
        assert_eq!(run.stderr, "using model.senti\n");
        let line = run
            .stdout
            .split_once('\t')
            .unwrap()
            .1
            .split_once('\t')
            .unwrap()
            .1;
        assert_eq!(line, input.replacen('\t', "\\t", 1));
    }
}

#[test]
fn every_form_holds_the_same_answers() {
    let sandbox = Sandbox::trained();
    let answers = expected(&sandbox, &TEXTS);
    let input = TEXTS.join("\n");
    let form = |to: &str| {
        sandbox
            .pipe(&["classify", "-q", "--to", to], &input)
            .exits(0)
            .stdout
    };
    let tsv = form("tsv");
    let rows = rows(&tsv);
    assert_eq!(rows[0], ["text", "label", "probability", "error"]);
    let found: Vec<(&str, &str)> = rows[1..].iter().map(|row| (row[0], row[1])).collect();
    let wanted: Vec<(&str, &str)> = TEXTS
        .iter()
        .zip(&answers)
        .map(|(text, (label, _))| (*text, label.as_str()))
        .collect();
    assert_eq!(found, wanted);
    let jsonl = form("jsonl");
    assert_eq!(
        objects(&jsonl).iter().map(answer).collect::<Vec<_>>(),
        answers
    );
    assert_eq!(
        jsonl,
        sandbox.pipe(&["classify", "-q", "--json"], &input).stdout
    );
    assert_eq!(
        form("text"),
        sandbox.pipe(&["classify", "-q"], &input).stdout
    );

    // From a table to lines of text, to another table, to objects and back.
    sandbox.write("lines.csv", form("csv"));
    let from = |to: &str| {
        let again = [
            "classify",
            "-q",
            "-f",
            "lines.csv",
            "--prefix",
            "2",
            "--to",
            to,
        ];
        sandbox.run(&again).exits(0).stdout
    };
    assert_eq!(from("text"), form("text"));
    assert!(
        from("tsv").starts_with("text\tlabel\tprobability\terror\t2label\t2probability\t2error\n")
    );
    let again = objects(&from("jsonl"));
    for ((object, text), (label, probability)) in again.iter().zip(TEXTS).zip(&answers) {
        assert_eq!(
            (&object["text"], &object["label"]),
            (&text.into(), &label.as_str().into())
        );
        assert_eq!(object["2probability"], *probability);
        assert_eq!(object["probability"], probability.to_string());
    }
}

#[test]
fn objects_become_rows() {
    let sandbox = Sandbox::trained();
    let answers = expected(&sandbox, &["It was great", "really, stupid"]);
    sandbox.write(
        "a.jsonl",
        "{\"id\": 1.50, \"text\": \"It was great\"}\n{broken\n{\"id\": 2}\n",
    );
    let more = "{\"tags\": [\"a\", null], \"text\": \"really, stupid\", \"id\": null}\n";
    sandbox.write("b.jsonl", more);
    let files = ["classify", "-q", "-f", "a.jsonl", "-f", "b.jsonl"];
    let to = |form: &str| {
        sandbox
            .run(&[&files[..], &["--to", form]].concat())
            .exits(3)
    };
    let tsv = to("tsv").stdout;
    let found = rows(&tsv);
    assert_eq!(
        found[0],
        ["id", "text", "tags", "label", "probability", "error"]
    );
    assert_eq!(found[1][..4], ["1.50", "It was great", "", &answers[0].0]);
    assert_eq!(found[1][4], answers[0].1.to_string());
    assert_eq!(found[2][..5], [""; 5]);
    assert!(found[2][5].contains("broken JSON"), "{found:?}");
    assert_eq!(found[3][..5], ["2", "", "", "", ""]);
    assert!(found[3][5].contains("no field"), "{found:?}");
    assert_eq!(
        found[4][..4],
        ["", "really, stupid", "[\"a\", null]", &answers[1].0]
    );
    let csv = to("csv").stdout;
    let row = csv.lines().last().unwrap();
    assert!(
        row.starts_with(",\"really, stupid\",\"[\"\"a\"\", null]\","),
        "{row}"
    );
    // Each of several machines has all columns.
    for shard in ["1/2", "2/2"] {
        let part = ["--to", "tsv", "--shard", shard, "-o", "parts"];
        sandbox.run(&[&files[..], &part].concat());
    }
    let part = |at: usize| sandbox.read(&format!("parts/part-0000{at}-of-00002.tsv"));
    assert_eq!([part(1), part(2)].concat(), tsv.as_bytes());

    sandbox.write(
        "clash.jsonl",
        "{\"text\":\"a\"}\n{\"label\":1,\"text\":\"b\"}\n",
    );
    let clash = ["classify", "-f", "clash.jsonl", "--to", "csv"];
    sandbox
        .run(&clash)
        .exits(2)
        .says(&["\"label\"", "--prefix"]);
    sandbox
        .run(&[&clash[..], &["--prefix", "senti_"]].concat())
        .exits(0);
    // Which fields there are only its end tells.
    let arguments = ["classify", "--from", "jsonl", "--to", "csv"];
    sandbox
        .pipe(&arguments, more)
        .exits(2)
        .says(&["--to", "pipe", "--file"]);
    let many: String = (0..10_001)
        .map(|at| format!("{{\"text\":\"a\",\"{at}\":1}}\n"))
        .collect();
    sandbox.write("many.jsonl", many);
    sandbox
        .run(&["classify", "-f", "many.jsonl", "--to", "csv"])
        .exits(2)
        .says(&["very many names", "10000"]);
}

#[test]
fn the_most_probable_labels_are_listed() {
    let sandbox = Sandbox::trained();
    let with = |options: &[&str]| {
        let arguments = [&["classify", "-q", "It was great", "--top"], options].concat();
        sandbox.run(&arguments)
    };
    assert_eq!(
        with(&["2"]).exits(0).stdout,
        "positive\t0.97\tIt was great\n  0.97  positive\n  0.03  negative\n"
    );
    let object = &objects(&with(&["9", "--json"]).exits(0).stdout)[0];
    let top: Vec<_> = object["top"]
        .as_array()
        .unwrap()
        .iter()
        .map(answer)
        .collect();
    assert_eq!(top.len(), 2);
    assert_eq!(top[0], answer(object));
    assert!((top[0].1 + top[1].1 - 1.0).abs() < 1e-9);
    // What is withheld is listed all the same.
    let withheld = with(&["1", "--to", "tsv", "--threshold", "0.99"])
        .exits(0)
        .stdout;
    let rows = rows(&withheld);
    assert_eq!(
        rows[0],
        [
            "text",
            "label",
            "probability",
            "label_1",
            "probability_1",
            "error"
        ]
    );
    assert_eq!(
        (rows[1][1], rows[1][3], rows[1][2]),
        ("undecided", "positive", rows[1][4])
    );
    let table = "{\"text\":\"It was great\"}\n";
    let run = sandbox.pipe(&["classify", "--top", "1"], table).exits(0);
    assert_eq!(objects(&run.stdout)[0]["top"][0]["label"], "positive");
    with(&["0"]).exits(2).says(&["--top", "1 or more"]);
}

#[test]
fn explanations_are_columns_too() {
    let sandbox = Sandbox::trained();
    let text = "It was really stupid";
    let plain = sandbox
        .run(&["classify", "--json", "--explain", text])
        .exits(0);
    let plain = &objects(&plain.stdout)[0]["explanation"];
    let run = sandbox.pipe(
        &["classify", "--explain"],
        format!("{{\"text\":\"{text}\"}}\n"),
    );
    assert_eq!(objects(&run.exits(0).stdout)[0]["explanation"], *plain);
    let run = sandbox
        .run(&["classify", "--explain", "--to", "tsv", text])
        .exits(0);
    let cell: Value = serde_json::from_str(rows(&run.stdout)[1][3]).unwrap();
    assert_eq!(cell, *plain);
}

#[test]
fn names_that_clash_are_refused() {
    let sandbox = Sandbox::trained();
    let table = "label\ttext\nx\tIt was great\n";
    sandbox
        .pipe(&["classify"], table)
        .exits(2)
        .says(&["\"label\"", "--prefix"]);
    let run = sandbox
        .pipe(&["classify", "--prefix", "senti_"], table)
        .exits(0);
    assert!(
        run.stdout
            .starts_with("label\ttext\tsenti_label\tsenti_probability\tsenti_error\nx\t")
    );
    let json = "{\"text\":\"great\",\"probability\":1}\n";
    sandbox
        .pipe(&["classify"], json)
        .exits(2)
        .says(&["\"probability\"", "--prefix"]);
    sandbox.pipe(&["classify", "--to", "text"], json).exits(0);
    // Later on it is a matter of one record.
    let later = format!("{{\"text\":\"great\"}}\n{json}{{\"text\":\"great\"}}\n");
    let run = sandbox.pipe(&["classify"], later).exits(3);
    assert_eq!(objects(&run.stdout).len(), 3);
}

#[test]
fn what_cannot_be_read_is_told_in_its_place() {
    let sandbox = Sandbox::trained();
    let long = "a".repeat(17 << 20);
    let lines = [
        b"It was great\nbro\xffken\n",
        long.as_bytes(),
        b"\nn\0l\nreally stupid\n",
    ]
    .concat();
    let unreadable = [
        "3 of 5 records",
        "standard input, line 2, byte 16",
        "0xFF",
        "hint:",
    ];
    let run = sandbox
        .pipe(&["classify"], &lines)
        .exits(3)
        .says(&unreadable);
    let found = rows(&run.stdout);
    assert_eq!(found.len(), 5);
    for (at, what) in [(1, "line 2"), (2, "more than 16777216 bytes"), (3, "NUL")] {
        assert_eq!(found[at][..2], ["", ""]);
        assert!(found[at][2].contains(what), "{:?}", found[at]);
    }
    assert_eq!((found[0][0], found[4][0]), ("positive", "negative"));
    let run = sandbox
        .pipe(&["classify", "--json", "--threads", "2"], &lines)
        .exits(3);
    let found = objects(&run.says(&unreadable).stdout);
    assert_eq!(found[1]["line"], 2);
    assert!(found[1]["error"].as_str().unwrap().contains("0xFF"));
    assert_eq!((found.len(), &found[4]["label"]), (5, &"negative".into()));

    let early = sandbox.pipe(&["classify"], b"great\nn\0l\ndull\n").exits(3);
    assert_eq!(rows(&early.stdout).len(), 3);
    let all = sandbox
        .pipe(&["classify"], b"one\0two\nthree\0four\nfive\n")
        .exits(3);
    assert!(all.says(&["binary data"]).stdout.is_empty());

    let run = sandbox
        .pipe(&["classify", "--strict"], &lines)
        .exits(3)
        .says(&["line 2"]);
    assert_eq!(run.stdout, "positive\t0.97\tIt was great\n");
    assert!(!run.stderr.contains("records"), "{run:#?}");

    let tsv = b"id\ttext\n1\tIt was great\n2\n3\tgreat\tfilm\n\xff\n5\treally stupid\n";
    let run = sandbox
        .pipe(&["classify"], tsv)
        .exits(3)
        .says(&["3 of 5 records", "line 3"]);
    let found = rows(&run.stdout);
    assert!(found.iter().all(|row| row.len() == 5), "{run:#?}");
    assert_eq!(found[2][..4], ["2", "", "", ""]);
    assert!(found[2][4].contains("1 cell"), "{run:#?}");
    assert_eq!(found[3][..4], ["3", "great", "", ""]);
    assert_eq!(found[4][..4], ["\u{fffd}", "", "", ""]);
    assert_eq!((found[1][2], found[5][2]), ("positive", "negative"));
    let run = sandbox
        .pipe(&["classify", "--strict"], tsv)
        .exits(3)
        .says(&["line 3", "1 cell"]);
    assert!(
        run.stdout.starts_with("id\ttext\tlabel\tprobability\n1\t"),
        "{run:#?}"
    );
    assert_eq!(run.stdout.lines().count(), 2);

    let json = "{\"text\":\"great\"}\n{broken\n{\"id\":7}\n{\"text\":\"great\"}\n";
    let run = sandbox
        .pipe(&["classify"], json)
        .exits(3)
        .says(&["2 of 4", "line 2", "broken JSON"]);
    let found = objects(&run.stdout);
    assert_eq!((&found[1]["line"], &found[2]["id"]), (&2.into(), &7.into()));
    assert!(
        found[2]["error"]
            .as_str()
            .unwrap()
            .contains("no field for the text")
    );
    assert!(found[3]["label"].is_string());
}

/// Of a record that is not answered, all that can be read is handed on.
#[test]
fn bad_records_keep_their_other_cells() {
    let sandbox = Sandbox::trained();
    let csv = b"id,text,note\n1,It was great,a\n2,br\xffken,b\n3,\"never closed,c\n4,n\0l,d\n5\n";
    let run = sandbox.pipe(&["classify", "--from", "csv"], csv).exits(3);
    for (line, kept) in run.stdout.lines().skip(2).zip([
        "2,br\u{fffd}ken,b,,,",
        "3,\"never closed,c\",,,,",
        "4,n\u{fffd}l,d,,,",
        "5,,,,,",
    ]) {
        assert!(line.starts_with(kept), "{run:#?}");
    }
    assert_eq!(run.stdout.lines().count(), 6);
    let run = sandbox
        .pipe(&["classify", "--from", "csv", "--to", "jsonl"], csv)
        .exits(3);
    let found = objects(&run.stdout);
    for (object, id) in found[1..].iter().zip(["2", "3", "4", "5"]) {
        assert_eq!(object["id"], id);
        assert!(object["error"].is_string() && object["label"].is_null());
    }
    assert_eq!((found.len(), &found[1]["note"]), (5, &"b".into()));

    let json = b"{\"id\":1,\"text\":\"great\"}\n{\"id\":2,\"text\":\"br\xffken\"}\n";
    let run = sandbox.pipe(&["classify"], json).exits(3);
    let found = &objects(&run.stdout)[1];
    assert_eq!((&found["id"], &found["label"]), (&2.into(), &Value::Null));
    assert!(found["error"].as_str().unwrap().contains("0xFF"));
}

/// Damage behind which nothing can be read ends the work; what came before is answered.
#[test]
fn damage_ends_the_work() {
    let sandbox = Sandbox::trained();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(b"text\tid\nIt was great\t1\n").unwrap();
    let whole = encoder.finish().unwrap();
    sandbox.write("a.tsv.gz", &whole);
    let run = sandbox.run(&["classify", "-f", "a.tsv.gz"]).exits(0);
    assert!(run.stdout.contains("\tpositive\t"), "{run:#?}");
    sandbox.write("cut.tsv.gz", &whole[..whole.len() - 4]);
    let cut = ["classify", "-f", "cut.tsv.gz", "--output", "out.tsv"];
    sandbox.run(&cut).exits(3).says(&["truncated"]);
    assert!(!sandbox.names().contains(&"out.tsv".to_owned()));
    assert!(
        sandbox
            .names()
            .iter()
            .all(|name| !name.starts_with(".senti-"))
    );
}

#[test]
fn several_files_are_one_input() {
    let sandbox = Sandbox::trained();
    sandbox.write("1.tsv", "id\ttext\n1\tIt was great\n");
    sandbox.write("2.tsv", "id\ttext\n2\treally stupid\n");
    sandbox.write("3.tsv", "text\tid\ngreat\t3\n");
    sandbox.write("4.txt", "great\n");
    let run = sandbox
        .run(&["classify", "-f", "1.tsv", "-f", "2.tsv"])
        .exits(0);
    let found = rows(&run.stdout);
    assert_eq!((found.len(), found[1][0], found[2][0]), (3, "1", "2"));
    for other in ["3.tsv", "4.txt"] {
        let run = sandbox
            .run(&["classify", "-f", "1.tsv", "-f", "2.tsv", "-f", other])
            .exits(3);
        let run = run.says(&[other, "the same as in the first file", "hint:"]);
        // Before anything is answered.
        assert!(run.stdout.is_empty(), "{run:#?}");
    }
    std::fs::create_dir(sandbox.path("folder")).unwrap();
    for file in ["1.tsv", "2.tsv"] {
        std::fs::rename(sandbox.path(file), sandbox.path("folder").join(file)).unwrap();
    }
    let folder = sandbox.run(&["classify", "-f", "folder"]).exits(0);
    assert_eq!(folder.stdout, run.stdout);

    // Empty ones have no records, wherever they stand.
    for empty in ["0.csv", "1a.csv", "z.txt"] {
        sandbox.write(&format!("folder/{empty}"), "");
    }
    sandbox.write("folder/blank.tsv", "\n\n");
    let folder = sandbox.run(&["classify", "-f", "folder"]).exits(0);
    assert_eq!(folder.stdout, run.stdout);
    folder.says(&[
        "empty, without records: folder/0.csv",
        "folder/1a.csv",
        "folder/blank.tsv",
        "folder/z.txt",
        "6 files: TSV",
    ]);
    let empty = sandbox
        .run(&["classify", "-f", "folder/0.csv", "-f", "folder/1a.csv"])
        .exits(3);
    empty.says(&["folder/0.csv", "an empty file", "names of its columns"]);
    sandbox
        .pipe(
            &["classify", "-f", "folder/0.csv", "-f", "-"],
            "text,n\ngreat,1\n",
        )
        .exits(0)
        .says(&["folder/0.csv"]);
}

#[test]
fn outputs_are_whole_or_not_there() {
    let sandbox = Sandbox::trained();
    sandbox.write("texts.txt", "It was great\nreally stupid\n");
    let printed = sandbox
        .run(&["classify", "-f", "texts.txt", "--explain"])
        .exits(0)
        .stdout;
    let coloured = [
        "classify",
        "-f",
        "texts.txt",
        "--explain",
        "--color",
        "always",
        "-o",
        "out",
    ];
    let run = sandbox
        .run(&coloured)
        .exits(0)
        .says(&["wrote out: 2 records"]);
    assert_eq!(run.stdout, "");
    assert_eq!(sandbox.read("out"), printed.as_bytes());
    for output in ["texts.txt", "model.senti", "corpus", "missing/out"] {
        let run = sandbox.run(&["classify", "-f", "texts.txt", "-o", output]);
        assert!(matches!(run.code, Some(2 | 5)), "{run:#?}");
    }
    assert_eq!(sandbox.read("texts.txt"), b"It was great\nreally stupid\n");
    // One that cannot be finished changes nothing.
    let bad = sandbox
        .pipe(&["classify", "--strict", "-o", "out"], b"\xff\n")
        .exits(3);
    assert!(bad.stdout.is_empty());
    assert_eq!(sandbox.read("out"), printed.as_bytes());
    // Records that cannot be read do not stand in the way of the others.
    sandbox
        .pipe(&["classify", "-o", "out"], b"great\n\xff\n")
        .exits(3)
        .says(&["1 of 2 records"]);
    assert!(sandbox.read("out").starts_with(b"positive\t"));
}

/// A corpus of lines and tables in which some records are bad.
fn many(sandbox: &Sandbox) {
    let words = [
        "great",
        "stupid",
        "film",
        "zxcvb",
        "was",
        "wonderful",
        "\"",
        "a,b",
    ];
    let mut lines = Vec::new();
    let mut csv = b"id,text\n".to_vec();
    for at in 0..2000_usize {
        let text: Vec<&str> = (0..at % 7)
            .map(|n| words[(at * 7 + n * n) % words.len()])
            .collect();
        let text = text.join(" ");
        let bad = at % 97 == 5;
        lines.extend_from_slice(if bad { b"\xff" } else { text.as_bytes() });
        lines.push(b'\n');
        let quoted = text.replace('"', "\"\"");
        let row = match (bad, at % 3) {
            (true, _) => format!("{at}\n"),
            (false, 0) => format!("{at},\"{quoted}\n\"\n"),
            (false, _) => format!("{at},\"{quoted}\"\r\n"),
        };
        csv.extend_from_slice(row.as_bytes());
    }
    sandbox.write("many.txt", lines);
    sandbox.write("many.csv", csv);
}

#[test]
fn any_number_of_threads_gives_the_same() {
    let sandbox = Sandbox::trained();
    many(&sandbox);
    for file in ["many.txt", "many.csv"] {
        let run = |threads: &str| -> Run {
            sandbox
                .run(&["classify", "-f", file, "--threads", threads])
                .exits(3)
        };
        let one = run("1");
        assert!(one.stderr.contains("21 of 2,000 records"), "{}", one.stderr);
        for threads in ["2", "3", "7"] {
            let more = run(threads);
            assert!(more.stdout == one.stdout, "{file}, {threads} threads");
            assert_eq!(more.stderr, one.stderr);
        }
    }
    for threads in ["0", "1025"] {
        sandbox
            .run(&["classify", "great", "--threads", threads])
            .exits(2)
            .says(&["--threads"]);
    }
}

#[test]
fn shards_make_up_the_whole() {
    let sandbox = Sandbox::trained();
    many(&sandbox);
    std::fs::create_dir(sandbox.path("parts")).unwrap();
    for (file, of) in [("many.txt", 3), ("many.csv", 7), ("many.csv", 1)] {
        let whole = sandbox.run(&["classify", "-f", file]).exits(3).stdout;
        let mut union = Vec::new();
        for number in 1..=of {
            let shard = format!("{number}/{of}");
            let output = format!("parts/{file}-{number}-{of}");
            sandbox
                .run(&["classify", "-f", file, "--shard", &shard, "-o", &output])
                .exits(3)
                .says(&["could not be read", "wrote parts/"]);
            union.extend(sandbox.read(&output));
        }
        assert!(union == whole.as_bytes(), "{file}, {of}");
    }
}

/// At once, as on several machines, and nobody made the folder before.
#[test]
fn shards_share_a_folder_that_is_not_there() {
    let sandbox = Sandbox::trained();
    let shard = |shard: &str| {
        let file = "corpus/unlabeled.txt";
        let arguments = [
            "classify",
            "-q",
            "-f",
            file,
            "--to",
            "tsv",
            "-o",
            "out/parts",
        ];
        sandbox
            .run(&[&arguments[..], &["--shard", shard]].concat())
            .exits(0);
    };
    let shard = &shard;
    std::thread::scope(|scope| {
        for name in ["1/3", "2/3", "3/3"] {
            scope.spawn(move || shard(name));
        }
    });
    let lines: usize = (1..4)
        .map(|part| sandbox.read(&format!("out/parts/part-{part:05}-of-00003.tsv")))
        .map(|part| part.iter().filter(|&&byte| byte == b'\n').count())
        .sum();
    assert_eq!(lines, 1 + 62);
}

#[test]
fn a_shard_is_done_once() {
    let sandbox = Sandbox::trained();
    sandbox.write("texts.tsv", "text\nIt was great\nreally stupid\na film\n");
    std::fs::create_dir(sandbox.path("parts")).unwrap();
    let shard = [
        "classify",
        "-f",
        "texts.tsv",
        "--shard",
        "2/2",
        "-o",
        "parts",
    ];
    let with = |options: &[&str]| sandbox.run(&[&shard[..], options].concat());
    let part = "parts/part-00002-of-00002.tsv";
    with(&[])
        .exits(0)
        .says(&["wrote parts/part-00002-of-00002.tsv: 2 records"]);
    let output = sandbox.read(part);
    assert!(output.starts_with(b"really stupid\t"), "{output:?}");
    let done = format!("{part}.done");
    let marker: Value = serde_json::from_slice(&sandbox.read(&done)).unwrap();
    assert_eq!(marker["output"]["bytes"], output.len());
    assert_eq!(marker["tally"]["records"], 2);
    assert_eq!(
        (&marker["job"]["first"], &marker["job"]["last"]),
        (&2.into(), &3.into())
    );

    with(&[]).exits(0).says(&["shard 2/2 is done", "--force"]);
    let again = with(&["--force"]).exits(0).says(&["wrote parts/"]);
    assert!(!again.stderr.contains("is done"), "{again:#?}");
    // Other options or inputs are another job.
    with(&["--top", "1"])
        .exits(2)
        .says(&["another job", "--force"]);
    assert_eq!(sandbox.read(part), output);
    // An output that is no longer what it was is not done.
    sandbox.write(part, "changed");
    with(&[]).exits(0).says(&["wrote parts/"]);
    assert_eq!(sandbox.read(part), output);
    sandbox.write(
        "texts.tsv",
        "text\nIt was great\nreally stupid\na film\nmore\n",
    );
    with(&[]).exits(2).says(&["another job"]);
    with(&["--force"]).exits(0);
    // What another machine cannot read is its own matter.
    sandbox.write("bad.txt", b"\xff\na\nb\nc\n");
    let strict = ["classify", "--strict", "-f", "bad.txt", "-o", "strict.txt"];
    let strict = |shard: &str| sandbox.run(&[&strict[..], &["--shard", shard]].concat());
    strict("2/2").exits(0);
    strict("1/2").exits(2).says(&["another job"]);
    std::fs::remove_file(sandbox.path("strict.txt.done")).unwrap();
    strict("1/2").exits(3).says(&["line 1", "0xFF"]);
    // A shard with records that cannot be read ends as it did.
    sandbox.write("texts.tsv", "text\na\nb\nc\td\n");
    with(&["--force"]).exits(3);
    with(&[])
        .exits(3)
        .says(&["is done", "1 of 2 records", "line 4"]);

    sandbox
        .run(&["classify", "--shard", "1/2", "-o", "out"])
        .exits(2)
        .says(&["read twice"]);
    sandbox
        .run(&["classify", "-f", "texts.tsv", "--shard", "1/2"])
        .exits(2)
        .says(&["--output"]);
    let missing = ["classify", "-f", "missing", "--shard", "1/2", "-o", "out"];
    sandbox.run(&missing).exits(5).says(&["cannot open"]);
    for wrong in ["0/2", "3/2", "2"] {
        let arguments = ["classify", "-f", "texts.tsv", "-o", "out", "--shard", wrong];
        sandbox.run(&arguments).exits(2).says(&["I/N"]);
    }
}

/// With threads, and with tables, a pipe that trickles gets each answer at once, too.
#[test]
fn answers_do_not_wait_for_more_text() {
    let sandbox = Sandbox::trained();
    for options in [&["--threads", "3"][..], &["--from", "csv", "--to", "jsonl"]] {
        let mut child = sandbox
            .command()
            .args([&["classify", "-q"], options].concat())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        if options.contains(&"csv") {
            writeln!(stdin, "text").unwrap();
        }
        for text in ["It was great", "It was really stupid", "zxcvb", "a film"] {
            writeln!(stdin, "{text}").unwrap();
            let mut answer = String::new();
            stdout.read_line(&mut answer).unwrap();
            assert!(answer.contains(text), "{answer:?}");
        }
        drop(stdin);
        assert!(child.wait().unwrap().success());
    }
}

#[cfg(unix)]
#[test]
fn an_interrupted_output_leaves_nothing() {
    let sandbox = Sandbox::trained();
    let before = sandbox.names();
    for threads in ["1", "2"] {
        let mut child = sandbox
            .command()
            .args(["classify", "-o", "out.txt", "--threads", threads])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        writeln!(stdin, "great").unwrap();
        // The temporary file comes after the handler is in place.
        let deadline = Instant::now() + Duration::from_secs(30);
        while sandbox.names().len() == before.len() {
            assert!(Instant::now() < deadline, "no output is begun");
            std::thread::sleep(Duration::from_millis(10));
        }
        let killed = Command::new("kill")
            .args(["-INT".to_owned(), child.id().to_string()])
            .status()
            .unwrap();
        assert!(killed.success());
        // The pipe stays open: nobody waits for a text that does not come.
        let output = child.wait_with_output().unwrap();
        drop(stdin);
        assert_eq!(output.status.code(), Some(130));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(
            stderr.contains("interrupted; what was there before"),
            "{stderr}"
        );
        assert_eq!(sandbox.names(), before);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_output_error_for_tables_too() {
    let sandbox = Sandbox::trained();
    for options in [&["--to", "tsv"][..], &["--json", "--threads", "2"]] {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = sandbox
            .command()
            .args([&["classify", "-f", "corpus/unlabeled.txt"], options].concat())
            .stdout(full)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(5));
    }
}

/// A Parquet file is named for what it is, with what it takes to read it.
#[cfg(not(feature = "parquet"))]
#[test]
fn parquet_is_known_though_it_is_not_read() {
    let sandbox = Sandbox::trained();
    sandbox.write("a.bin", b"PAR1\x15\x04\x15\0PAR1");
    sandbox
        .run(&["classify", "-f", "a.bin"])
        .exits(3)
        .says(&["a Parquet table", "--features parquet"]);
    sandbox
        .run(&["classify", "-f", "missing.parquet"])
        .exits(5)
        .says(&["cannot open"]);
    sandbox
        .run(&["classify", "great", "--to", "parquet", "-o", "out"])
        .exits(2)
        .says(&["built without Parquet", "--features parquet"]);
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_is_read_and_written() {
    let sandbox = Sandbox::trained();
    let answers = expected(&sandbox, &TEXTS);
    sandbox.write("lines.txt", TEXTS.join("\n"));
    let to = ["classify", "-f", "lines.txt", "--to", "parquet"];
    sandbox.run(&to).exits(2).says(&["--output"]);
    sandbox
        .run(&[&to[..], &["-o", "a.parquet"]].concat())
        .exits(0);
    let text = sandbox
        .run(&["classify", "-q", "-f", "a.parquet", "--to", "text"])
        .exits(0);
    let plain = sandbox.run(&["classify", "-q", "-f", "lines.txt"]).exits(0);
    assert_eq!(text.stdout, plain.stdout);
    sandbox
        .run(&["classify", "-f", "a.parquet", "-o", "b.parquet"])
        .exits(2)
        .says(&["\"label\"", "--prefix"]);
    let again = [
        "classify",
        "-f",
        "a.parquet",
        "--prefix",
        "2_",
        "--top",
        "1",
        "-o",
        "b.parquet",
    ];
    sandbox
        .run(&again)
        .exits(0)
        .says(&["Parquet, text in column \"text\""]);
    let (names, rows) = parquet_rows(&sandbox, "b.parquet");
    assert_eq!(
        names,
        [
            "text",
            "label",
            "probability",
            "error",
            "2_label",
            "2_probability",
            "2_label_1",
            "2_probability_1",
            "2_error"
        ]
    );
    for ((row, text), (label, _)) in rows.iter().zip(TEXTS).zip(&answers) {
        assert_eq!(row[0].as_deref(), Some(text));
        assert_eq!(
            (row[1].as_deref(), row[4].as_deref()),
            (Some(label.as_str()), Some(label.as_str()))
        );
        assert_eq!((row[3].as_deref(), row[8].as_deref()), (None, None));
    }
    // Rows without a text are told in their place.
    let column = [
        "--text-column",
        "error",
        "--prefix",
        "3_",
        "-o",
        "c.parquet",
    ];
    let run = sandbox.run(&[&["classify", "-f", "b.parquet"], &column[..]].concat());
    run.exits(3).says(&["4 of 4 records", "null"]);
    let (_, rows) = parquet_rows(&sandbox, "c.parquet");
    assert!(
        rows[3]
            .last()
            .unwrap()
            .as_deref()
            .unwrap()
            .contains("line 4"),
        "{rows:?}"
    );
    sandbox
        .run(&[
            "classify",
            "-f",
            "a.parquet",
            "--text-column",
            "probability",
            "--to",
            "text",
        ])
        .exits(3)
        .says(&["Float64", "a column of strings"]);
    // As text, in every form.
    let csv = [
        "classify",
        "-q",
        "-f",
        "b.parquet",
        "--prefix",
        "3_",
        "--to",
    ];
    let spelled = |form: &str| sandbox.run(&[&csv[..], &[form]].concat()).exits(0).stdout;
    let tsv = spelled("tsv");
    let found = self::rows(&tsv);
    assert_eq!(found[0][..3], ["text", "label", "probability"]);
    for ((row, text), (label, probability)) in found[1..].iter().zip(TEXTS).zip(&answers) {
        assert_eq!(row[..4], [text, label, &probability.to_string(), ""]);
        assert_eq!(row[9..12], [label, &probability.to_string(), ""]);
    }
    let last = spelled("csv");
    assert!(
        last.lines()
            .last()
            .unwrap()
            .starts_with("\"a \"\"wonderful\"\" film\","),
        "{last}"
    );
    let objects = objects(&spelled("jsonl"));
    assert_eq!(objects.len(), TEXTS.len());
    for ((object, text), (label, probability)) in objects.iter().zip(TEXTS).zip(&answers) {
        assert_eq!(object["text"], text);
        assert_eq!(object["probability"], *probability);
        assert_eq!(object["error"], Value::Null);
        assert_eq!(object["3_label"], label.as_str());
    }
    // Objects as rows.
    sandbox.write(
        "d.jsonl",
        "{\"text\":\"great\",\"n\":[1]}\n{\"text\":\"dull\"}\n",
    );
    sandbox
        .run(&["classify", "-f", "d.jsonl", "-o", "d.parquet"])
        .exits(0);
    let (names, rows) = parquet_rows(&sandbox, "d.parquet");
    assert_eq!(names[..2], ["text", "n"]);
    assert_eq!(rows[0][1].as_deref(), Some("[1]"));
    assert_eq!(rows[1][1], None);
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_has_shards_and_survives_damage() {
    let sandbox = Sandbox::trained();
    many(&sandbox);
    let whole = [
        "classify",
        "-f",
        "many.txt",
        "--to",
        "parquet",
        "-o",
        "many.parquet",
    ];
    sandbox.run(&whole).exits(3);
    let (_, rows) = parquet_rows(&sandbox, "many.parquet");
    assert_eq!(rows.len(), 2000);
    let mut union = Vec::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let output = format!("{}.parquet", &shard[..1]);
        let arguments = [
            "classify",
            "-f",
            "many.parquet",
            "--prefix",
            "s",
            "--threads",
            "2",
        ];
        sandbox
            .run(&[&arguments[..], &["--shard", shard, "-o", &output]].concat())
            .exits(3);
        union.extend(parquet_rows(&sandbox, &output).1);
    }
    assert_eq!(union.len(), 2000);
    // A folder of them is a table.
    std::fs::create_dir(sandbox.path("folder")).unwrap();
    for part in ["1.parquet", "2.parquet", "3.parquet"] {
        std::fs::rename(sandbox.path(part), sandbox.path("folder").join(part)).unwrap();
    }
    let folder = [
        "classify",
        "-f",
        "folder",
        "--prefix",
        "t",
        "-o",
        "all.parquet",
    ];
    sandbox.run(&folder).exits(3).says(&["3 files: Parquet"]);
    assert_eq!(parquet_rows(&sandbox, "all.parquet").1.len(), 2000);
    for (row, part) in rows.iter().zip(&union) {
        assert_eq!(row[..], part[..row.len()]);
        assert_eq!(row[1], part[row.len()]);
    }
    let bytes = sandbox.read("many.parquet");
    for cut in [0, 4, 8, bytes.len() / 2, bytes.len() - 1] {
        sandbox.write("cut.parquet", &bytes[..cut]);
        let run = sandbox.run(&[
            "classify",
            "-f",
            "cut.parquet",
            "--prefix",
            "s",
            "--to",
            "text",
        ]);
        run.exits(3).says(&["Parquet"]);
    }
    for at in (0..bytes.len()).step_by(bytes.len() / 150) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 0x55;
        sandbox.write("flipped.parquet", &flipped);
        let run = sandbox.run(&[
            "classify",
            "-f",
            "flipped.parquet",
            "--prefix",
            "s",
            "-o",
            "x.parquet",
        ]);
        assert!(matches!(run.code, Some(0 | 2 | 3)), "byte {at}: {run:#?}");
    }
}

/// The names of the columns, and the values as text.
#[cfg(feature = "parquet")]
fn parquet_rows(sandbox: &Sandbox, name: &str) -> (Vec<String>, Vec<Vec<Option<String>>>) {
    use arrow_array::{Array, Float64Array, StringArray};
    let file = std::fs::File::open(sandbox.path(name)).unwrap();
    let builder =
        parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    let names = builder
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .collect();
    let mut rows = Vec::new();
    for batch in builder.build().unwrap() {
        let batch = batch.unwrap();
        for at in 0..batch.num_rows() {
            let value = |column: &std::sync::Arc<dyn Array>| {
                let any = column.as_any();
                let text = |strings: &StringArray| strings.value(at).to_owned();
                let number = |numbers: &Float64Array| numbers.value(at).to_string();
                let strings = any.downcast_ref::<StringArray>().map(text);
                (!column.is_null(at))
                    .then(|| strings.or_else(|| any.downcast_ref().map(number)).unwrap())
            };
            rows.push(batch.columns().iter().map(value).collect());
        }
    }
    (names, rows)
}
