//! The commands, end to end, as a user runs them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod common;

use common::Sandbox;

#[test]
fn three_commands_without_flags() {
    let sandbox = Sandbox::with_corpus();
    sandbox
        .run(&["pretrain", "corpus/unlabeled.txt"])
        .exits(0)
        .says(&["62 sentences", "wrote vectors.fifu", "next: senti train"]);
    let trained = sandbox
        .run(&["train", "corpus/labeled.tsv"])
        .exits(0)
        .says(&["using vectors.fifu", "wrote model.senti"]);
    for part in [
        "negative",
        "4 texts",
        "cross-validated",
        "logistic baseline",
        "trained parameters",
    ] {
        assert!(trained.stdout.contains(part), "{part}: {}", trained.stdout);
    }
    let run = sandbox
        .run(&["classify", "It was great", "It was really stupid.", "zxcvb"])
        .exits(0)
        .says(&["using model.senti"]);
    let lines: Vec<Vec<&str>> = run
        .stdout
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert_eq!(lines[0][0], "positive");
    assert_eq!(lines[0][2], "It was great");
    assert_eq!(lines[1][0], "negative");
    assert_eq!(lines[2], ["undecided", "0.50", "zxcvb"]);
    for (name, _) in [("vectors.fifu", 0), ("model.senti", 0)] {
        sandbox.run(&["inspect", name]).exits(0);
    }
    assert_eq!(sandbox.names(), ["corpus", "model.senti", "vectors.fifu"]);
}

#[test]
fn vectors_carry_their_origin_and_counts() {
    let sandbox = Sandbox::trained();
    let vectors = senti::vectors::WordVectors::read(&sandbox.path("vectors.fifu")).unwrap();
    let origin = vectors.origin().unwrap();
    let counts = vectors.counts().unwrap();
    assert_eq!(counts.iter().sum::<u64>(), origin.tokens);
    assert!(counts.is_sorted_by(|a, b| a >= b));
    assert_eq!(origin.sentences, 62);
    assert_eq!(origin.stop_word_list, "english");
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let (one, two) = (Sandbox::trained(), Sandbox::trained());
    for name in ["vectors.fifu", "model.senti"] {
        assert_eq!(one.read(name), two.read(name), "{name}");
    }
    one.run(&["pretrain", "corpus/unlabeled.txt", "--seed", "1"])
        .exits(0);
    assert_ne!(one.read("vectors.fifu"), two.read("vectors.fifu"));
}

#[test]
fn a_model_needs_nothing_else() {
    let sandbox = Sandbox::trained();
    let alone = Sandbox::new();
    std::fs::copy(sandbox.path("model.senti"), alone.path("mine.senti")).unwrap();
    let text = ["classify", "A wonderful film"];
    assert_eq!(alone.run(&text).exits(0).stdout, sandbox.run(&text).stdout);
}

#[test]
fn files_are_found_by_flag_by_environment_and_by_age() {
    let sandbox = Sandbox::trained();
    let texts = ["classify", "It was great"];
    sandbox.write("broken.senti", "not a model");
    // The newest is found, and it is broken.
    sandbox
        .run(&texts)
        .exits(4)
        .says(&["using broken.senti", "plain text"]);
    let flag = sandbox
        .run(&["classify", "--model", "model.senti", "It was great"])
        .exits(0);
    assert!(!flag.stderr.contains("using"), "{}", flag.stderr);
    let environment = sandbox
        .command()
        .args(texts)
        .env("SENTI_MODEL", "model.senti")
        .output()
        .unwrap();
    assert!(environment.status.success());
    let said = String::from_utf8(environment.stderr).unwrap();
    assert_eq!(said, "using model.senti (SENTI_MODEL)\n");
    let unset = sandbox
        .command()
        .args(texts)
        .env("SENTI_MODEL", "")
        .output()
        .unwrap();
    assert_eq!(unset.status.code(), Some(4));
    let environment = sandbox
        .command()
        .args(["nearest", "great"])
        .env("SENTI_VECTORS", "missing.fifu")
        .output()
        .unwrap();
    assert_eq!(environment.status.code(), Some(5));
}

#[test]
fn one_line_out_for_each_line_in() {
    let sandbox = Sandbox::trained();
    let input =
        "It was great\n\nzxcvb\r\n\ttabs\tinside\nÜber die Maßen 很好 \u{1b}[2J\nno final newline";
    let run = sandbox.pipe(&["classify"], input).exits(0);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines.len(), 6, "{run:#?}");
    assert!(lines[1].starts_with("undecided\t0.50\t"));
    assert!(lines[3].ends_with("\\ttabs\\tinside"));
    assert!(lines[4].ends_with("\\u{1b}[2J"));
    assert!(!run.stdout.contains('\u{1b}'));

    sandbox.write("texts.txt", input);
    let file = sandbox.run(&["classify", "--file", "texts.txt"]).exits(0);
    assert_eq!(file.stdout, run.stdout);

    let json = sandbox.pipe(&["classify", "--json"], input).exits(0);
    let objects: Vec<serde_json::Value> = json
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(objects.len(), 6);
    assert_eq!(objects[0]["label"], "positive");
    assert_eq!(objects[2]["label"], "undecided");
    assert_eq!(objects[2]["known"], 0);
    assert_eq!(objects[4]["text"], "Über die Maßen 很好 \u{1b}[2J");
    let sum: f64 = ["negative", "positive"]
        .iter()
        .map(|label| objects[0]["probabilities"][label].as_f64().unwrap())
        .sum();
    assert!((sum - 1.0).abs() < 1e-9);
    assert!(sandbox.pipe(&["classify"], "").exits(0).stdout.is_empty());
}

#[test]
fn every_label_format_trains_the_same_classifier() {
    let sandbox = Sandbox::trained();
    let reference = sandbox.run(&["classify", "--json", "It was great"]).stdout;
    let rows: Vec<(String, String)> = String::from_utf8(sandbox.read("corpus/labeled.tsv"))
        .unwrap()
        .lines()
        .map(|line| line.split_once('\t').unwrap())
        .map(|(label, text)| (label.to_owned(), text.to_owned()))
        .collect();
    let join = |row: &dyn Fn(&str, &str) -> String| -> String {
        rows.iter()
            .map(|(label, text)| row(label, text) + "\r\n")
            .collect()
    };
    for (content, says) in [
        (
            join(&|label, text| format!("{text}\t{label}")),
            "TSV, text first",
        ),
        (
            join(&|label, text| format!("{label},\"{text}\"")),
            "CSV, label first",
        ),
        (
            "text,label,weight\n".to_owned()
                + &join(&|label, text| format!("\"{text}\",{label},1")),
            "with a header, weighted",
        ),
        (
            join(&|label, text| serde_json::json!({"text": text, "label": label}).to_string()),
            "JSON lines",
        ),
        (
            join(&|label, text| format!("__label__{label} {text}")),
            "fastText",
        ),
    ] {
        sandbox.write("data", content);
        sandbox.run(&["train", "data"]).exits(0).says(&[says]);
        assert_eq!(
            sandbox.run(&["classify", "--json", "It was great"]).stdout,
            reference,
            "{says}"
        );
    }
}

#[test]
fn eval_prints_every_score_and_never_nan() {
    let sandbox = Sandbox::trained();
    let run = sandbox.run(&["eval", "corpus/test.tsv"]).exits(0);
    for part in [
        "accuracy",
        "macro-F1",
        "Matthews",
        "Brier",
        "calibration",
        "precision",
        "truth",
    ] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
    // One class, nothing known: scores without a value, and no NaN.
    sandbox.write("odd.tsv", "positive\tzxcvb\npositive\tqwert\n");
    let run = sandbox.run(&["eval", "odd.tsv"]).exits(0);
    assert!(
        !run.stdout.contains("NaN") && !run.stdout.contains("inf"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("undecided"));
    let json = sandbox.run(&["eval", "--json", "odd.tsv"]).exits(0).stdout;
    let report: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(report["coverage"], 0.0);
    assert_eq!(report["classes"][1]["precision"], serde_json::Value::Null);
}

#[test]
fn words_can_be_asked_about() {
    let sandbox = Sandbox::trained();
    let run = sandbox.run(&["nearest", "Great", "-n", "3"]).exits(0);
    assert_eq!(run.stdout.lines().count(), 3);
    let run = sandbox
        .run(&["analogy", "great", "film", "boring", "-n", "2", "--json"])
        .exits(0);
    assert_eq!(run.stdout.lines().count(), 2);
    sandbox
        .run(&["nearest", "excelent"])
        .exits(1)
        .says(&["no vector for \"excelent\"", "excellent"]);
    sandbox
        .run(&["nearest", "the"])
        .exits(1)
        .says(&["stop words"]);
}

#[test]
fn inspect_tells_intact_from_damaged_from_other() {
    let sandbox = Sandbox::trained();
    for name in ["vectors.fifu", "model.senti"] {
        let run = sandbox.run(&["inspect", name]).exits(0);
        assert!(
            run.stdout.contains("intact                  yes"),
            "{}",
            run.stdout
        );
        let mut bytes = sandbox.read(name);
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        sandbox.write("damaged", &bytes);
        let run = sandbox.run(&["inspect", "damaged"]).exits(1);
        assert!(
            run.stdout.contains("intact                  no"),
            "{}",
            run.stdout
        );
        sandbox.write("cut", &bytes[..last / 2]);
        sandbox.run(&["inspect", "cut"]).exits(1);
    }
    sandbox
        .run(&["inspect", "corpus/test.tsv"])
        .exits(4)
        .says(&["plain text"]);
    sandbox.run(&["inspect", "missing"]).exits(5);
    let json = sandbox
        .run(&["inspect", "--json", "model.senti"])
        .exits(0)
        .stdout;
    let object: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(object["labels"], "negative, positive");
}

#[test]
fn completions_and_manual_come_from_the_definition() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = sandbox.run(&["completions", shell]).exits(0);
        assert!(run.stdout.contains("pretrain"), "{shell}");
    }
    assert!(sandbox.run(&["man"]).exits(0).stdout.contains(".TH senti"));
    assert!(
        sandbox
            .run(&["man", "train"])
            .exits(0)
            .stdout
            .contains("hidden")
    );
    sandbox.run(&["man", "nothing"]).exits(2);
}

#[test]
fn stop_words_by_language_and_by_file() {
    let sandbox = Sandbox::with_corpus();
    let pretrain =
        |list: &str| sandbox.run(&["pretrain", "corpus/unlabeled.txt", "--stop-words", list]);
    pretrain("none").exits(0).says(&["stop words: none"]);
    pretrain("de").exits(0).says(&["stop words: german"]);
    sandbox.write("list.txt", "film\nnot\n");
    pretrain("list.txt")
        .exits(0)
        .says(&["stop words: list.txt", "warning", "not"]);
    sandbox.run(&["nearest", "film"]).exits(1);
    pretrain("klingon").exits(2).says(&["english", "german"]);
}

#[test]
fn any_number_of_neighbours_can_be_asked_for() {
    let sandbox = Sandbox::trained();
    for (count, near, completing) in [
        ("1", 1, 1),
        ("1000000000000", 97, 95),
        ("18446744073709551615", 97, 95),
    ] {
        let run = sandbox.run(&["nearest", "great", "-n", count]).exits(0);
        assert_eq!(run.stdout.lines().count(), near, "{count}");
        let words = ["analogy", "great", "film", "dull", "-n", count];
        let run = sandbox.run(&words).exits(0);
        assert_eq!(run.stdout.lines().count(), completing, "{count}");
    }
}

#[test]
fn the_smallest_network_and_the_smallest_vectors_work() {
    let sandbox = Sandbox::trained();
    let texts = ["classify", "-q", "It was great", "It was really stupid."];
    let train = ["train", "-q", "corpus/labeled.tsv", "--hidden", "1"];
    sandbox.run(&train).exits(0);
    let answers = sandbox.run(&texts).exits(0).stdout;
    assert!(
        answers.starts_with("positive") && answers.contains("\nnegative"),
        "{answers}"
    );
    sandbox
        .run(&["pretrain", "-q", "corpus/unlabeled.txt", "--dims", "1"])
        .exits(0);
    let run = sandbox.run(&["train", "-q", "corpus/labeled.tsv"]).exits(0);
    assert!(!run.stderr.contains("minimum"), "{run:?}");
}

/// What a shell's process substitution gives can be read only once.
#[cfg(unix)]
#[test]
fn inputs_are_read_once_and_their_digests_are_right() {
    let sandbox = Sandbox::trained();
    let digest = |file: &str| {
        let json = sandbox.run(&["inspect", "--json", file]).exits(0).stdout;
        let object: serde_json::Value = serde_json::from_str(&json).unwrap();
        (
            object["corpus_sha256"].clone(),
            object["labelled_file_sha256"].clone(),
        )
    };
    let (corpus, labels) = (digest("vectors.fifu").0, digest("model.senti").1);
    for (arguments, source) in [
        (
            &["pretrain", "-q", "pipe", "-o", "again.fifu"][..],
            "corpus/unlabeled.txt",
        ),
        (
            &["train", "-q", "pipe", "-o", "again.senti"],
            "corpus/labeled.tsv",
        ),
    ] {
        let made = std::process::Command::new("mkfifo")
            .arg(sandbox.path("pipe"))
            .status()
            .unwrap();
        assert!(made.success());
        let (pipe, content) = (sandbox.path("pipe"), sandbox.read(source));
        let writer = std::thread::spawn(move || std::fs::write(pipe, content).unwrap());
        sandbox.run(arguments).exits(0);
        writer.join().unwrap();
        std::fs::remove_file(sandbox.path("pipe")).unwrap();
    }
    assert_eq!(digest("again.fifu").0, corpus);
    assert_eq!(digest("again.senti").1, labels);
}

#[test]
fn a_dash_is_standard_input() {
    let sandbox = Sandbox::trained();
    let corpus = sandbox.read("corpus/unlabeled.txt");
    let labels = sandbox.read("corpus/labeled.tsv");
    let (vectors, model) = (sandbox.read("vectors.fifu"), sandbox.read("model.senti"));
    sandbox.pipe(&["pretrain", "-"], corpus).exits(0);
    assert_eq!(sandbox.read("vectors.fifu"), vectors);
    sandbox.pipe(&["train", "-"], labels).exits(0);
    assert_eq!(sandbox.read("model.senti"), model);
    for arguments in [&["classify", "-"][..], &["classify", "--file", "-"]] {
        let run = sandbox.pipe(arguments, "It was great\n").exits(0);
        assert!(run.stdout.starts_with("positive"), "{run:?}");
    }
    sandbox
        .pipe(&["eval", "-"], sandbox.read("corpus/test.tsv"))
        .exits(0);
}

#[test]
fn likely_mistakes_are_pointed_out() {
    let sandbox = Sandbox::trained();
    sandbox
        .run(&["classify", "corpus/test.tsv"])
        .exits(0)
        .says(&["is a file here", "--file corpus/test.tsv"]);
    sandbox
        .run(&["eval", "corpus/labeled.tsv"])
        .exits(0)
        .says(&["trained on these very texts"]);
    sandbox.write(
        "german.tsv",
        "Bewertung\tMeinung\ngut\tgreat film\nschlecht\tdull film\n",
    );
    sandbox.run(&["train", "german.tsv"]).exits(6).says(&[
        "\"Bewertung\" stands nowhere else",
        "line 1 looks like a header",
    ]);
    let named = [
        "train",
        "german.tsv",
        "--label-column",
        "Bewertung",
        "--text-column",
        "2",
    ];
    sandbox.run(&named).exits(0).says(&["with a header"]);
}

#[test]
fn vectors_are_asked_questions() {
    let sandbox = Sandbox::trained();
    sandbox.write(
        "pairs.tsv",
        "great\tloved\t9\ngreat\tboring\t1\ngreat\txx\t5\n",
    );
    sandbox.write("four.txt", ": section\ngreat loved boring stupid\n");
    let run = sandbox
        .run(&["vectors", "eval", "pairs.tsv", "four.txt"])
        .exits(0);
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines[0], "pairs.tsv\tSpearman 1.000\t2 of 3 asked");
    assert!(lines[1].ends_with("\t1 of 1 asked"), "{run:?}");
    sandbox.write("bad.txt", "great loved 1\none two\n");
    sandbox
        .run(&["vectors", "eval", "bad.txt"])
        .exits(3)
        .says(&["line 2", "2 fields"]);
    sandbox.run(&["vectors", "eval"]).exits(2);
}

#[test]
fn units_of_scripts_without_spaces_are_known_everywhere() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "text.txt",
        "这家店很好吃\n味道很好吃\n这家店太难吃\n味道太难吃\n정말 재미있습니다\n정말 지루했습니다\n",
    );
    sandbox.write(
        "labels.tsv",
        "good\t很好吃\nbad\t太难吃\ngood\t재미있습니다\nbad\t지루했습니다\n",
    );
    sandbox.run(&["pretrain", "text.txt"]).exits(0);
    sandbox.run(&["train", "labels.tsv"]).exits(0);
    for (text, units) in [("很好吃", 5), ("재미있습니다", 4), ("맛있습니다", 4)] {
        let run = sandbox.run(&["classify", "--json", text]).exits(0);
        let answer: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(answer["tokens"], units, "{text}");
        // Of a word that was never seen the ending is known.
        let known = if text == "맛있습니다" { 1 } else { units };
        assert_eq!(answer["known"], known, "{text}");
    }
    // Decomposed too, as some systems type it.
    for word in [
        "好吃",
        "재미",
        "~습니다",
        "\u{110c}\u{1162}\u{1106}\u{1175}",
    ] {
        sandbox.run(&["nearest", word, "-n", "1"]).exits(0);
    }
    sandbox.run(&["nearest", "味道很"]).exits(1);
}

/// Words of the labelled texts stand in the text without labels, those of the
/// texts to classify do not.
#[test]
fn with_subwords_unseen_words_are_answered() {
    let sandbox = Sandbox::with_corpus();
    sandbox
        .run(&["pretrain", "corpus/unlabeled.txt", "--subwords"])
        .exits(0)
        .says(&["n-grams of 3 to 6 characters in 131,072 buckets"]);
    let plain = sandbox.run(&["inspect", "vectors.fifu"]).exits(0);
    for part in ["shortest n-gram", "longest n-gram", "buckets in use"] {
        assert!(plain.stdout.contains(part), "{part}: {}", plain.stdout);
    }
    sandbox.run(&["train", "corpus/labeled.tsv"]).exits(0);
    let run = sandbox
        .run(&["classify", "--json", "wonderfully", "q"])
        .exits(0);
    let objects: Vec<serde_json::Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(objects[0]["label"], "positive");
    assert_eq!(objects[0]["known"], 1);
    assert_eq!(objects[0]["unseen"], 1);
    assert_eq!(objects[1]["label"], "undecided");
    let near = sandbox
        .run(&["nearest", "Wonderfully", "-n", "1"])
        .exits(0)
        .says(&["\"wonderfully\" was not in the text"]);
    assert!(near.stdout.starts_with("wonderful\t"), "{}", near.stdout);
    sandbox.run(&["nearest", "q"]).exits(1);
    sandbox.run(&["inspect", "model.senti"]).exits(0);

    // The number of threads changes nothing, the size of the buckets does.
    let first = sandbox.read("vectors.fifu");
    for (more, same) in [(["--threads", "1"], true), (["--buckets", "8"], false)] {
        sandbox
            .run(
                &[
                    &["pretrain", "corpus/unlabeled.txt", "--subwords"],
                    &more[..],
                ]
                .concat(),
            )
            .exits(0);
        assert_eq!(sandbox.read("vectors.fifu") == first, same, "{more:?}");
    }
}

#[test]
fn options_of_subwords_are_checked() {
    let sandbox = Sandbox::with_corpus();
    for (options, says) in [
        (&["--minn", "2"][..], "--subwords"),
        (&["--subwords", "--minn", "7"], "--minn: found 7"),
        (&["--subwords", "--maxn", "99"], "--maxn: found 99"),
        (&["--subwords", "--buckets", "99"], "--buckets: found 99"),
    ] {
        sandbox
            .run(&[&["pretrain", "corpus/unlabeled.txt"], options].concat())
            .exits(2)
            .says(&[says]);
    }
    assert_eq!(sandbox.names(), ["corpus"]);
}

/// In a script without spaces every character is a word, and every pair of neighbours:
/// all commands count them alike.
#[test]
fn known_words_of_text_without_spaces_are_counted_alike() {
    let sandbox = Sandbox::new();
    let text: String = (0..40)
        .map(|at| {
            let (noun, said) = (["电影", "音乐", "故事"][at % 3], ["很好", "很差"][at % 2]);
            format!("这个{noun}{said}，我{said}。\n")
        })
        .collect();
    sandbox.write("text.txt", text);
    let labels = [
        ("good", "这个电影很好"),
        ("bad", "这个音乐很差，真的差"),
        ("good", "故事很好 and new"),
        ("bad", "电影差极了"),
    ];
    let tabbed = labels.map(|(label, text)| format!("{label}\t{text}\n"));
    sandbox.write("labels.tsv", tabbed.concat());
    sandbox.run(&["pretrain", "text.txt"]).exits(0);
    let train = sandbox.run(&["train", "labels.tsv"]).exits(0);
    let texts = labels.map(|(_, text)| format!("{text}\n")).concat();
    let answers = sandbox.pipe(&["classify", "--json"], texts).exits(0);
    let sum = |key: &str| -> u64 {
        let answers = common::objects(&answers.stdout);
        answers
            .iter()
            .map(|answer| answer[key].as_u64().unwrap())
            .sum()
    };
    let (known, tokens) = (sum("known"), sum("tokens"));
    assert!(known > 20 && known < tokens, "{known} of {tokens}");
    let expected = format!("{:<24}{known} of {tokens} (", "known words");
    assert!(train.stdout.contains(&expected), "{expected}: {train:#?}");
    // The least of all shares is no text's reason to be left undecided.
    let shares = common::objects(&answers.stdout).into_iter();
    let least = shares
        .map(|answer| answer["known"].as_f64().unwrap() / answer["tokens"].as_f64().unwrap())
        .fold(1.0, f64::min);
    for (share, covered) in [(least, "100.0 %"), (least + 0.001, "75.0 %")] {
        let option = format!("--min-known={share}");
        let eval = sandbox.run(&["eval", "labels.tsv", &option]).exits(0);
        let expected = format!("{:<24}{covered}", "coverage");
        assert!(eval.stdout.contains(&expected), "{share}: {eval:#?}");
    }
}
