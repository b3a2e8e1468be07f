//! What an expression can ask of the world: one table for names, checks, suggestions and documentation.

mod definition;
mod parameter;

use crate::words::RefKind;
use parameter::{given, optional};

pub use definition::FunctionDef;
pub use parameter::{Parameter, ParameterKind, Type};

/// The function of that name.
pub fn function(name: &str) -> Option<&'static FunctionDef> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

const fn define(
    name: &'static str,
    parameters: &'static [Parameter],
    returns: Type,
    ref_kind: RefKind,
    meaning: &'static str,
) -> FunctionDef {
    // Only those who write scenarios read it.
    #[cfg(not(feature = "author"))]
    let _ = meaning;
    FunctionDef {
        name,
        parameters,
        returns,
        #[cfg(feature = "author")]
        meaning,
        ref_kind,
    }
}

const PARTITION: Parameter = given("partition", ParameterKind::Partition);
const BROKER: Parameter = given("broker", ParameterKind::Broker);
const ON_BROKER: Parameter = optional("broker", ParameterKind::Broker);
const TOPIC: Parameter = given("topic", ParameterKind::Topic);
const PRODUCER: Parameter = given("producer", ParameterKind::Producer);
const CONSUMER: Parameter = given("consumer", ParameterKind::Consumer);
const OPTIONAL_PARTITION: Parameter = optional("partition", ParameterKind::Partition);
const GROUP: Parameter = given("group", ParameterKind::Group);
const KEY: Parameter = given("key", ParameterKind::Text);
const COUNT: Parameter = given("partitions", ParameterKind::Number);

const OFFSET: Parameter = given("offset", ParameterKind::Number);
const TWO: &[Parameter] = &[given("a", ParameterKind::Number), given("b", ParameterKind::Number)];
const SHARE: &[Parameter] = &[GROUP, PARTITION];
const SHARED: &[Parameter] = &[GROUP, PARTITION, OFFSET];

use RefKind::{Bad, Leader, Message, Plain, Water};
use Type::{List, Number, Text, Truth};

/// All functions.
pub const FUNCTIONS: &[FunctionDef] = &[
    define("hw", &[PARTITION, ON_BROKER], Number, Water, "The high watermark on a broker, by default the leader's."),
    define(
        "leo",
        &[PARTITION, ON_BROKER],
        Number,
        Plain,
        "The log end offset on a broker, the offset of its next record; by default the leader's.",
    ),
    define("lso", &[PARTITION], Number, Water, "The last stable offset on the leader."),
    define("log_start", &[PARTITION], Number, Plain, "The first offset that can be read on the leader."),
    define("segments", &[PARTITION], Number, Plain, "How many segments the leader's log has."),
    define("log_bytes", &[PARTITION], Number, Plain, "The size of the leader's .log files, in bytes."),
    define("kept", &[PARTITION], Number, Plain, "How many records there really are in the leader's log."),
    define(
        "holds",
        &[PARTITION, OFFSET],
        Type::Truth,
        Plain,
        "Whether there really is a record at an offset of the leader's log.",
    ),
    define("deletable", &[PARTITION], Number, Plain, "How many segments retention would delete now."),
    define("dirty_from", &[PARTITION], Number, Plain, "Where the part of the log begins that was never compacted."),
    define("segment", &[PARTITION, OFFSET], Number, Plain, "The base offset of the segment that holds an offset."),
    define(
        "segment_bytes",
        &[PARTITION, OFFSET],
        Number,
        Plain,
        "The size of the segment that holds an offset, in bytes.",
    ),
    define("entries", &[PARTITION, OFFSET], Number, Plain, "How many entries the offset index of its segment has."),
    define("entry", &[PARTITION, OFFSET], Number, Plain, "The offset of the index entry where a scan for it begins."),
    define("entry_position", &[PARTITION, OFFSET], Number, Plain, "The position of that entry, in bytes."),
    define("probes", &[PARTITION, OFFSET], Number, Plain, "How many entries a search for it looks at."),
    define(
        "scanned",
        &[PARTITION, OFFSET],
        Number,
        Plain,
        "How many headers of batches are read from that entry on, until it is found.",
    ),
    define("batch", &[PARTITION, OFFSET], Number, Plain, "The first offset of the batch that holds it."),
    define("batch_end", &[PARTITION, OFFSET], Number, Plain, "The last offset of the batch that holds it."),
    define("batch_size", &[PARTITION, OFFSET], Number, Plain, "The size of the batch that holds it, in bytes."),
    define("batch_position", &[PARTITION, OFFSET], Number, Plain, "Where that batch begins in the file, in bytes."),
    define("batch_epoch", &[PARTITION, OFFSET], Number, Leader, "The leader epoch in that batch."),
    define(
        "offset_at",
        &[PARTITION, given("timestamp", ParameterKind::Number)],
        Number,
        Plain,
        "The first offset whose timestamp (ms since the epoch) is not before this one.",
    ),
    define(
        "timestamp",
        &[PARTITION, OFFSET],
        Number,
        Plain,
        "The timestamp of the record at an offset of the leader's log, in ms since the epoch; none if there is none.",
    ),
    define(
        "newest",
        &[PARTITION],
        Number,
        Plain,
        "The offset of the first record with the largest timestamp in the leader's log; none if it is empty.",
    ),
    define("isr", &[PARTITION], List, Plain, "The brokers in the in-sync replica set, ascending."),
    define("leader", &[PARTITION], Number, Leader, "The broker that leads the partition; none if none does."),
    define("epoch", &[PARTITION], Number, Leader, "The leader epoch."),
    define(
        "credited",
        &[PARTITION, BROKER],
        Number,
        Plain,
        "The log end offset that the leader knows of a follower; none before its first fetch.",
    ),
    define("records", &[PARTITION], Number, Plain, "How many records the leader's log holds."),
    define(
        "value",
        &[PARTITION, OFFSET, ON_BROKER],
        Type::Text,
        Message,
        "The value of the record at an offset of a broker's log, by default the leader's; none if there is none.",
    ),
    define("partitions", &[TOPIC], Number, Plain, "How many partitions the topic has in the cluster."),
    define(
        "known_partitions",
        &[given("client", ParameterKind::Client), TOPIC],
        Number,
        Plain,
        "How many partitions the topic has in a client's metadata; none before it has any.",
    ),
    define(
        "position",
        &[CONSUMER, PARTITION],
        Number,
        Plain,
        "The offset of the record that the consumer asks for next; none while it has no position.",
    ),
    define("consumed", &[CONSUMER], Number, Plain, "How many records the consumer has returned to its application."),
    define("processed", &[CONSUMER], Number, Plain, "How many records the application of a consumer has finished."),
    define(
        "in_hand",
        &[CONSUMER],
        Number,
        Plain,
        "How many records the application of a consumer has got and not finished.",
    ),
    define(
        "unfinished",
        &[GROUP],
        Number,
        Plain,
        "How many records its members got and nobody finished, of those below the offsets that a group has committed.",
    ),
    define(
        "repeated",
        &[GROUP],
        Number,
        Plain,
        "How many times the members of a group have finished a record that one of them had finished before.",
    ),
    define(
        "assignment",
        &[CONSUMER, TOPIC],
        List,
        Plain,
        "The partitions of a topic that a member of a group owns, ascending, as it knows itself.",
    ),
    define("owned", &[CONSUMER], Number, Plain, "How many partitions a consumer owns, of all topics."),
    define(
        "generation",
        &[GROUP],
        Number,
        Message,
        "The generation of a group, as its coordinator knows; 0 before any.",
    ),
    define(
        "group_epoch",
        &[GROUP],
        Number,
        Message,
        "The epoch of a group by the consumer protocol, as its coordinator knows; 0 before any.",
    ),
    define(
        "assignment_epoch",
        &[GROUP],
        Number,
        Message,
        "The epoch of the target assignment of a group by the consumer protocol; 0 before any.",
    ),
    define(
        "member_epoch",
        &[CONSUMER],
        Number,
        Message,
        "The epoch that a member by the consumer protocol has reached, as the coordinator knows; none if it knows no such member.",
    ),
    define(
        "pending",
        &[CONSUMER, TOPIC],
        List,
        Plain,
        "The partitions of a topic that a member by the consumer protocol must give up, as the coordinator knows.",
    ),
    define(
        "target",
        &[CONSUMER, TOPIC],
        List,
        Plain,
        "The partitions of a topic that a member by the consumer protocol is to have, as the coordinator wants it.",
    ),
    define(
        "paused_ms",
        &[GROUP, OPTIONAL_PARTITION],
        Number,
        Plain,
        "For how many ms so far no member of a group read a partition that one had read before; without a partition, of all together.",
    ),
    define("state", &[GROUP], Type::Text, Plain, "The state of a group, by Kafka's name."),
    define("members", &[GROUP], Number, Plain, "How many members a group has, as its coordinator knows."),
    define(
        "is_member",
        &[CONSUMER],
        Type::Truth,
        Plain,
        "Whether the coordinator of its group knows a consumer as a member.",
    ),
    define(
        "hash_bucket",
        &[CONSUMER],
        Number,
        Plain,
        "The bucket of a member's id in a Java HashMap of its group's members: assignors go through it by these; none if it is no member.",
    ),
    define(
        "group_leader",
        &[GROUP],
        Type::Text,
        Leader,
        "The member that leads a group, by its client.id; none if none does.",
    ),
    define("coordinator", &[GROUP], Number, Leader, "The broker that coordinates a group; none if none does."),
    define("offsets_partition", &[GROUP], Number, Plain, "The partition of __consumer_offsets that has a group."),
    define(
        "committed",
        &[GROUP, PARTITION],
        Number,
        Plain,
        "The offset that a group has committed for a partition; none if it has not.",
    ),
    define(
        "lag",
        &[GROUP, PARTITION],
        Number,
        Plain,
        "How many records of a partition are committed in its log and not by the group; none without a committed offset.",
    ),
    define("share_start", SHARE, Number, Water, "The share-partition start offset of a share group."),
    define("share_end", SHARE, Number, Plain, "Where a share group goes on with new records."),
    define("record_state", SHARED, Text, Plain, "What became of a record in flight, by Kafka's name; none of others."),
    define("delivery_count", SHARED, Number, Plain, "How often a record in flight was delivered; 0 of others."),
    define("holder", SHARED, Text, Leader, "The member of a share group that has a record; none if none has."),
    define("held", &[CONSUMER], Number, Plain, "How many records a member of a share group has, as leaders know."),
    define(
        "deliveries",
        &[GROUP],
        Number,
        Plain,
        "How many records were handed out to a share group, each time counted.",
    ),
    define("accepted", &[GROUP], Number, Plain, "How many records a share group has accepted."),
    define("archived", &[GROUP], Number, Bad, "How many records of a share group nobody gets any more."),
    define("sent", &[PRODUCER], Number, Message, "How many records the application has given to the producer."),
    define("acked", &[PRODUCER], Number, Plain, "How many records of the producer are acknowledged."),
    define(
        "queued",
        &[PRODUCER, PARTITION],
        Number,
        Plain,
        "How many batches for the partition the producer's accumulator holds.",
    ),
    define(
        "batch_bytes",
        &[PRODUCER, PARTITION],
        Number,
        Plain,
        "The size in bytes of the producer's open batch for the partition; none if none is open.",
    ),
    define(
        "chosen",
        &[PRODUCER],
        Number,
        Message,
        "The partition of the producer's last record; none before the first.",
    ),
    define(
        "sticky",
        &[PRODUCER, TOPIC],
        Number,
        Plain,
        "The partition where the producer's sticky partitioner stands; none before the first record without a key.",
    ),
    define(
        "filled",
        &[PRODUCER, PARTITION],
        Number,
        Plain,
        "How many bytes of batches the producer has filled for the partition so far, headers included.",
    ),
    define(
        "begun",
        &[PRODUCER, PARTITION],
        Number,
        Plain,
        "How many batches the producer has begun for the partition so far.",
    ),
    define("murmur2", &[KEY], Number, Plain, "The murmur2 hash of the key's UTF-8 bytes, a signed 32-bit number."),
    define("positive", &[KEY], Number, Plain, "murmur2(key) & 0x7fffffff."),
    define(
        "quotient",
        &[KEY, COUNT],
        Number,
        Plain,
        "How many whole times the number of partitions goes into positive(key).",
    ),
    define("partition", &[KEY, COUNT], Number, Message, "positive(key) % partitions: the partition of a key."),
    define(
        "moved",
        &[
            given("prefix", ParameterKind::Text),
            given("count", ParameterKind::Number),
            given("from", ParameterKind::Number),
            given("to", ParameterKind::Number),
        ],
        Number,
        Message,
        "How many of the keys prefix0 … prefix<count-1> get another partition when the number of partitions goes from one to the other.",
    ),
    define(
        "moved_of",
        &[given("keys", ParameterKind::List), given("from", ParameterKind::Number), given("to", ParameterKind::Number)],
        Number,
        Message,
        "How many of these keys get another partition when the number of partitions goes from one to the other.",
    ),
    define(
        "reads_from",
        &[CONSUMER, PARTITION],
        Number,
        Message,
        "The broker that a consumer reads a partition from: the leader, or the replica that the leader named.",
    ),
    define(
        "empty_fetches",
        &[CONSUMER],
        Number,
        Plain,
        "How many answers to a consumer's fetches brought no record; errors and pointers to another replica left out.",
    ),
    define(
        "delay_ms",
        &[CONSUMER],
        Number,
        Plain,
        "How long after its timestamp the last record was returned to the application, in ms; none before the first.",
    ),
    define(
        "unflushed",
        &[PARTITION, ON_BROKER],
        Number,
        Bad,
        "How many records of a broker's log are on no disk yet, by default the leader's.",
    ),
    define(
        "in_memory",
        &[PARTITION, OFFSET, ON_BROKER],
        Truth,
        Plain,
        "Whether a record is in the page cache of a broker, by default the leader's.",
    ),
    define("sent_bytes", &[CONSUMER], Number, Plain, "How many bytes of records brokers have sent to a consumer."),
    define("disk_bytes", &[CONSUMER], Number, Plain, "How many of these bytes had to be read from a disk."),
    define("disk_ms", &[CONSUMER], Number, Plain, "How long answers to a consumer waited for a disk, in ms."),
    define(
        "copied_bytes",
        &[CONSUMER],
        Number,
        Plain,
        "How many bytes processors of brokers have copied for that, each copy counted; 0 with zero copy.",
    ),
    define("failed", &[PRODUCER], Number, Plain, "How many records of the producer failed for good."),
    define(
        "lost",
        &[PRODUCER],
        Number,
        Bad,
        "How many acknowledged records of the producer are no longer where they were said to be.",
    ),
    define(
        "error",
        &[PRODUCER],
        Text,
        Bad,
        "The error of the producer's last record that failed for good; none before the first.",
    ),
    define("leads", &[BROKER], Number, Leader, "How many partitions a broker leads."),
    define("replicas", &[BROKER], Number, Plain, "How many replicas a broker holds, of all topics."),
    define(
        "files",
        &[BROKER],
        Number,
        Plain,
        "How many files of segments a broker keeps open or mapped: .log, .index and .timeindex of each.",
    ),
    define(
        "session_size",
        &[BROKER, given("leader", ParameterKind::Broker)],
        Number,
        Plain,
        "How many partitions a broker fetches from a leader in one fetch session.",
    ),
    define(
        "session_named",
        &[BROKER, given("leader", ParameterKind::Broker)],
        Number,
        Plain,
        "How many of these its last Fetch named: all, or those that are new or have changed.",
    ),
    define(
        "topic_bytes",
        &[TOPIC],
        Number,
        Plain,
        "The size of the .log files of all partitions of a topic on their leaders, in bytes.",
    ),
    define("topic_batches", &[TOPIC], Number, Plain, "How many batches the leaders' logs of a topic hold."),
    define("buffer_used", &[PRODUCER], Number, Plain, "How many bytes of its buffer.memory a producer uses."),
    define("is_fenced", &[BROKER], Truth, Plain, "Whether the controller has fenced a broker."),
    define("assigned", &[PARTITION], List, Plain, "The assigned replicas of a partition, the preferred leader first."),
    define("elr", &[PARTITION], List, Plain, "The eligible leader replicas of a partition."),
    define(
        "count",
        &[given("fact", ParameterKind::Fact)],
        Number,
        Plain,
        "How many facts of a kind there have been so far.",
    ),
    define("time_ms", &[], Number, Plain, "Virtual time in milliseconds."),
    define(
        "in_b",
        &[given("value", ParameterKind::Any)],
        Type::Any,
        Plain,
        "The same in B, where two futures are compared.",
    ),
    define("size", &[given("list", ParameterKind::List)], Number, Plain, "How many values a list has."),
    define("min", TWO, Number, Plain, "The smaller of two numbers."),
    define("max", TWO, Number, Plain, "The larger of two numbers."),
];

#[cfg(feature = "author")]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_optional_parameters_come_last() {
        for (index, function) in FUNCTIONS.iter().enumerate() {
            assert!(FUNCTIONS[..index].iter().all(|other| other.name != function.name), "{}", function.name);
            let optional: Vec<bool> = function.parameters.iter().map(|parameter| parameter.optional).collect();
            assert!(optional.is_sorted(), "{}", function.name);
            assert!(function.meaning.ends_with('.'), "{}", function.name);
        }
        assert_eq!(function("hw").unwrap().signature(), "hw(partition[, broker])");
        assert_eq!(function("time_ms").unwrap().signature(), "time_ms()");
    }
}
