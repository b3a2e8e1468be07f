//! The member ids that members by the consumer protocol make up. Kafka 4.3: `AbstractMembershipManager.memberId`,
//! `Uuid.randomUuid`, `Uuid.toString`.
//!
//! Differs from Kafka: the id is made of the client's name and of how often it began, so that the same schedule gives the
//! same ids.

use crate::ids::TopicId;

/// The letters of a UUID's text, each for six bits.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// An id in the form of a random UUID's (version 4): 22 letters, the first of which is no hyphen.
pub(in crate::consumer) fn made_up(client_id: &str, incarnation: u32) -> String {
    let seed = TopicId::of_name(&format!("{client_id}/{incarnation}")).0;
    let bits = seed & !(0xf << 76) & !(0x3 << 62) & !(0x8 << 124) | 0x4 << 76 | 0x2 << 62;
    // 128 bits and four zeros are 22 times six.
    let letter = |place: u32| {
        let shift = 122_i64 - i64::from(place) * 6;
        let six = if shift >= 0 { bits >> shift } else { bits << -shift } & 0x3f;
        usize::try_from(six).ok().and_then(|six| LETTERS.get(six)).map_or('A', |letter| char::from(*letter))
    };
    (0..22).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_start_of_each_client_has_an_id_of_its_own_in_the_form_of_a_uuid() {
        let ids: Vec<String> = ["c1", "c2", "c3"].iter().flat_map(|id| [made_up(id, 0), made_up(id, 1)]).collect();
        for (place, id) in ids.iter().enumerate() {
            assert_eq!(id.len(), 22, "{id}");
            assert!(!id.starts_with('-') && !ids[..place].contains(id), "{id}");
            // The version, 4, is the four bits from 48 on: the ninth letter.
            let ninth = LETTERS.iter().position(|letter| char::from(*letter) == id.chars().nth(8).unwrap()).unwrap();
            assert_eq!(ninth >> 2, 4, "{id}");
        }
    }
}
