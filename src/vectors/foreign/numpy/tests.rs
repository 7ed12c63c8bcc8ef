use proptest::prelude::*;

use super::*;

fn array(descr: &str, fortran: bool, shape: &str, values: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
    with_header(&header, values)
}

fn with_header(header: &str, values: &[u8]) -> Vec<u8> {
    let length = (header.len() as u16).to_le_bytes();
    [MAGIC, b"\x01\0", &length, header.as_bytes(), values].concat()
}

fn floats(values: &[f32]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}

fn read_both(bytes: &[u8], words: &[u8], clean: bool) -> Result<Table> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("v.txt"), words).unwrap();
    let path = folder.path().join("v.npy");
    let mut cleaned = clean.then(Cleaned::default);
    // Of a pipe the size is not known; the answer is the same, in other words.
    let piped = read(&path, &mut &*bytes, None, &mut cleaned.clone());
    let known = read(&path, &mut &*bytes, Some(bytes.len() as u64), &mut cleaned);
    assert_eq!(piped.is_ok(), known.is_ok());
    known
}

#[test]
fn every_type_and_order_of_values() {
    let values = [1.0_f32, -2.5, 3.0, 0.25, 5.0, -0.0];
    let bytes = |each: fn(f32) -> Vec<u8>, order: [usize; 6]| {
        order
            .into_iter()
            .flat_map(|at| each(values[at]))
            .collect::<Vec<u8>>()
    };
    let (rows, columns) = ([0, 1, 2, 3, 4, 5], [0, 2, 4, 1, 3, 5]);
    let half = |value: f32| match value.to_bits() {
        0x3f80_0000 => vec![0, 0x3c],
        0xc020_0000 => vec![0, 0xc1],
        0x4040_0000 => vec![0, 0x42],
        0x3e80_0000 => vec![0, 0x34],
        0x40a0_0000 => vec![0, 0x45],
        _ => vec![0, 0x80],
    };
    for (descr, fortran, values_of) in [
        ("<f4", false, bytes(|v| v.to_le_bytes().to_vec(), rows)),
        (">f4", false, bytes(|v| v.to_be_bytes().to_vec(), rows)),
        (
            "<f8",
            false,
            bytes(|v| f64::from(v).to_le_bytes().to_vec(), rows),
        ),
        (
            ">f8",
            true,
            bytes(|v| f64::from(v).to_be_bytes().to_vec(), columns),
        ),
        ("<f4", true, bytes(|v| v.to_le_bytes().to_vec(), columns)),
        ("<f2", false, bytes(half, rows)),
    ] {
        let bytes = array(descr, fortran, "(3, 2)", &values_of);
        let table = read_both(&bytes, "a\nb c\r\nö".as_bytes(), false).unwrap();
        assert_eq!(table.words, ["a", "b c", "ö"]);
        assert_eq!(
            (table.rows.as_slice(), table.dims),
            (&values[..], 2),
            "{descr} {fortran}"
        );
    }
}

#[test]
fn halves() {
    for (bits, value) in [
        (0x0001, 2f32.powi(-24)),
        (0x03ff, 1023.0 * 2f32.powi(-24)),
        (0x0400, 2f32.powi(-14)),
        (0x3555, 0.333_251_95),
        (0x7bff, 65504.0),
        (0xfc00, f32::NEG_INFINITY),
    ] {
        assert_eq!(half(bits), value, "{bits:x}");
    }
    assert!(half(0x7c01).is_nan());
}

/// What numpy writes, and what it would read.
#[test]
fn headers_are_dictionaries() {
    let expected = Header {
        width: 4,
        big_endian: false,
        fortran: false,
        rows: 3,
        dims: 2,
    };
    for header in [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }          \n",
        "{\"shape\":(3,2),\"fortran_order\":False,\"descr\":\"<f4\"}",
        "{'shape': (3, 2,) , 'descr': '<f4' , 'fortran_order':False,}",
    ] {
        assert_eq!(parse(header.as_bytes(), 10).unwrap(), expected);
    }
}

#[test]
fn every_truncation_is_refused() {
    let whole = array("<f4", false, "(2, 2)", &floats(&[1.0, 2.0, 3.0, 4.0]));
    assert!(read_both(&whole, b"a\nb", false).is_ok());
    for length in 0..whole.len() {
        assert!(
            read_both(&whole[..length], b"a\nb", false).is_err(),
            "{length}"
        );
    }
}

#[test]
fn what_does_not_fit_is_explained() {
    let two = floats(&[1.0, 2.0, 3.0, 4.0]);
    let array = |descr: &str, shape: &str| array(descr, false, shape, &two);
    let sound = || array("<f4", "(2, 2)");
    let with = |header: &str| with_header(header, &two);
    let nan = self::array(
        "<f4",
        true,
        "(2, 2)",
        &floats(&[1.0, 2.0, f32::INFINITY, 4.0]),
    );
    for (bytes, words, says) in [
        (b"\x93NUMPZ\x01\0".to_vec(), "a\nb", "another kind of file"),
        ([MAGIC, b"\x04\0"].concat(), "a\nb", "version 4"),
        (
            [MAGIC, b"\x01\0\xff\xff{"].concat(),
            "a\nb",
            "a header of 65535 bytes",
        ),
        (
            [MAGIC, b"\x02\0\xff\xff\xff\xff{"].concat(),
            "a\nb",
            "a header of 4294967295 bytes",
        ),
        (with("shape"), "a\nb", "not a dictionary"),
        (
            with("{'descr': '<f4' 'shape': (2, 2)}"),
            "a\nb",
            "not a dictionary",
        ),
        (
            with("{'descr': '<f4', 'fortran_order': False}"),
            "a\nb",
            "the shape nothing",
        ),
        (
            with("{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 2)}"),
            "a\nb",
            "'fortran_order': 0",
        ),
        (
            with("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2, 2)}"),
            "a\nb",
            "not a dictionary",
        ),
        (array("<i8", "(2, 2)"), "a\nb", "values of the type '<i8'"),
        (array("|O", "(2, 2)"), "a\nb", "values of the type '|O'"),
        (array("<f4", "(4,)"), "a\nb", "the shape (4,)"),
        (array("<f4", "(2, 2, 1)"), "a\nb", "the shape (2, 2, 1)"),
        (array("<f4", "(0, 2)"), "a\nb", "the shape (0, 2)"),
        (array("<f4", "(2, -2)"), "a\nb", "the shape (2, -2)"),
        (array("<f4", "(2, 70000)"), "a\nb", "up to 65536"),
        (array("<f4", "(3, 2)"), "a\nb", "the shape (3, 2)"),
        (array("<f4", "(1, 2)"), "a", "more bytes"),
        (
            array("<f4", "(4611686018427387904, 2)"),
            "a\nb",
            "the 16 bytes that follow",
        ),
        (
            array("<f4", "(99999999999999999999, 2)"),
            "a\nb",
            "the shape",
        ),
        (sound(), "a", "v.txt: found 1 lines, expected 2"),
        (sound(), "a\nb\nc\n", "v.txt: found 3 lines"),
        (sound(), "a\n\n", "v.txt, line 2: found an empty line"),
        (
            sound(),
            "a\na",
            "v.txt, line 2: found \"a\" twice, first as line 1",
        ),
        (
            nan.clone(),
            "a\nb",
            "byte 77: found a value that is not a finite number in row 1",
        ),
    ] {
        let error = read_both(&bytes, words.as_bytes(), false).unwrap_err();
        let shown = error.to_string();
        assert!(shown.contains(says), "{says:?} is missing: {shown}");
        assert!(error.hint().is_some(), "{shown} has no hint");
    }
    let error = read_both(&sound(), b"a\n\xff", false).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("v.txt, line 2: found broken UTF-8"),
        "{error}"
    );
    assert_eq!(read_both(&nan, b"a\nb", true).unwrap().words, ["b"]);
    assert_eq!(read_both(&sound(), b"a\na", true).unwrap().rows, [1.0, 2.0]);
}

proptest! {
    #[test]
    fn no_header_makes_it_panic(header in "[{}()',:a-f0-9< ]{0,60}|\\PC{0,40}", values in proptest::collection::vec(any::<u8>(), 0..40)) {
        let bytes = with_header(&header, &values);
        if let Ok(table) = read_both(&bytes, b"a\nb", false) {
            prop_assert_eq!(table.rows.len(), 2 * table.dims);
        }
    }
}
