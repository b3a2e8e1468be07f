#![no_main]
#![doc = "The decoder `time_index` against any bytes."]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| highwater_fuzz::decoders::time_index(bytes));
