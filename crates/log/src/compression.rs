//! The codecs of compressed batches. Kafka 4.3: `org.apache.kafka.common.compress`.
//!
//! What is written is what Kafka reads, and of the same form (a gzip member; snappy in xerial's blocks of 32 KB; an lz4
//! frame of independent blocks of 64 KB; a zstd frame). Differs from Kafka: the compressors are others, so the bytes are.
//!
//! The records of a batch are compressed as a whole; its header is not. A header cannot say how large they are, so what comes
//! out is bounded.

use std::io::{Read, Write};

use thiserror::Error;

use crate::batch::{BatchError, Codec};

/// At most so many bytes come out of one batch.
pub const DECOMPRESSED_MAX: usize = 256 * 1024 * 1024;
/// The window that every reader of zstd should allow, whatever the bound, in bytes (RFC 8878, 3.1.1.1.2).
const ZSTD_WINDOW_MIN: usize = 8 * 1024 * 1024;
/// The largest window that is allowed, as in zstd itself and so in Kafka.
const ZSTD_WINDOW_MAX: usize = 128 * 1024 * 1024;
/// What is asked of a reader at a time, in bytes.
const PIECE: usize = 8 * 1024;
/// How xerial's snappy streams begin.
const XERIAL_MAGIC: &[u8] = b"\x82SNAPPY\0";
/// Behind the magic stand two versions of four bytes each.
const XERIAL_VERSIONS: [u8; 8] = [0, 0, 0, 1, 0, 0, 0, 1];
const XERIAL_HEADER: usize = 16;
/// What xerial's stream compresses at a time.
const XERIAL_BLOCK: usize = 32 * 1024;

/// Why bytes cannot be decompressed. Positions are bytes from the beginning of the compressed records.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CompressionError {
    /// The codec's own words.
    #[error("{codec} at byte {position} of what is compressed: {said}")]
    Damaged {
        /// The codec.
        codec: Codec,
        /// How far it read; of snappy the block.
        position: usize,
        /// What its reader says.
        said: String,
    },
    /// A stream of xerial's snappy ends inside of a block.
    #[error(
        "{} at byte {position} of what is compressed: the block claims {claimed} bytes, {available} are there",
        Codec::Snappy
    )]
    Block {
        /// Where the block begins.
        position: usize,
        /// What it claims.
        claimed: u32,
        /// What there is.
        available: usize,
    },
    /// The attributes name no codec.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// More bytes would come out than allowed.
    #[error("{codec} at byte {position} of what is compressed: more than {most} bytes come out of this batch")]
    TooLarge {
        /// The codec.
        codec: Codec,
        /// How far it was read when that was seen.
        position: usize,
        /// The bound.
        most: usize,
    },
}

impl CompressionError {
    /// How many bytes of the compressed records were good.
    pub fn position(&self) -> usize {
        match self {
            CompressionError::Damaged { position, .. }
            | CompressionError::Block { position, .. }
            | CompressionError::TooLarge { position, .. } => *position,
            CompressionError::Batch(_) => 0,
        }
    }
}

/// The bytes that were compressed.
///
/// # Errors
/// Damaged bytes, or more than [`DECOMPRESSED_MAX`] of them.
pub fn decompress(codec: Codec, bytes: &[u8]) -> Result<Vec<u8>, CompressionError> {
    decompress_within(codec, bytes, DECOMPRESSED_MAX)
}

/// The bytes that were compressed, if there are no more than `most`. Besides them no more is allocated than a codec's window:
/// of zstd twice the larger of `most` and 8 MB, and never more than for 128 MB; of the others less than 10 MB.
///
/// # Errors
/// Damaged bytes, or more than `most` of them.
pub fn decompress_within(codec: Codec, bytes: &[u8], most: usize) -> Result<Vec<u8>, CompressionError> {
    let mut rest = bytes;
    let read = match codec {
        Codec::None if bytes.len() > most => Err(Stop::TooLarge),
        Codec::None => Ok(bytes.to_vec()),
        Codec::Gzip => read(&mut flate2::bufread::MultiGzDecoder::new(&mut rest), most),
        Codec::Snappy => return snappy(bytes, most),
        Codec::Lz4 => read(&mut lz4_flex::frame::FrameDecoder::new(&mut rest), most),
        Codec::Zstd => zstd(&mut rest, most),
    };
    let position = bytes.len().saturating_sub(rest.len());
    read.map_err(|stop| match stop {
        Stop::Said(said) => CompressionError::Damaged { codec, position, said },
        Stop::TooLarge => CompressionError::TooLarge { codec, position, most },
    })
}

/// Compresses the bytes of records.
///
/// # Errors
/// What the codec's writer says (nothing here is known to make it).
pub fn compress(codec: Codec, bytes: &[u8]) -> Result<Vec<u8>, CompressionError> {
    match codec {
        Codec::None => Ok(bytes.to_vec()),
        Codec::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(|error| damaged(codec, 0, &error))
        }
        Codec::Snappy => {
            let mut out = [XERIAL_MAGIC, &XERIAL_VERSIONS].concat();
            for chunk in bytes.chunks(XERIAL_BLOCK) {
                let block = snap::raw::Encoder::new().compress_vec(chunk).map_err(|error| damaged(codec, 0, &error))?;
                out.extend(u32::try_from(block.len()).unwrap_or(u32::MAX).to_be_bytes());
                out.extend(block);
            }
            Ok(out)
        }
        Codec::Lz4 => {
            let info = lz4_flex::frame::FrameInfo::new()
                .block_mode(lz4_flex::frame::BlockMode::Independent)
                .block_size(lz4_flex::frame::BlockSize::Max64KB);
            let mut encoder = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
            encoder.write_all(bytes).map_err(|error| damaged(codec, 0, &error))?;
            encoder.finish().map_err(|error| damaged(codec, 0, &error))
        }
        Codec::Zstd => Ok(ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)),
    }
}

fn damaged(codec: Codec, position: usize, error: &dyn std::fmt::Display) -> CompressionError {
    CompressionError::Damaged { codec, position, said: error.to_string() }
}

/// Why a reader stopped; where, its input says.
enum Stop {
    Said(String),
    TooLarge,
}

impl Stop {
    fn said(error: impl std::fmt::Display) -> Stop {
        Stop::Said(error.to_string())
    }
}

fn read(reader: &mut dyn Read, most: usize) -> Result<Vec<u8>, Stop> {
    let mut out = Vec::new();
    let mut piece = [0; PIECE];
    loop {
        let read = reader.read(&mut piece).map_err(Stop::said)?;
        let piece = piece.get(..read).unwrap_or_default();
        if piece.is_empty() {
            return Ok(out);
        }
        if piece.len() > most.saturating_sub(out.len()) {
            return Err(Stop::TooLarge);
        }
        out.extend_from_slice(piece);
    }
}

/// Block after block, so that no more is decoded than is asked for.
fn zstd(bytes: &mut &[u8], most: usize) -> Result<Vec<u8>, Stop> {
    let mut decoder = ruzstd::decoding::FrameDecoder::new();
    let window = most.clamp(ZSTD_WINDOW_MIN, ZSTD_WINDOW_MAX);
    decoder.set_max_window_size(u64::try_from(window).unwrap_or(u64::MAX));
    decoder.init(&mut *bytes).map_err(Stop::said)?;
    let mut out = Vec::new();
    while !decoder.is_finished() {
        let one = ruzstd::decoding::BlockDecodingStrategy::UptoBlocks(1);
        decoder.decode_blocks(&mut *bytes, one).map_err(Stop::said)?;
        if decoder.can_collect() > most.saturating_sub(out.len()) {
            return Err(Stop::TooLarge);
        }
        decoder.collect_to_writer(&mut out).map_err(Stop::said)?;
    }
    Ok(out)
}

/// A header, then blocks with their lengths before them. Bytes without that header are one block.
fn snappy(bytes: &[u8], most: usize) -> Result<Vec<u8>, CompressionError> {
    if !bytes.starts_with(XERIAL_MAGIC) {
        return block(bytes, 0, most, most);
    }
    let mut out = Vec::new();
    let mut position = XERIAL_HEADER;
    while let Some(rest) = bytes.get(position..).filter(|rest| !rest.is_empty()) {
        let claimed = rest.first_chunk().copied().map_or(u32::MAX, u32::from_be_bytes);
        let length = usize::try_from(claimed).unwrap_or(usize::MAX);
        let end = length.saturating_add(4);
        let available = rest.len().saturating_sub(4);
        let compressed = rest.get(4..end).ok_or(CompressionError::Block { position, claimed, available })?;
        out.extend(block(compressed, position, most.saturating_sub(out.len()), most)?);
        position = position.saturating_add(end);
    }
    Ok(out)
}

/// The block at a position, if it has no more than `left` of the `most` bytes that are allowed.
fn block(bytes: &[u8], position: usize, left: usize, most: usize) -> Result<Vec<u8>, CompressionError> {
    let codec = Codec::Snappy;
    let length = snap::raw::decompress_len(bytes).map_err(|error| damaged(codec, position, &error))?;
    if length > left {
        return Err(CompressionError::TooLarge { codec, position, most });
    }
    // What snappy cannot do: a byte stands for 64 at most.
    let possible = bytes.len().saturating_mul(64);
    if length > possible {
        let said = format!("the block claims {length} bytes, no more than {possible} can be in it");
        return Err(CompressionError::Damaged { codec, position, said });
    }
    snap::raw::Decoder::new().decompress_vec(bytes).map_err(|error| damaged(codec, position, &error))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CODECS: [Codec; 5] = [Codec::None, Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];

    proptest! {
        #[test]
        fn what_was_compressed_comes_out(bytes in prop::collection::vec(0_u8..8, 0..5_000)) {
            for codec in CODECS {
                let compressed = compress(codec, &bytes).unwrap();
                prop_assert_eq!(decompress(codec, &compressed).unwrap(), bytes.clone(), "{}", codec);
            }
        }

        #[test]
        fn damaged_bytes_are_an_error_and_never_a_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..400),
            plain in prop::collection::vec(0_u8..4, 1..2_000),
            at in any::<prop::sample::Index>(),
            flip in 1_u8..,
        ) {
            for codec in CODECS {
                let mut compressed = compress(codec, &plain).unwrap();
                let _ = decompress(codec, &bytes);
                let place = at.index(compressed.len());
                compressed[place] ^= flip;
                let _ = decompress(codec, &compressed);
                compressed.truncate(place);
                let _ = decompress(codec, &compressed);
            }
        }
    }

    #[test]
    fn a_claim_is_no_reason_to_allocate() {
        let huge = [XERIAL_MAGIC, &[0, 0, 0, 1, 0, 0, 0, 1], &[0x7f, 0xff, 0xff, 0xff], &[1, 2, 3]].concat();
        assert!(matches!(decompress(Codec::Snappy, &huge), Err(CompressionError::Block { available: 3, .. })));
        // A length of nearly 4 GB as snappy's own varint.
        let told = decompress(Codec::Snappy, &[0xff, 0xff, 0xff, 0xff, 0x0f, 0]).unwrap_err().to_string();
        assert_eq!(told, "snappy at byte 0 of what is compressed: more than 268435456 bytes come out of this batch");
        let told = decompress(Codec::Snappy, &[0xff, 0xff, 0x7f, 0]).unwrap_err().to_string();
        assert!(told.ends_with("the block claims 2097151 bytes, no more than 256 can be in it"), "{told}");
    }
}
