#![no_main]
#![doc = "The decoder `gzip` against any bytes."]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| highwater_fuzz::decoders::gzip(bytes));
