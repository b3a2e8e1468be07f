use super::*;

#[test]
fn defaults_are_those_of_kafka_4_3() {
    let producer = ProducerConfig::default();
    assert_eq!(producer.acks, Acks::All);
    assert_eq!((producer.linger_ms, producer.batch_size, producer.buffer_memory), (5, 16_384, 33_554_432));
    assert!(producer.enable_idempotence);
    producer.check().unwrap();
    assert_eq!(ConsumerConfig::default().auto_offset_reset, AutoOffsetReset::Latest);
    assert_eq!(BrokerConfig::default().replica_lag_time_max_ms, 30_000);
    assert_eq!(TopicConfig::default().min_insync_replicas, 1);
}

#[test]
fn every_row_says_what_the_struct_does() {
    let (producer, consumer) = (ProducerConfig::default(), ConsumerConfig::default());
    let (broker, topic) = (BrokerConfig::default(), TopicConfig::default());
    for config in CONFIGS.into_iter().flatten() {
        let default = config.default.to_string();
        let (got, set) = match config.scope {
            Scope::Producer => (producer.get(config.name), producer.clone().set(config.name, &default)),
            Scope::Consumer => (consumer.get(config.name), consumer.clone().set(config.name, &default)),
            Scope::Broker => (broker.get(config.name), broker.clone().set(config.name, &default)),
            Scope::Topic => (topic.get(config.name), topic.clone().set(config.name, &default)),
        };
        assert_eq!(got, Ok(config.default), "{}", config.name);
        assert_eq!(set, Ok(()), "{}", config.name);
        if let (Value::Number(default), Some((least, largest))) = (config.default, config.range) {
            assert!((least..=largest).contains(&default), "{}", config.name);
        }
        assert!(config.doc.ends_with('.'), "{}", config.name);
        assert_eq!(configs_of(config.scope).filter(|other| other.name == config.name).count(), 1, "{}", config.name);
    }
}

#[test]
fn linger_says_which_version_changed_it() {
    let linger = config_of(Scope::Producer, "linger.ms").unwrap();
    assert_eq!(linger.default.to_string(), "5");
    assert_eq!(linger.older_defaults, [OlderDefault { default: "0", until: "4.0" }]);
}

/// A row a case: a name, a value, the words of the error.
#[test]
fn errors_say_what_is_wrong_and_what_would_be_right() {
    let table = [
        ("linger", "3", "unknown producer config `linger`; did you mean `linger.ms`?"),
        ("batch_size", "3", "unknown producer config `batch_size`; did you mean `batch.size`?"),
        (
            "max.inflight.requests",
            "3",
            "unknown producer config `max.inflight.requests`; did you mean `max.in.flight.requests.per.connection`?",
        ),
        ("idempotence", "3", "unknown producer config `idempotence`; did you mean `enable.idempotence`?"),
        ("acsk", "3", "unknown producer config `acsk`"),
        ("ack", "3", "unknown producer config `ack`; did you mean `acks`?"),
        ("qqqq", "3", "unknown producer config `qqqq`"),
        ("linger.ms", "fast", "`linger.ms` takes a whole number, not `fast`"),
        ("linger.ms", "0.5", "`linger.ms` takes a whole number, not `0.5`"),
        ("linger.ms", "", "`linger.ms` takes a whole number, not ``"),
        ("linger.ms", "-1", "`linger.ms` takes a number from 0 to 9223372036854775807, not -1"),
        (
            "batch.size",
            "99999999999999999999",
            "`batch.size` takes a number from 0 to 2147483647, not 99999999999999999999",
        ),
        ("acks", "2", "`acks` takes one of all, -1, 0, 1, not `2`"),
        ("enable.idempotence", "yes", "`enable.idempotence` takes true or false, not `yes`"),
        (
            "compression.type",
            "gzip",
            "`compression.type` is not simulated yet: only its default (none) can be set, not gzip",
        ),
    ];
    for (name, value, error) in table {
        let got = ProducerConfig::default().set(name, value).unwrap_err().to_string();
        assert_eq!(got, error, "{name}={value}");
    }
    let long = "x".repeat(100_000);
    assert!(ProducerConfig::default().set(&long, "1").is_err(), "a long name is only unknown");
}

#[test]
fn a_value_may_have_spaces_around_as_in_a_file() {
    let mut config = ProducerConfig::default();
    config.set("acks", " -1 ").unwrap();
    config.set("linger.ms", " +20").unwrap();
    config.set("partitioner.ignore.keys", "TRUE").unwrap();
    assert_eq!((config.acks, config.linger_ms, config.partitioner_ignore_keys), (Acks::All, 20, true));
    assert_eq!(config.get("acks"), Ok(Value::Word("all")));
}

#[test]
fn a_reconnect_backoff_without_its_most_stays_as_it_is() {
    for pairs in [vec![("reconnect.backoff.ms", "70")], vec![("reconnect.backoff.max.ms", "70")]] {
        let alone = pairs == [("reconnect.backoff.ms", "70")];
        let least = if alone { 70 } else { 50 };
        let consumer = ConsumerConfig::from_pairs(pairs.clone()).unwrap();
        assert_eq!((consumer.reconnect_backoff_ms, consumer.reconnect_backoff_max_ms), (least, 70));
        let producer = ProducerConfig::from_pairs(pairs).unwrap();
        assert_eq!((producer.reconnect_backoff_ms, producer.reconnect_backoff_max_ms), (least, 70));
    }
}

#[test]
fn what_does_not_go_with_idempotence_switches_it_off_unless_it_was_asked_for() {
    let config = ProducerConfig::from_pairs([("acks", "1")]).unwrap();
    assert!(!config.enable_idempotence);
    let config = ProducerConfig::from_pairs([("retries", "0")]).unwrap();
    assert!(!config.enable_idempotence);

    let error = ProducerConfig::from_pairs([("acks", "1"), ("enable.idempotence", "true")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence."
    );
    let error = ProducerConfig::from_pairs([("retries", "0"), ("enable.idempotence", "true")]).unwrap_err();
    assert_eq!(error.to_string(), "Must set retries to non-zero when using the idempotent producer.");
    let error = ProducerConfig::from_pairs([("max.in.flight.requests.per.connection", "6")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "To use the idempotent producer, max.in.flight.requests.per.connection must be set to at most 5. Current value is 6."
    );
    let without = [("max.in.flight.requests.per.connection", "6"), ("enable.idempotence", "false")];
    assert!(ProducerConfig::from_pairs(without).is_ok());
}

#[test]
fn the_delivery_timeout_covers_linger_and_request_timeout() {
    let config = ProducerConfig::from_pairs([("linger.ms", "100000")]).unwrap();
    assert_eq!(config.delivery_timeout_ms, 130_000, "left to its default, it grows");
    let config = ProducerConfig::from_pairs([("linger.ms", "9223372036854775807")]).unwrap();
    assert_eq!(config.delivery_timeout_ms, 2_147_483_647, "up to the largest INT");
    let error = ProducerConfig::from_pairs([("delivery.timeout.ms", "30004")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`delivery.timeout.ms` (30004) must be at least `linger.ms` + `request.timeout.ms` (5 + 30000)"
    );
}

#[test]
fn each_group_protocol_refuses_the_configs_of_the_other() {
    let with = |pairs: &[(&'static str, &'static str)]| {
        ConsumerConfig::from_pairs(pairs.iter().copied()).map_err(|error| error.to_string())
    };
    assert_eq!(ConsumerConfig::default().group_protocol, GroupProtocol::Classic, "of Kafka 4.3");
    assert!(with(&[("group.protocol", "CONSUMER"), ("group.remote.assignor", "range")]).is_ok());
    assert_eq!(
        with(&[("group.remote.assignor", "uniform")]).unwrap_err(),
        "group.remote.assignor cannot be set when group.protocol=CLASSIC"
    );
    // Also if it is set to its default.
    let given = [("group.protocol", "consumer"), ("session.timeout.ms", "45000"), ("heartbeat.interval.ms", "1000")];
    assert_eq!(
        with(&given).unwrap_err(),
        "heartbeat.interval.ms, session.timeout.ms cannot be set when group.protocol=CONSUMER"
    );
    let mut config = ConsumerConfig::default();
    config.set("partition.assignment.strategy", "sticky").unwrap();
    config.set("group.protocol", "consumer").unwrap();
    let error = config.check([]).unwrap_err().to_string();
    assert_eq!(error, "partition.assignment.strategy cannot be set when group.protocol=CONSUMER");
    assert_eq!(
        with(&[("group.protocol", "streams")]).unwrap_err(),
        "`group.protocol` takes one of classic, consumer, not `streams`"
    );
}

#[test]
fn a_follower_may_not_wait_longer_than_it_may_lag() {
    let error = BrokerConfig::from_pairs([("replica.lag.time.max.ms", "400")]).unwrap_err();
    assert!(error.to_string().starts_with("`replica.fetch.wait.max.ms` (500) must be at most"), "{error}");
    let both = [("replica.lag.time.max.ms", "400"), ("replica.fetch.wait.max.ms", "100")];
    assert_eq!(BrokerConfig::from_pairs(both).unwrap().replica_lag_time_max_ms, 400);
}
