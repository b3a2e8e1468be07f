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
/// How xerial's snappy streams begin.
const XERIAL_MAGIC: &[u8] = b"\x82SNAPPY\0";
/// Behind the magic stand two versions of four bytes each.
const XERIAL_VERSIONS: [u8; 8] = [0, 0, 0, 1, 0, 0, 0, 1];
const XERIAL_HEADER: usize = 16;
/// What xerial's stream compresses at a time.
const XERIAL_BLOCK: usize = 32 * 1024;

/// Why bytes cannot be decompressed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CompressionError {
    /// The codec's own words.
    #[error("{codec:?}: {said}")]
    Damaged {
        /// The codec.
        codec: Codec,
        /// What its reader says.
        said: String,
    },
    /// A stream of xerial's snappy ends inside of a block.
    #[error("Snappy: the block at byte {position} claims {claimed} bytes, {available} are there")]
    Block {
        /// Where, from the beginning of the records.
        position: usize,
        /// What it claims.
        claimed: u32,
        /// What there is.
        available: usize,
    },
    /// The attributes name no codec.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// More than [`DECOMPRESSED_MAX`] bytes would come out.
    #[error("more than {DECOMPRESSED_MAX} bytes come out of this batch")]
    TooLarge,
}

/// The bytes that were compressed.
///
/// # Errors
/// Damaged bytes, or more than [`DECOMPRESSED_MAX`] of them.
pub fn decompress(codec: Codec, bytes: &[u8]) -> Result<Vec<u8>, CompressionError> {
    match codec {
        Codec::None => Ok(bytes.to_vec()),
        Codec::Gzip => read(codec, flate2::read::MultiGzDecoder::new(bytes)),
        Codec::Snappy => snappy(bytes),
        Codec::Lz4 => read(codec, lz4_flex::frame::FrameDecoder::new(bytes)),
        Codec::Zstd => {
            let decoder = ruzstd::decoding::StreamingDecoder::new(bytes).map_err(|error| damaged(codec, &error))?;
            read(codec, decoder)
        }
    }
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
            encoder.write_all(bytes).and_then(|()| encoder.finish()).map_err(|error| damaged(codec, &error))
        }
        Codec::Snappy => {
            let mut out = [XERIAL_MAGIC, &XERIAL_VERSIONS].concat();
            for chunk in bytes.chunks(XERIAL_BLOCK) {
                let block = snap::raw::Encoder::new().compress_vec(chunk).map_err(|error| damaged(codec, &error))?;
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
            encoder.write_all(bytes).map_err(|error| damaged(codec, &error))?;
            encoder.finish().map_err(|error| damaged(codec, &error))
        }
        Codec::Zstd => Ok(ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)),
    }
}

fn damaged(codec: Codec, error: &dyn std::fmt::Display) -> CompressionError {
    CompressionError::Damaged { codec, said: error.to_string() }
}

fn read(codec: Codec, reader: impl Read) -> Result<Vec<u8>, CompressionError> {
    let mut out = Vec::new();
    let most = u64::try_from(DECOMPRESSED_MAX).unwrap_or(u64::MAX);
    reader.take(most.saturating_add(1)).read_to_end(&mut out).map_err(|error| damaged(codec, &error))?;
    if out.len() > DECOMPRESSED_MAX { Err(CompressionError::TooLarge) } else { Ok(out) }
}

/// A header, then blocks with their lengths before them. Bytes without that header are one block.
fn snappy(bytes: &[u8]) -> Result<Vec<u8>, CompressionError> {
    if !bytes.starts_with(XERIAL_MAGIC) {
        return block(bytes);
    }
    let mut out = Vec::new();
    let mut position = XERIAL_HEADER;
    while let Some(rest) = bytes.get(position..).filter(|rest| !rest.is_empty()) {
        let claimed = rest.first_chunk().copied().map_or(u32::MAX, u32::from_be_bytes);
        let length = usize::try_from(claimed).unwrap_or(usize::MAX);
        let end = length.saturating_add(4);
        let available = rest.len().saturating_sub(4);
        let compressed = rest.get(4..end).ok_or(CompressionError::Block { position, claimed, available })?;
        out.extend(block(compressed)?);
        if out.len() > DECOMPRESSED_MAX {
            return Err(CompressionError::TooLarge);
        }
        position = position.saturating_add(end);
    }
    Ok(out)
}

fn block(bytes: &[u8]) -> Result<Vec<u8>, CompressionError> {
    let length = snap::raw::decompress_len(bytes).map_err(|error| damaged(Codec::Snappy, &error))?;
    // What snappy cannot do: a byte stands for 64 at most.
    if length > DECOMPRESSED_MAX || length > bytes.len().saturating_mul(64) {
        return Err(CompressionError::TooLarge);
    }
    snap::raw::Decoder::new().decompress_vec(bytes).map_err(|error| damaged(Codec::Snappy, &error))
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
        assert_eq!(decompress(Codec::Snappy, &[0xff, 0xff, 0xff, 0xff, 0x0f, 0]), Err(CompressionError::TooLarge));
    }
}
