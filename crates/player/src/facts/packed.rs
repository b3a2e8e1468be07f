//! Which facts are packed: those that come with every record and every message. The others are few and lie as they are.
//!
//! Each row has a tag and a variant with its fields; a fact that gets another field does not compile without it here.

use highwater_sim::error::Errors;
use highwater_sim::fact::{
    CheckpointFile, ChosenBy, Completion, FactKind, GroupFact, MessageFact, ReadyBecause, Says, SessionSays,
};
use highwater_sim::message::{Acks, Api, LeaderIdAndEpoch};
use highwater_sim::timer::{MemberTask, Task, Timer};

use super::values::{Packed, Reader, Writer};

macro_rules! packed {
    ($($type:ident { $($tag:literal $variant:ident $({ $($field:ident),* })? $(($item:ident))?;)* })*) => {
        $(impl Packed for $type {
            #[allow(unreachable_patterns, reason = "of some types every variant is packed")]
            fn put(&self, to: &mut Writer<'_>) -> Option<()> {
                match self {
                    $($type::$variant $({ $($field),* })? $(($item))? => {
                        to.bytes.push($tag);
                        $($($field.put(to)?;)*)?
                        $($item.put(to)?;)?
                    })*
                    _ => return None,
                }
                Some(())
            }

            fn take(from: &mut Reader<'_>) -> Option<$type> {
                Some(match from.byte()? {
                    $($tag => {
                        $($(let $field = Packed::take(from)?;)*)?
                        $(let $item = Packed::take(from)?;)?
                        $type::$variant $({ $($field),* })? $(($item))?
                    })*
                    _ => return None,
                })
            }
        })*
    };
}

packed! {
    FactKind {
        // 0 says that a fact is not packed.
        1 Sent(message);
        2 Received(message);
        3 MessageLost(message);
        4 TimerFired { node, timer };
        5 PartitionChosen { producer, partition, key, partitions, by };
        6 RecordAccumulated { producer, partition, batch, new_batch, records, bytes, batch_size };
        7 BatchReady { producer, partition, batch, because, waited_ms };
        8 BatchDrained { producer, partition, batch, broker, records };
        9 BatchAcknowledged { producer, partition, batch, base_offset, records };
        10 RecordAppended { broker, partition, first_offset, last_offset, leader_epoch, as_leader };
        11 FollowerCredited { broker, partition, follower, from, to };
        12 HighWatermarkAdvanced { broker, partition, from, to, log_end_offsets };
        13 HighWatermarkUpdated { broker, partition, from, to, leader_high_watermark, log_end_offset };
        14 FetchParked { broker, message, partition, node, wait_ms };
        15 FetchCompleted { broker, message, partition, completion };
        16 ProduceParked { broker, message, partition, required_offset, wait_ms };
        17 ProduceCompleted { broker, message, partition, completion };
        18 RecordsPolled { consumer, partition, first_offset, last_offset, position, records };
        19 LogFlushed { broker, partition, recovery_point };
        20 CheckpointWritten { broker, file, partition, offset };
        21 Group(fact);
    }
    GroupFact {
        0 RecordProcessed { consumer, partition, offset };
    }
    Says {
        0 Produce { acks, records };
        1 Produced { error, base_offset, current_leader };
        2 Fetch { offset, last_fetched_epoch, session };
        3 Fetched {
            error, high_watermark, records, first_offset, preferred_read_replica, current_leader, session_id, named
        };
        4 Metadata;
        5 MetadataIs { partitions };
    }
    Api { 0 Produce; 1 Fetch; 2 Metadata; }
    Acks { 0 None; 1 Leader; 2 All; }
    Errors { 0 None; }
    ChosenBy { 0 Application; 1 KeyHash { murmur2, positive }; 2 Sticky; 3 RoundRobin { counter, of }; }
    ReadyBecause { 0 Full; 1 LingerExpired; 2 MemoryWaiters; 3 Closed; 4 Flushing; 5 BackoffExpired; 6 LeaderChanged; }
    Completion { 0 Satisfied; 1 TimedOut; }
    CheckpointFile { 0 HighWatermark; 1 RecoveryPoint; 2 LogStartOffset; 3 Cleaner; }
    Timer {
        0 SenderRun;
        1 DelayedOperation { request };
        2 FetchBackoff { leader };
        3 RequestTimeout { request };
        4 Disconnected { request };
        5 MetadataRefresh;
        6 Background(task);
        7 GroupMember(task);
        8 Application;
    }
    Task {
        0 Retention;
        1 Cleaner;
        2 HighWatermarkCheckpoint;
        3 RecoveryPointCheckpoint;
        4 LogStartOffsetCheckpoint;
        5 Flush;
        6 IsrExpiration;
    }
    MemberTask { 0 Look; 1 Heartbeat; 2 AutoCommit; 3 PollTimeout; 4 Retry; }
}

impl Packed for SessionSays {
    fn put(&self, to: &mut Writer<'_>) -> Option<()> {
        let SessionSays { id, epoch, named, forgotten, partitions } = self;
        id.put(to)?;
        epoch.put(to)?;
        named.put(to)?;
        forgotten.put(to)?;
        partitions.put(to)
    }

    fn take(from: &mut Reader<'_>) -> Option<SessionSays> {
        Some(SessionSays {
            id: Packed::take(from)?,
            epoch: Packed::take(from)?,
            named: Packed::take(from)?,
            forgotten: Packed::take(from)?,
            partitions: Packed::take(from)?,
        })
    }
}

/// Only refusals name a leader, and errors are not packed.
impl Packed for LeaderIdAndEpoch {
    fn put(&self, _: &mut Writer<'_>) -> Option<()> {
        None
    }

    fn take(_: &mut Reader<'_>) -> Option<LeaderIdAndEpoch> {
        None
    }
}

impl Packed for MessageFact {
    fn put(&self, to: &mut Writer<'_>) -> Option<()> {
        let MessageFact { message, correlation, from, to: receiver, api, response, partition, says } = self;
        // Messages between members and coordinators say much, and are few.
        says.put(to)?;
        api.put(to)?;
        message.put(to)?;
        correlation.put(to)?;
        from.put(to)?;
        receiver.put(to)?;
        response.put(to)?;
        partition.put(to)
    }

    fn take(bytes: &mut Reader<'_>) -> Option<MessageFact> {
        let says = Packed::take(bytes)?;
        let api = Packed::take(bytes)?;
        let (message, correlation) = (Packed::take(bytes)?, Packed::take(bytes)?);
        let (from, to) = (Packed::take(bytes)?, Packed::take(bytes)?);
        let (response, partition) = (Packed::take(bytes)?, Packed::take(bytes)?);
        Some(MessageFact { message, correlation, from, to, api, response, partition, says })
    }
}

impl<T: Packed> Packed for Box<T> {
    fn put(&self, to: &mut Writer<'_>) -> Option<()> {
        self.as_ref().put(to)
    }

    fn take(from: &mut Reader<'_>) -> Option<Box<T>> {
        T::take(from).map(Box::new)
    }
}
