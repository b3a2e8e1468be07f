//! Bytes as lower-case hexadecimal digits.

use serde::{Deserialize, Deserializer, de};

/// Bytes, which are written in hex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hex(pub Vec<u8>);

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Hex, D::Error> {
        let text = String::deserialize(deserializer)?;
        decode(&text).map(Hex).ok_or_else(|| de::Error::custom(format!("`{text}` is not bytes in hex")))
    }
}

/// Bytes in hex.
pub fn encode(bytes: &[u8]) -> String {
    let mut digits = Vec::new();
    write(bytes, &mut digits);
    // They are ASCII.
    String::from_utf8(digits).unwrap_or_default()
}

/// Adds bytes in hex.
pub fn write(bytes: &[u8], out: &mut Vec<u8>) {
    let digit = |value: u8| if value < 10 { b'0' + value } else { b'a' + (value - 10) };
    out.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0x0f)]));
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? * 16 + digit(*low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_goes_there_and_back() {
        assert_eq!(encode(&[0, 0x0f, 0xff]), "000fff");
        assert_eq!(decode("000fFF"), Some(vec![0, 0x0f, 0xff]));
        assert_eq!(decode("0"), None);
        assert_eq!(decode("0g"), None);
        assert_eq!(decode("é"), None);
    }
}
