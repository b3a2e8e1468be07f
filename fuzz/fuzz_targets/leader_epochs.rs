#![no_main]
#![doc = "The decoder `leader_epochs` against any bytes."]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| highwater_fuzz::decoders::leader_epochs(bytes));
