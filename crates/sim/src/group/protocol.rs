//! What members of a classic group tell each other through the coordinator. Kafka 4.3: `ConsumerProtocol`, with its messages
//! `ConsumerProtocolSubscription` and `ConsumerProtocolAssignment`, and the user data of the sticky assignors.
//!
//! The coordinator never looks into them but for the topics that a group subscribes to.

use super::wire::{Wire, WireError};
use crate::ids::Topic;

/// The version that is written, and the greatest that is known; a newer one is read as this one.
const VERSION: i16 = 3;

/// Partitions by topic.
pub type Owned = Vec<(Topic, Vec<i32>)>;

/// What a member subscribes to, and what it owns. Kafka: `ConsumerProtocolSubscription`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The topics, in order.
    pub topics: Vec<Topic>,
    /// What its assignor wants the leader's to know.
    pub user_data: Option<Vec<u8>>,
    /// The partitions that it owns; only the cooperative protocol says them.
    pub owned: Owned,
    /// The generation in which it owned them; -1 if it was in none.
    pub generation: i32,
    /// `client.rack`.
    pub rack: Option<String>,
}

impl Default for Subscription {
    fn default() -> Self {
        Subscription { topics: Vec::new(), user_data: None, owned: Vec::new(), generation: -1, rack: None }
    }
}

impl Subscription {
    /// Its bytes. Kafka: `ConsumerProtocol.serializeSubscription`.
    ///
    /// # Errors
    /// [`WireError::TooLong`] if a name is.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        let mut wire = Wire::writer(false);
        let mut version = VERSION;
        wire.i16(&mut version)?;
        self.clone().fields(&mut wire, version)?;
        Ok(wire.into_bytes())
    }

    /// What the bytes say. Kafka: `ConsumerProtocol.deserializeSubscription`.
    ///
    /// # Errors
    /// What is wrong with a field. Kafka: `SchemaException`.
    pub fn decode(bytes: &[u8]) -> Result<Subscription, WireError> {
        let mut wire = Wire::reader(bytes, false);
        let version = version(&mut wire)?;
        let mut subscription = Subscription::default();
        subscription.fields(&mut wire, version)?;
        Ok(subscription)
    }

    fn fields(&mut self, wire: &mut Wire<'_>, version: i16) -> Result<(), WireError> {
        wire.list(&mut self.topics, |topic, wire| wire.topic(topic))?;
        wire.nullable_bytes(&mut self.user_data)?;
        if version >= 1 {
            owned(&mut self.owned, wire)?;
        }
        if version >= 2 {
            wire.i32(&mut self.generation)?;
        }
        if version >= 3 {
            wire.nullable_string(&mut self.rack)?;
        }
        Ok(())
    }
}

/// A member's partitions. Kafka: `ConsumerProtocolAssignment`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assigned {
    /// The partitions.
    pub partitions: Owned,
    /// What the leader's assignor wants the member's to know.
    pub user_data: Option<Vec<u8>>,
}

impl Assigned {
    /// Its bytes. Kafka: `ConsumerProtocol.serializeAssignment`.
    ///
    /// # Errors
    /// [`WireError::TooLong`] if a name is.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        let mut wire = Wire::writer(false);
        wire.i16(&mut VERSION.clone())?;
        self.clone().fields(&mut wire)?;
        Ok(wire.into_bytes())
    }

    /// What the bytes say. Kafka: `ConsumerProtocol.deserializeAssignment`.
    ///
    /// # Errors
    /// What is wrong with a field. Kafka: `SchemaException`.
    pub fn decode(bytes: &[u8]) -> Result<Assigned, WireError> {
        let mut wire = Wire::reader(bytes, false);
        version(&mut wire)?;
        let mut assigned = Assigned::default();
        assigned.fields(&mut wire)?;
        Ok(assigned)
    }

    fn fields(&mut self, wire: &mut Wire<'_>) -> Result<(), WireError> {
        owned(&mut self.partitions, wire)?;
        wire.nullable_bytes(&mut self.user_data)
    }
}

/// What the sticky assignor had assigned to a member before, and in which generation. Kafka: `StickyAssignor`'s schema
/// `STICKY_ASSIGNOR_USER_DATA_V1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StickyUserData {
    /// The partitions.
    pub previous: Owned,
    /// The generation; none in the oldest form.
    pub generation: Option<i32>,
}

impl StickyUserData {
    /// Its bytes.
    ///
    /// # Errors
    /// [`WireError::TooLong`] if a name is.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        let mut wire = Wire::writer(false);
        owned(&mut self.previous.clone(), &mut wire)?;
        if let Some(mut generation) = self.generation {
            wire.i32(&mut generation)?;
        }
        Ok(wire.into_bytes())
    }

    /// What the bytes say.
    ///
    /// # Errors
    /// What is wrong with a field.
    pub fn decode(bytes: &[u8]) -> Result<StickyUserData, WireError> {
        let mut wire = Wire::reader(bytes, false);
        let mut previous = Owned::new();
        owned(&mut previous, &mut wire)?;
        let mut generation = -1;
        let generation = wire.i32(&mut generation).ok().map(|()| generation);
        Ok(StickyUserData { previous, generation })
    }
}

/// The generation in which a member of the cooperative-sticky assignor was. Kafka: `CooperativeStickyAssignor`'s schema
/// `COOPERATIVE_STICKY_ASSIGNOR_USER_DATA_V0`.
///
/// # Errors
/// [`WireError::Truncated`] if there are fewer than four bytes.
pub fn cooperative_generation(bytes: &[u8]) -> Result<i32, WireError> {
    let mut generation = 0;
    Wire::reader(bytes, false).i32(&mut generation)?;
    Ok(generation)
}

fn owned(owned: &mut Owned, wire: &mut Wire<'_>) -> Result<(), WireError> {
    wire.list(owned, |(topic, partitions), wire| {
        wire.topic(topic)?;
        wire.list(partitions, |partition, wire| wire.i32(partition))
    })
}

fn version(wire: &mut Wire<'_>) -> Result<i16, WireError> {
    let mut version = 0;
    wire.i16(&mut version)?;
    if version < 0 { Err(WireError::UnknownVersion(version)) } else { Ok(version.min(VERSION)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_and_assignments_are_kafkas_bytes() {
        let subscription = Subscription {
            topics: vec!["a".into(), "b".into()],
            user_data: Some(vec![0, 0, 0, 7]),
            owned: vec![("a".into(), vec![0, 1])],
            generation: 7,
            rack: None,
        };
        let bytes = subscription.encode().unwrap();
        assert_eq!(
            bytes,
            [
                &[0, 3, 0, 0, 0, 2, 0, 1, b'a', 0, 1, b'b', 0, 0, 0, 4, 0, 0, 0, 7][..],
                &[0, 0, 0, 1, 0, 1, b'a', 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1],
                &[0, 0, 0, 7, 0xff, 0xff],
            ]
            .concat()
        );
        assert_eq!(Subscription::decode(&bytes), Ok(subscription));
        let assigned = Assigned { partitions: vec![("a".into(), vec![2])], user_data: None };
        let bytes = assigned.encode().unwrap();
        assert_eq!(bytes, [0, 3, 0, 0, 0, 1, 0, 1, b'a', 0, 0, 0, 1, 0, 0, 0, 2, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(Assigned::decode(&bytes), Ok(assigned));
    }

    #[test]
    fn older_versions_say_less_and_newer_ones_no_more() {
        let oldest = [0, 0, 0, 0, 0, 1, 0, 1, b'a', 0xff, 0xff, 0xff, 0xff];
        let read = Subscription { topics: vec!["a".into()], ..Subscription::default() };
        assert_eq!(Subscription::decode(&oldest), Ok(read.clone()));
        let mut newer = read.encode().unwrap();
        newer[1] = 9;
        newer.push(1);
        assert_eq!(Subscription::decode(&newer), Ok(read));
        assert_eq!(Subscription::decode(&[0xff, 0xff]), Err(WireError::UnknownVersion(-1)));
    }

    #[test]
    fn user_data_of_sticky_assignors() {
        let data = StickyUserData { previous: vec![("a".into(), vec![0])], generation: Some(3) };
        let bytes = data.encode().unwrap();
        assert_eq!(bytes, [0, 0, 0, 1, 0, 1, b'a', 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3]);
        assert_eq!(StickyUserData::decode(&bytes), Ok(data));
        let old = StickyUserData { previous: Vec::new(), generation: None };
        assert_eq!(StickyUserData::decode(&old.encode().unwrap()), Ok(old));
        assert_eq!(cooperative_generation(&[0, 0, 0, 9]), Ok(9));
        assert_eq!(cooperative_generation(&[0]), Err(WireError::Truncated));
    }
}
