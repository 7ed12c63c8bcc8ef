#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| drop(senti_fuzz::targets::word2vec_binary(bytes)));
