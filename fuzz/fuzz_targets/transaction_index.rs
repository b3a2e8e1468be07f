#![no_main]
#![doc = "The decoder `transaction_index` against any bytes."]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| highwater_fuzz::decoders::transaction_index(bytes));
