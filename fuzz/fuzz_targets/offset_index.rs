#![no_main]
#![doc = "The decoder `offset_index` against any bytes."]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| highwater_fuzz::decoders::offset_index(bytes));
