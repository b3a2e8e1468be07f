#![no_main]
#![doc = "The decoder `log_file` against any bytes."]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| highwater_fuzz::decoders::log_file(bytes));
