//! The blocks of producer ids that the controller gives to brokers. Kafka 4.3: `ProducerIdControlManager`.

use crate::error::Errors;
use crate::ids::BrokerId;
use crate::metadata::MetadataImage;

/// How many ids a block has. Kafka: `ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE`.
pub const PRODUCER_ID_BLOCK_SIZE: i32 = 1_000;

/// What the metadata log says of producer ids: no id is given twice, whoever leads the controllers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProducerIdControlManager {
    next_producer_id: i64,
}

impl ProducerIdControlManager {
    /// The first id that no broker has.
    pub fn next_producer_id(self) -> i64 {
        self.next_producer_id
    }

    /// Gives the next block to a broker: its first id.
    ///
    /// # Errors
    /// `STALE_BROKER_EPOCH`; `UNKNOWN_SERVER_ERROR` when there are no more ids.
    pub fn generate_next_producer_id(
        &mut self,
        image: &MetadataImage,
        broker: BrokerId,
        broker_epoch: i64,
    ) -> Result<i64, Errors> {
        if image.brokers.get(&broker).is_none_or(|registered| registered.epoch != broker_epoch) {
            return Err(Errors::StaleBrokerEpoch);
        }
        let first = self.next_producer_id;
        let next = first.checked_add(PRODUCER_ID_BLOCK_SIZE.into());
        self.next_producer_id = next.ok_or(Errors::UnknownServerError)?;
        Ok(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::BrokerRegistration;
    use crate::sorted::SortedMap;

    #[test]
    fn each_block_goes_to_one_registration_of_one_broker() {
        let registered = |epoch| BrokerRegistration { epoch, ..BrokerRegistration::default() };
        let brokers = SortedMap::from([(BrokerId(1), registered(7)), (BrokerId(2), registered(8))]);
        let image = MetadataImage { brokers, ..MetadataImage::default() };
        let mut ids = ProducerIdControlManager::default();
        let mut ask = |broker, epoch| ids.generate_next_producer_id(&image, BrokerId(broker), epoch);
        assert_eq!(ask(1, 7), Ok(0));
        assert_eq!(ask(2, 8), Ok(1_000));
        assert_eq!(ask(1, 6), Err(Errors::StaleBrokerEpoch));
        assert_eq!(ask(3, 9), Err(Errors::StaleBrokerEpoch));
        assert_eq!(ask(1, 7), Ok(2_000));
        let mut last = ProducerIdControlManager { next_producer_id: i64::MAX - 999 };
        assert_eq!(last.generate_next_producer_id(&image, BrokerId(1), 7), Err(Errors::UnknownServerError));
    }
}
