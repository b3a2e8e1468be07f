//! The names of a log's files. Kafka 4.3: `LogFileUtils`.

/// What a file is by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `.log`
    Log,
    /// `.index`
    OffsetIndex,
    /// `.timeindex`
    TimeIndex,
    /// `.txnindex`
    TransactionIndex,
    /// `.snapshot`
    Snapshot,
    /// `leader-epoch-checkpoint`
    LeaderEpochs,
}

/// Kind and offset of a file; none if it is none of a log, or is about to go (`.deleted`, `.cleaned`, `.swap`).
pub fn of(name: &str) -> Option<(Kind, i64)> {
    if name == "leader-epoch-checkpoint" {
        return Some((Kind::LeaderEpochs, 0));
    }
    let (offset, kind) = name.split_once('.')?;
    let kind = match kind {
        "log" => Kind::Log,
        "index" => Kind::OffsetIndex,
        "timeindex" => Kind::TimeIndex,
        "txnindex" => Kind::TransactionIndex,
        "snapshot" => Kind::Snapshot,
        _ => return None,
    };
    // A copy may have lost its name: it is then shown as if it began at 0.
    Some((kind, offset.parse().ok().filter(|offset| *offset >= 0).unwrap_or(0)))
}

/// Folder and name of a path.
pub fn split(path: &str) -> (&str, &str) {
    let path = path.trim_start_matches('/');
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    (folders.rsplit('/').next().unwrap_or_default(), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_a_file_is() {
        assert_eq!(of("00000000000000000522.log"), Some((Kind::Log, 522)));
        assert_eq!(of("00000000000000000522.timeindex"), Some((Kind::TimeIndex, 522)));
        assert_eq!(of("leader-epoch-checkpoint"), Some((Kind::LeaderEpochs, 0)));
        assert_eq!(of("my copy.index"), Some((Kind::OffsetIndex, 0)));
        for other in ["00000000000000000522.log.deleted", "partition.metadata", "", "log", "1.log.swap"] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(split("/data/orders-0/1.log"), ("orders-0", "1.log"));
        assert_eq!(split("1.log"), ("", "1.log"));
    }
}
