#![no_main]
#![doc = "The decoder `lz4` against any bytes."]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| highwater_fuzz::decoders::lz4(bytes));
