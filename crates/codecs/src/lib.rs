//! The codecs as a program of their own: a page loads it when it reads compressed files, and not before.

use highwater_log::batch::Codec;
use highwater_log::compression;
use wasm_bindgen::prelude::wasm_bindgen;

/// The bytes that were compressed, by the number of the codec in a batch's attributes.
///
/// # Errors
/// A number that is no codec's, or what the codec says.
#[wasm_bindgen]
pub fn decompress(codec: u8, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let codec = Codec::from_id(codec).ok_or_else(|| format!("codec {codec} is unknown"))?;
    compression::decompress(codec, bytes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codecs_go_by_their_numbers() {
        let compressed = compression::compress(Codec::Gzip, b"abc").unwrap();
        assert_eq!(decompress(1, &compressed).unwrap(), b"abc");
        assert_eq!(decompress(5, b"abc").unwrap_err(), "codec 5 is unknown");
        assert!(decompress(4, b"abc").is_err());
    }
}
