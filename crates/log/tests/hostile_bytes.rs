//! Every decoder against bytes that nobody should have written: recorded files with flipped bits, cuts, foreign parts and
//! numbers that claim too much, and plain noise. What must hold stands in `decoders/`.

#![cfg(feature = "codecs")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard};

use highwater_log::batch::{Codec, HEADER_SIZE, RecordBatch};
use highwater_log::compression::{CompressionError, compress, decompress_within};
use highwater_log::log::{FolderFile, Log, LogConfig, LogFiles, LogStop};
use highwater_log::producer_state::snapshot;
use highwater_log::{memory_records, offset_index, time_index, transaction_index};
use proptest::prelude::*;
use proptest::sample::Index;

mod common;
mod decoders;

use decoders::{DECODERS, DECOMPRESSED_MAX, peak};

const CODECS: [Codec; 4] = [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];
const MB: usize = 1 << 20;

/// What is allocated is counted for the whole program, so one test runs at a time.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Every file that a real broker wrote, by its path.
static RECORDED: LazyLock<Vec<(PathBuf, Vec<u8>)>> = LazyLock::new(|| {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/recordings/segments")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_none_or(|kind| kind != "json") {
                let bytes = std::fs::read(&path).unwrap();
                files.push((path, bytes));
            }
        }
    }
    files.sort();
    files
});

/// The recorded files that a decoder reads. What codecs read are the records of compressed batches.
fn seeds(decoder: &str) -> Vec<Vec<u8>> {
    let of = |kind: &str| {
        let ends = |path: &Path| path.to_string_lossy().ends_with(kind);
        let files = RECORDED.iter().filter(|(path, _)| ends(path)).map(|(_, bytes)| bytes.clone());
        files.collect::<Vec<_>>()
    };
    let batches = || of(".log").into_iter().flat_map(|log| memory_records::batches(&log).unwrap_or_default());
    let compressed = |codec: Codec| {
        let batches = batches().filter(|batch| batch.header().codec() == Ok(codec));
        batches.map(|batch| batch.to_bytes().split_off(HEADER_SIZE)).collect()
    };
    let mut seeds: Vec<Vec<u8>> = match decoder {
        // And a small one that has headers.
        "batch" => batches().chain([common::small_batch()]).map(|batch| batch.to_bytes()).collect(),
        "log_file" => of(".log"),
        "offset_index" => of(".index"),
        "time_index" => of(".timeindex"),
        "transaction_index" => of(".txnindex"),
        "snapshot" => of(".snapshot"),
        "leader_epochs" => of("leader-epoch-checkpoint"),
        "gzip" => compressed(Codec::Gzip),
        "snappy" => compressed(Codec::Snappy),
        "lz4" => compressed(Codec::Lz4),
        _ => compressed(Codec::Zstd),
    };
    seeds.sort();
    seeds.dedup();
    assert!(seeds.iter().any(|seed| seed.len() > 8), "{decoder} has nothing recorded to begin with");
    seeds
}

/// What happens to a file.
#[derive(Clone, Debug)]
enum Damage {
    Flip(Index, u8),
    Cut(Index),
    Drop(Index, usize),
    Insert(Index, Vec<u8>),
    Overwrite(Index, &'static [u8]),
    Splice(Index, Index, Index),
}

/// Numbers that claim too much, too little, or nothing.
const NUMBERS: [&[u8]; 8] = [
    &[0x7f, 0xff, 0xff, 0xff],
    &[0xff; 4],
    &[0x80, 0, 0, 0],
    &[0; 4],
    // 2³¹−1 and −2³¹ as varints.
    &[0xfe, 0xff, 0xff, 0xff, 0x0f],
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0x7f; 8],
    &[0xff; 10],
];

fn some_damage() -> impl Strategy<Value = Vec<Damage>> {
    let at = any::<Index>;
    let one = prop_oneof![
        4 => (at(), 0..8_u32).prop_map(|(at, bit)| Damage::Flip(at, 1 << bit)),
        1 => at().prop_map(Damage::Cut),
        1 => (at(), 1..40_usize).prop_map(|(at, size)| Damage::Drop(at, size)),
        1 => (at(), prop::collection::vec(any::<u8>(), 1..20)).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        2 => (at(), prop::sample::select(NUMBERS.to_vec())).prop_map(|(at, bytes)| Damage::Overwrite(at, bytes)),
        1 => (at(), at(), at()).prop_map(|(file, from, at)| Damage::Splice(file, from, at)),
    ];
    prop::collection::vec(one, 1..5)
}

fn damage(bytes: &mut Vec<u8>, damages: &[Damage], others: &[Vec<u8>]) {
    for damage in damages {
        let place = |at: &Index, bytes: &[u8]| at.index(bytes.len() + 1);
        match damage {
            Damage::Flip(at, bit) => {
                let at = place(at, bytes);
                bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= bit);
            }
            Damage::Cut(at) => bytes.truncate(place(at, bytes)),
            Damage::Drop(at, size) => {
                let at = place(at, bytes);
                bytes.drain(at..(at + size).min(bytes.len()));
            }
            Damage::Insert(at, more) => {
                let at = place(at, bytes);
                bytes.splice(at..at, more.iter().copied());
            }
            Damage::Overwrite(at, number) => {
                let at = place(at, bytes);
                bytes.splice(at..(at + number.len()).min(bytes.len()), number.iter().copied());
            }
            Damage::Splice(file, from, at) => {
                let other = file.get(others);
                let (from, at) = (place(from, other), place(at, bytes));
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
        }
    }
}

/// Runs a decoder against its recorded files, as they are and damaged, and against noise.
fn hold(name: &str) {
    let _alone = alone();
    let (_, decoder) = DECODERS.into_iter().find(|(decoder, _)| *decoder == name).unwrap();
    let seeds = seeds(name);
    for seed in &seeds {
        decoder(seed);
    }
    decoder(&[]);
    // Every number at every byte of the smallest files, one of a size.
    let mut small: Vec<_> = seeds.iter().filter(|seed| !seed.is_empty()).collect();
    small.sort_by_key(|seed| seed.len());
    small.dedup_by_key(|seed| seed.len());
    for seed in small.into_iter().take(if name == "batch" { 20 } else { 3 }) {
        for (at, number) in (0..seed.len().min(200)).flat_map(|at| NUMBERS.map(|number| (at, number))) {
            let mut bytes = seed.clone();
            bytes.splice(at..(at + number.len()).min(seed.len()), number.iter().copied());
            decoder(&bytes);
        }
    }
    let damaged = (prop::sample::select(seeds.clone()), some_damage()).prop_map(move |(mut bytes, damages)| {
        damage(&mut bytes, &damages, &seeds);
        bytes
    });
    let noise = prop::collection::vec(any::<u8>(), 0..400);
    let cases = if name == "log_file" { 100 } else { 500 };
    proptest!(ProptestConfig::with_cases(cases), |(bytes in prop_oneof![9 => damaged, 1 => noise])| decoder(&bytes));
}

#[test]
fn batches_hold() {
    hold("batch");
}

#[test]
fn log_files_hold() {
    hold("log_file");
}

#[test]
fn offset_indexes_hold() {
    hold("offset_index");
}

#[test]
fn time_indexes_hold() {
    hold("time_index");
}

#[test]
fn transaction_indexes_hold() {
    hold("transaction_index");
}

#[test]
fn snapshots_hold() {
    hold("snapshot");
}

#[test]
fn leader_epochs_hold() {
    hold("leader_epochs");
}

#[test]
fn gzip_holds() {
    hold("gzip");
}

#[test]
fn snappy_holds() {
    hold("snappy");
}

#[test]
fn lz4_holds() {
    hold("lz4");
}

#[test]
fn zstd_holds() {
    hold("zstd");
}

/// Whole partition folders, with damage in some of their files: whatever a load makes of them, it ends.
#[test]
fn damaged_folders_are_loaded_or_refused() {
    let _alone = alone();
    let mut folders: Vec<&Path> = RECORDED.iter().filter_map(|(path, _)| path.parent()).collect();
    folders.dedup();
    folders.retain(|folder| {
        RECORDED.iter().any(|(path, _)| path.starts_with(folder) && path.extension().is_some_and(|kind| kind == "log"))
    });
    let some =
        (prop::sample::select(folders), prop::collection::vec((any::<Index>(), some_damage()), 1..4), any::<bool>());
    proptest!(ProptestConfig::with_cases(100), |((folder, damages, is_clean) in some)| {
        let mut files: Vec<_> = RECORDED.iter().filter(|(path, _)| path.parent() == Some(folder)).cloned().collect();
        let others: Vec<_> = files.iter().map(|(_, bytes)| bytes.clone()).collect();
        for (file, damages) in &damages {
            let at = file.index(files.len());
            damage(&mut files[at].1, damages, &others);
        }
        let size = others.iter().map(Vec::len).sum::<usize>();
        let took = peak(|| {
            let file = |(path, bytes): &(PathBuf, Vec<u8>)| FolderFile {
                name: path.file_name().unwrap().to_str().unwrap().to_owned(),
                bytes: bytes.as_slice().into(),
            };
            let now_ms = 1_767_225_600_000;
            let Ok(files) = LogFiles::of_folder(files.iter().map(file).collect(), now_ms, now_ms) else { return };
            let stop = LogStop { is_clean, recovery_point: 0, log_start_offset: 0 };
            if let Ok(load) = Log::load(files, LogConfig::default(), stop, now_ms) {
                load.log.records_from(0).for_each(drop);
            }
        });
        prop_assert!(took <= 64 * size + MB, "{took} bytes for {size}");
    });
}

/// 61 bytes that claim a batch of 2 GB, or 2³¹−1 records.
#[test]
fn a_header_that_claims_two_gigabytes_takes_none_of_them() {
    let _alone = alone();
    let mut header = common::small_batch().to_bytes();
    header.truncate(HEADER_SIZE);
    header[8..12].copy_from_slice(&i32::MAX.to_be_bytes());
    let took = peak(|| {
        let told = RecordBatch::decode(&header).unwrap_err().to_string();
        assert_eq!(told, "batchLength at byte 8: 2147483659 bytes are needed, 61 are there");
        assert_eq!(memory_records::batches(&header), Ok(Vec::new()));
    });
    assert!(took < 1_000, "{took}");
    header[8..12].copy_from_slice(&49_i32.to_be_bytes());
    header[57..61].copy_from_slice(&i32::MAX.to_be_bytes());
    let took = peak(|| {
        let told = RecordBatch::decode(&header).unwrap().records().unwrap_err().to_string();
        assert_eq!(told, "length at byte 61: the bytes end inside a variable-length integer");
    });
    // Room for the first thousand, at most.
    assert!(took < 200_000, "{took}");
}

/// A snapshot counts its entries, the other files are as long as what they hold.
#[test]
fn what_is_claimed_of_entries_is_not_allocated() {
    let _alone = alone();
    let took = peak(|| {
        let told = snapshot::read(&[0, 1, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff]).unwrap_err();
        assert_eq!(told.location().to_string(), "producer_entries at byte 6");
        assert_eq!(
            highwater_log::leader_epochs::LeaderEpochs::from_checkpoint("0\n4000000000\n").unwrap_err().to_string(),
            "0 entries, where line 2 says 4000000000"
        );
    });
    assert!(took < 2_000, "{took}");
    for entries in [10, 1_000, 100_000] {
        let bytes = vec![0; entries * 12];
        let took = peak(|| {
            assert_eq!(offset_index::read(0, &bytes).len(), entries * 3 / 2);
            assert_eq!(time_index::read(0, &bytes).len(), entries);
            assert_eq!(transaction_index::read(&bytes).len(), entries * 12 / 34);
        });
        assert!(took <= 8 * bytes.len(), "{took} bytes for {}", bytes.len());
    }
}

/// Zeroes, a thousand of them in a byte or many more: nothing beyond the bound comes out, and little more is allocated.
#[test]
fn what_expands_hugely_has_a_bound() {
    let _alone = alone();
    let zeroes = vec![0; 16 * MB];
    for codec in CODECS {
        let bomb = compress(codec, &zeroes).unwrap();
        let took = peak(|| match decompress_within(codec, &bomb, DECOMPRESSED_MAX) {
            Err(CompressionError::TooLarge { most: DECOMPRESSED_MAX, .. }) => {}
            other => panic!("{codec}: {:?}", other.map(|plain| plain.len())),
        });
        assert!(took <= 16 * MB, "{codec}: {took} bytes for {}", bomb.len());
        assert_eq!(decompress_within(codec, &bomb, 16 * MB).unwrap().len(), zeroes.len(), "{codec}");
    }
    // A frame of zstd whose window is 128 MB, of blocks of 128 KB that are one byte each.
    let mut bomb = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 17 << 3];
    bomb.extend([0x02, 0, 0x10, 0].repeat(100_000));
    let took = peak(|| assert!(decompress_within(Codec::Zstd, &bomb, DECOMPRESSED_MAX).is_err()));
    assert!(took < 16 * MB, "{took}");
}
