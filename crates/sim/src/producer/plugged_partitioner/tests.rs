//! The rules against Kafka's sources, a test a method.

use super::*;
use crate::producer::cluster_view::OneTopic;
use crate::rng::Scripted;

fn all_led(all: i32) -> OneTopic {
    OneTopic { all, available: (0..all).collect() }
}

fn plugged(class: PartitionerClass) -> PluggedPartitioner {
    PluggedPartitioner::of(class).unwrap()
}

/// The partitions of so many records without a key, of which none begins a batch.
fn keyless(
    partitioner: &mut PluggedPartitioner,
    records: usize,
    cluster: &OneTopic,
    random: &mut Scripted,
) -> Vec<i32> {
    let topic: Topic = "t".into();
    let mut choose = || partitioner.partition(&topic, None, cluster, random).unwrap().0.partition().unwrap();
    (0..records).map(|_| choose()).collect()
}

#[test]
fn without_a_class_the_producer_chooses_by_itself() {
    assert_eq!(PluggedPartitioner::of(PartitionerClass::BuiltIn), None);
    let told = [PartitionerClass::DefaultV2_4, PartitionerClass::UniformStickyV2_4, PartitionerClass::RoundRobinV2_4];
    let not = [PartitionerClass::DefaultV2_3, PartitionerClass::RoundRobin];
    assert!(told.into_iter().all(|class| plugged(class).hears_of_new_batches()));
    assert!(!not.into_iter().any(|class| plugged(class).hears_of_new_batches()));
}

/// Kafka 2.3: `DefaultPartitioner.nextValue` begins at `ThreadLocalRandom.nextInt()`, negative ones too, a counter a topic.
#[test]
fn the_counter_of_2_3_begins_anywhere_and_survives_the_largest_int() {
    let four = all_led(4);
    let mut partitioner = plugged(PartitionerClass::DefaultV2_3);
    let mut random = Scripted::new([6, i32::MAX, -2]);
    assert_eq!(keyless(&mut partitioner, 5, &four, &mut random), [2, 3, 0, 1, 2]);

    let mut partitioner = plugged(PartitionerClass::DefaultV2_3);
    // 2147483647 % 4 is 3; then comes -2147483648, of which toPositive makes 0.
    assert_eq!(keyless(&mut partitioner, 3, &four, &mut random), [3, 0, 1]);

    let mut partitioner = plugged(PartitionerClass::DefaultV2_3);
    // toPositive(-2) is 2147483646.
    assert_eq!(keyless(&mut partitioner, 3, &four, &mut random), [2, 3, 0]);
    assert_eq!(random.left(), 0, "one draw a topic");
    let dry = partitioner.partition(&"other".into(), None, &four, &mut random);
    assert!(dry.is_err(), "another topic has a counter of its own");
}

/// Kafka: `availablePartitionsForTopic`, and the remainder over all partitions where there is none.
#[test]
fn round_robin_goes_over_the_partitions_with_a_leader() {
    let some = OneTopic { all: 4, available: vec![0, 3] };
    let mut none = Scripted::default();
    let mut partitioner = plugged(PartitionerClass::RoundRobin);
    assert_eq!(keyless(&mut partitioner, 4, &some, &mut none), [0, 3, 0, 3], "it begins at 0 and draws nothing");
    let nobody = OneTopic { all: 3, available: Vec::new() };
    assert_eq!(keyless(&mut partitioner, 3, &nobody, &mut none), [1, 2, 0]);
    let choice = partitioner.partition(&"t".into(), Some(b"21"), &some, &mut none).unwrap().0;
    assert_eq!(choice, PartitionChoice::RoundRobin { partition: 3, counter: 7, of: 2 }, "keys are not heeded");
    let error = partitioner.partition(&"t".into(), None, &all_led(0), &mut none);
    assert_eq!(error, Err(RandomError::BadBound(0)));
}

/// Kafka 2.4: `StickyPartitionCache`. A row a call of `onNewBatch`: the partition where the batch would have begun.
#[test]
fn the_sticky_partition_of_2_4_changes_with_a_batch_of_its_own_and_to_another() {
    let three = all_led(3);
    // The first choice; then 4 (1 again), 7 (1 again) and 8 (2); then 3 (0).
    let mut random = Scripted::new([1, 4, 7, 8, 3]);
    let mut partitioner = plugged(PartitionerClass::DefaultV2_4);
    assert_eq!(partitioner.stands_at("t"), None);
    let topic: Topic = "t".into();
    let (choice, moved) = partitioner.partition(&topic, None, &three, &mut random).unwrap();
    assert_eq!(choice, PartitionChoice::StickyBatch { partition: 1 });
    assert_eq!(moved, Some(StickyMove { from: None, to: 1 }));
    assert_eq!(keyless(&mut partitioner, 3, &three, &mut random), [1, 1, 1], "it stays, however many records");

    let elsewhere = partitioner.on_new_batch(&topic, 0, &three, &mut random);
    assert_eq!(elsewhere, Ok(None), "a batch elsewhere, of a record with a key");
    let moved = partitioner.on_new_batch(&topic, 1, &three, &mut random);
    assert_eq!(moved, Ok(Some(StickyMove { from: Some(1), to: 2 })), "drawn until it is another");
    let moved = partitioner.on_new_batch(&topic, 2, &three, &mut random);
    assert_eq!((moved, random.left()), (Ok(Some(StickyMove { from: Some(2), to: 0 })), 0));
    assert_eq!(partitioner.stands_at("t"), Some(0));
}

#[test]
fn with_one_partition_or_without_leaders_the_sticky_one_does_as_2_4_did() {
    let topic: Topic = "t".into();
    let one = OneTopic { all: 3, available: vec![2] };
    let mut partitioner = plugged(PartitionerClass::UniformStickyV2_4);
    assert_eq!(keyless(&mut partitioner, 1, &one, &mut Scripted::default()), [2], "nothing is drawn");
    let moved = partitioner.on_new_batch(&topic, 2, &one, &mut Scripted::default());
    assert_eq!(moved, Ok(Some(StickyMove { from: Some(2), to: 2 })));
    let nobody = OneTopic { all: 3, available: Vec::new() };
    let moved = partitioner.on_new_batch(&topic, 2, &nobody, &mut Scripted::new([5]));
    assert_eq!(moved, Ok(Some(StickyMove { from: Some(2), to: 2 })), "the remainder, the same one too");

    let mut stuck = Scripted::new(vec![0; DRAWS_MAX]);
    assert_eq!(another(&[0, 1], Some(0), &mut stuck), Ok(1), "after so many draws it is the other one");
}

/// Kafka 2.3 and 2.4: `DefaultPartitioner.partition` hashes keys; 2.4's `UniformStickyPartitioner` does not look at them.
#[test]
fn only_the_default_ones_heed_keys() {
    let three = all_led(3);
    let hashed = to_positive(-973_932_308) % 3;
    for class in [PartitionerClass::DefaultV2_3, PartitionerClass::DefaultV2_4] {
        let mut none = Scripted::default();
        let (choice, moved) = plugged(class).partition(&"t".into(), Some(b"21"), &three, &mut none).unwrap();
        assert_eq!((choice.partition(), moved), (Some(hashed), None));
    }
    let mut uniform = plugged(PartitionerClass::UniformStickyV2_4);
    let (choice, _) = uniform.partition(&"t".into(), Some(b"21"), &three, &mut Scripted::new([1])).unwrap();
    assert_eq!(choice, PartitionChoice::StickyBatch { partition: 1 });
}

/// KAFKA-9965: `doSend` asks, hears that a batch has to begin, tells the partitioner, and asks again.
#[test]
fn asked_twice_round_robin_skips_every_second_partition_of_an_even_number() {
    let four = all_led(4);
    let topic: Topic = "t".into();
    let mut partitioner = plugged(PartitionerClass::RoundRobinV2_4);
    let mut begun = [false; 4];
    let mut records = [0; 4];
    for _ in 0..100 {
        let mut none = Scripted::default();
        let mut ask = |partitioner: &mut PluggedPartitioner| keyless(partitioner, 1, &four, &mut none)[0];
        let mut partition = ask(&mut partitioner);
        if !begun[usize::try_from(partition).unwrap()] {
            let told = partitioner.on_new_batch(&topic, partition, &four, &mut Scripted::default());
            assert_eq!(told, Ok(None));
            partition = ask(&mut partitioner);
        }
        begun[usize::try_from(partition).unwrap()] = true;
        records[usize::try_from(partition).unwrap()] += 1;
    }
    assert_eq!(records, [0, 50, 0, 50]);
}
