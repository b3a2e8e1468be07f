#![no_main]
#![doc = "The decoder `batch` against any bytes."]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| highwater_fuzz::decoders::batch(bytes));
