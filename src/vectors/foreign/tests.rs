//! word2vec and GloVe: what is written is read, and what is damaged is explained.

use proptest::prelude::*;

use super::*;
use crate::error::Error;

fn parse(bytes: &[u8], size: Option<u64>) -> Result<(Format, Table)> {
    let head = &bytes[..bytes.len().min(HEAD as usize)];
    let format = recognise(head).expect("a format");
    read(Path::new("v"), format, &mut &*bytes, size, &mut None).map(|table| (format, table))
}

fn lines(table: &Table) -> Vec<u8> {
    let rows = table.rows.chunks(table.dims);
    let lines = table.words.iter().zip(rows).map(|(word, row)| {
        let values: String = row.iter().map(|value| format!(" {value}")).collect();
        format!("{word}{values}\n")
    });
    lines.collect::<String>().into_bytes()
}

fn with_header(table: &Table) -> Vec<u8> {
    let mut bytes = format!("{} {}\n", table.words.len(), table.dims).into_bytes();
    bytes.append(&mut lines(table));
    bytes
}

fn binary(table: &Table, row_end: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{} {}\n", table.words.len(), table.dims).into_bytes();
    for (word, row) in table.words.iter().zip(table.rows.chunks(table.dims)) {
        bytes.extend(word.bytes().chain(*b" "));
        bytes.extend(row.iter().flat_map(|value| value.to_le_bytes()));
        bytes.extend(row_end);
    }
    bytes
}

fn tables() -> impl Strategy<Value = Table> {
    let value = proptest::num::f32::NORMAL | proptest::num::f32::ZERO;
    let word = "[a-zé0-9.,]{1,9}";
    (proptest::collection::btree_set(word, 1..7usize), 2..5usize)
        .prop_flat_map(move |(words, dims)| {
            let rows = proptest::collection::vec(value, words.len() * dims);
            (Just(words), rows, Just(dims))
        })
        .prop_map(|(words, rows, dims)| Table {
            words: words.into_iter().collect(),
            rows,
            dims,
            ..Table::default()
        })
}

#[test]
fn values_that_happen_to_be_characters_are_values() {
    for (word, bytes) in [(",é.", "gޞF況\0"), ("a", "abcdefgh")] {
        let rows: Vec<f32> = bytes
            .as_bytes()
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        let table = Table {
            words: vec![word.to_owned()],
            dims: rows.len(),
            rows,
            ..Table::default()
        };
        for end in [&b"\n"[..], b""] {
            let bytes = binary(&table, end);
            let (format, read) = parse(&bytes, None).unwrap();
            assert_eq!((format, &read), (Format::Word2vec, &table));
        }
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(table in tables()) {
        for (format, bytes) in [
            (Format::Word2vecText, with_header(&table)),
            (Format::GloVe, lines(&table)),
            (Format::Word2vec, binary(&table, b"\n")),
            (Format::Word2vec, binary(&table, b"")),
        ] {
            // Of a pipe the size is not known.
            for size in [Some(bytes.len() as u64), None] {
                let (found, read) = parse(&bytes, size).unwrap();
                prop_assert_eq!(found, format);
                prop_assert_eq!(&read, &table);
            }
        }
    }

    #[test]
    fn no_bytes_make_it_panic(
        start in "([0-9]{1,4} [0-9]{1,3}\n|[a-z]{1,2} 1 2\n)",
        bytes in proptest::collection::vec(any::<u8>(), 0..99),
    ) {
        let bytes = [start.as_bytes(), &bytes].concat();
        for size in [Some(bytes.len() as u64), None] {
            // Either answer will do, and what is read is whole.
            if let Ok((_, table)) = parse(&bytes, size) {
                prop_assert_eq!(table.rows.len(), table.words.len() * table.dims);
            }
        }
    }
}

fn table() -> Table {
    Table {
        words: ["good", "bad", "2008"].map(str::to_owned).to_vec(),
        rows: vec![0.5, -1.25, 0.75, 2.0, 0.1, 1e-7],
        dims: 2,
        ..Table::default()
    }
}

#[test]
fn every_truncation_is_noticed_where_the_rows_are_counted() {
    // The last newline may be missing, and the last digits of a number are
    // missed by nobody.
    for (whole, least) in [
        (binary(&table(), b"\n"), 1),
        (with_header(&table()), b"0.0000001\n".len()),
    ] {
        assert!(parse(&whole, Some(whole.len() as u64)).is_ok());
        for length in b"3 2\n".len()..whole.len() - least {
            let cut = &whole[..length];
            assert!(parse(cut, Some(length as u64)).is_err(), "cut to {length}");
            assert!(parse(cut, None).is_err(), "cut to {length}, from a pipe");
        }
    }
}

#[test]
fn damaged_files_are_explained() {
    let binary = binary(&table(), b"\n");
    let first_value = b"3 2\ngood ".len();
    let patched = |at: usize, with: &[u8]| {
        let mut bytes = binary.clone();
        bytes[at..at + with.len()].copy_from_slice(with);
        bytes
    };
    for (bytes, says) in [
        // The header.
        (&b"0 2\n"[..], &["line 1", "\"0 2\""][..]),
        (b"2 0\n\xff\xfe", &["line 1", "\"2 0\""]),
        (b"2 65537\n", &["line 1", "65536"]),
        (
            b"99999999999999999999 2\na 1 2\n",
            &["line 1", "99999999999999999999"],
        ),
        (
            b"4611686018427387904 4\na 1 2 3 4\n",
            &["4611686018427387904 words", "10 bytes"],
        ),
        (b"3 2\na 1 2\n", &["3 words of 2 dimensions", "6 bytes"]),
        (
            b"1000000 300\nword \0\0\0\0",
            &["1000000 words of 300 dimensions", "9 bytes"],
        ),
        // Text with a header.
        (
            b"2 2\na 0.25 0.5\n",
            &["line 3", "end of the file after 1 words"],
        ),
        (b"1 2\na 1 2\nb 1 2\n", &["line 3, byte 10", "more lines"]),
        (b"1 2\na 1 2\n\n", &["line 3", "more lines"]),
        (
            b"2 2\na 1 2\nbc 12\n",
            &["line 3, byte 10", "a row of 1 numbers"],
        ),
        (b"2 2\na 1 2\nb 1 2 3\n", &["line 3", "more than 2 numbers"]),
        (
            b"2 2\na 1 2\nb 1 x\n",
            &["line 3", "\"x\" in place of a number"],
        ),
        (b"2 2\na 1 2\nb 0,1 2\n", &["line 3", "\"0,1\""]),
        (b"2 2\na 1 2\nb  1 2\n", &["line 3", "more than 2 numbers"]),
        (b"2 2\na 1 2\n 1 22\n", &["line 3", "without a word"]),
        (b"2 2\na 1 2\n\nb 1 2\n", &["line 3", "a row of 0 numbers"]),
        (
            b"2 2\na 1 2\nb 1 nan\n",
            &["line 3", "nan, which is not a finite"],
        ),
        (b"2 2\na 1 2\nb 1e39 2\n", &["line 3", "1e39, which is not"]),
        (
            b"2 2\na 1 2\na 3 4\n",
            &["line 3", "\"a\" twice, first as line 2"],
        ),
        (b"2 2\na 1 2\nb\xff 1 2\n", &["line 3", "broken UTF-8"]),
        // Without a header.
        (b"a 1 2\nb 1\n", &["line 2, byte 6", "a row of 1 numbers"]),
        (b"a 1 2\nb 1 2 3\n", &["line 2", "more than 2 numbers"]),
        (
            b"a 1 2\nb inf 3\n",
            &["line 2", "inf, which is not a finite"],
        ),
        (b"a 1 nan\n", &["line 1", "nan, which is not a finite"]),
        (b"a 1 2\nb 1 2\na 1 2\n", &["line 3", "first as line 1"]),
        (b"a 1 2\n\n", &["line 2", "a row of 0 numbers"]),
        (b"a 1 2\nb\xff 1 2\n", &["line 2", "broken UTF-8"]),
        // Binary.
        (
            &binary[..binary.len() - 2],
            &["byte 36", "the end of the file in row 3"],
        ),
        (&[&binary[..], b"x"].concat(), &["byte 45", "more bytes"]),
        (
            &patched(first_value + 4, &f32::NAN.to_le_bytes()),
            &["byte 13", "not a finite number in row 1"],
        ),
        (
            &patched(first_value, &f32::INFINITY.to_le_bytes()),
            &["byte 9", "not a finite number in row 1"],
        ),
        (
            &patched(4, b"g\xffod"),
            &["byte 4", "broken UTF-8 in row 1"],
        ),
        (&patched(4, b" "), &["byte 4", "an empty word in row 1"]),
        (&patched(0, b"4"), &["the end of the file in row 4"]),
        (&patched(0, b"2"), &["more bytes"]),
        (&patched(2, b"1"), &["in row 2"]),
        (
            &[b"2 2\nx \0\0\0\0\0\0\0\0", &[b'y'; 9999][..]].concat(),
            &["byte 14", "a word without an end in row 2"],
        ),
        (
            b"2 2\nx \0\0\0\0\0\0\0\0x \0\0\0\0\0\0\0\0",
            &["\"x\" twice, first as word 1"],
        ),
    ] {
        let error = parse(bytes, Some(bytes.len() as u64)).unwrap_err();
        let shown = error.to_string();
        for part in says {
            assert!(shown.contains(part), "{part:?} is missing: {shown}");
        }
        assert!(matches!(error, Error::Artifact { damaged: true, .. }));
        assert!(error.hint().is_some(), "{shown} has no hint");
    }
}

#[test]
fn what_other_programs_write_is_read() {
    for (bytes, format, words, dims) in [
        // word2vec.c and fastText end each line with a space.
        (
            &b"2 2\n</s> 0.1 0.2 \ngood 1 2 \n"[..],
            Format::Word2vecText,
            &["</s>", "good"][..],
            2,
        ),
        (b"1 1\r\ngood 1\r\n", Format::Word2vecText, &["good"], 1),
        (b"2 1\na\t1\nb\t2e-5", Format::Word2vecText, &["a", "b"], 1),
        (
            b", 0.1 -0.2\n. . . 1 2\n2008 1 2\nat name@domain.com 1 2\n",
            Format::GloVe,
            &[",", ". . .", "2008", "at name@domain.com"],
            2,
        ),
        (
            b"\xc2\xa0 1 2\n\xc2\x85 1 2",
            Format::GloVe,
            &["\u{a0}", "\u{85}"],
            2,
        ),
        (b"1 1\na \0\0\x80\x3f", Format::Word2vec, &["a"], 1),
    ] {
        let (found, table) = parse(bytes, Some(bytes.len() as u64)).unwrap();
        assert_eq!((found, table.dims), (format, dims));
        assert_eq!(table.words, words);
    }
}

#[test]
fn other_files_are_not_taken_for_vectors() {
    for head in [
        &b""[..],
        b"It was great\n",
        b"good film\nbad film\n",
        b"the 1061396\nof 593677\n",
        b"word1\tword2\tscore\nman\tking\t8\n",
        b"man king 8\n",
        b"-3 2\n",
        b"3 2.5\n",
        b"FiFu\0\0\0\0\x02\0\0\0",
        b"\x1f\x8b\x08\0 1 2\n",
        b"{\"label\": 1}\n",
        b"\x93NUMPI",
    ] {
        assert_eq!(recognise(head), None, "{head:?}");
    }
    let endless = [b"a".to_vec(), b" 1".repeat(HEAD as usize)].concat();
    assert_eq!(recognise(&endless[..HEAD as usize]), None);
}

#[test]
fn what_makes_no_sense_is_left_out_and_counted() {
    let clean = |bytes: &[u8]| {
        let mut cleaned = Some(Cleaned::default());
        let format = recognise(bytes).expect("a format");
        let size = Some(bytes.len() as u64);
        let table = read(Path::new("v"), format, &mut &*bytes, size, &mut cleaned)?;
        Ok::<_, Error>((table, cleaned.unwrap()))
    };
    let rows = b"a 1 2\nb nan 3\nc 1\n\na 7 7\nd 1 x\n\xff 1 2\ne 3 4 5\nf 5 6\ng 7 8\nh 9 0\ni 1 2\nj 1 2\n";
    let with_header = [b"13 2\n", &rows[..]].concat();
    for bytes in [&rows[..], &with_header] {
        let (table, cleaned) = clean(bytes).unwrap();
        assert_eq!(table.words.concat(), "afghij");
        assert_eq!(table.rows[..4], [1.0, 2.0, 5.0, 6.0]);
        let Cleaned {
            twice,
            not_finite,
            malformed,
        } = cleaned;
        assert_eq!(
            (twice, not_finite, malformed, cleaned.total()),
            (1, 1, 5, 7)
        );
    }
    let mut bytes = binary(&table(), b"\n");
    let first_value = b"3 2\ngood ".len();
    bytes[first_value..first_value + 4].copy_from_slice(&f32::NAN.to_le_bytes());
    bytes[first_value + 9] = 0xff;
    let (left, cleaned) = clean(&bytes).unwrap();
    assert_eq!(
        (left.words, left.rows),
        (vec!["2008".to_owned()], vec![0.1, 1e-7])
    );
    assert_eq!((cleaned.not_finite, cleaned.malformed), (1, 1));
    // What a file says of its size must be true, and something must be left.
    for (bytes, says) in [
        (
            &b"3 2\na 1 2\nb 1 2\n"[..],
            "the end of the file after 2 words",
        ),
        (b"1 2\na 1 2\nb 1 2\n", "more lines"),
        (b"1 2\na 1 x\n", "no row that makes sense"),
        (
            b"a 1 2 3\nb 1 2\nc 1 2\n",
            "2 rows that are not a word and 3 numbers",
        ),
    ] {
        let error = clean(bytes).unwrap_err();
        assert!(error.to_string().contains(says), "{says}: {error}");
    }
}

proptest! {
    #[test]
    fn a_clean_file_is_read_as_it_is(table in tables()) {
        for bytes in [with_header(&table), lines(&table), binary(&table, b"")] {
            let mut cleaned = Some(Cleaned::default());
            let format = recognise(&bytes).expect("a format");
            let size = Some(bytes.len() as u64);
            let read = read(Path::new("v"), format, &mut &*bytes, size, &mut cleaned).unwrap();
            prop_assert_eq!(&read, &table);
            prop_assert_eq!(cleaned.unwrap().total(), 0);
        }
    }
}
