//! How compressed records are read: with the codecs that are built in (feature `codecs`), or by what a program that is
//! built without them was given.

use std::sync::OnceLock;

use crate::batch::{BatchError, Codec};

/// Gives the bytes that were compressed, or says why it cannot.
pub type Decompress = fn(Codec, &[u8]) -> Result<Vec<u8>, BatchError>;

static GIVEN: OnceLock<Decompress> = OnceLock::new();

/// Gives the codecs to a program that is built without them. Only the first ones are kept.
pub fn give(decompress: Decompress) {
    let _ = GIVEN.set(decompress);
}

/// The bytes that were compressed.
///
/// # Errors
/// What the codec says; without codecs, that there are none.
pub fn decompress(codec: Codec, bytes: &[u8]) -> Result<Vec<u8>, BatchError> {
    #[cfg(feature = "codecs")]
    give(|codec, bytes| crate::compression::decompress(codec, bytes).map_err(|error| BatchError::of_codec(&error)));
    match GIVEN.get() {
        Some(decompress) => decompress(codec, bytes),
        None => Err(BatchError::Compressed { codec }),
    }
}
