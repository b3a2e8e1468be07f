//! `partition_change`: the record that the controller writes when something about a partition changes.

use highwater_sim::controller::partition_change::{Election, PartitionChange, PartitionChangeBuilder};
use highwater_sim::ids::{BrokerId, LeaderEpoch};
use highwater_sim::metadata::{LeaderRecoveryState, PartitionRegistration};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Answer, Kind, Object, Trouble, fields, object};

pub(super) const KIND: Kind = Kind {
    name: "partition_change",
    answer_fields: &["record", "after"],
    op_answer_fields: &[],
    answer: Answer::Alone(answer),
};

#[derive(Deserialize)]
struct Question {
    partition: Partition,
    min_isr: usize,
    elr_enabled: bool,
    metadata_version: String,
    acceptable_leaders: Vec<i32>,
    election: WantedElection,
    target_isr: Option<Vec<i32>>,
    target_replicas: Option<Vec<i32>>,
    target_removing: Option<Vec<i32>>,
    target_adding: Option<Vec<i32>>,
    unclean_shutdown_replicas: Option<Vec<i32>>,
    target_leader_recovery_state: Option<Recovery>,
    use_last_known_leader: Option<bool>,
}

#[derive(Deserialize, Serialize)]
#[allow(clippy::struct_field_names, reason = "the names of the vectors")]
struct Partition {
    replicas: Vec<i32>,
    isr: Vec<i32>,
    elr: Vec<i32>,
    last_known_elr: Vec<i32>,
    adding: Vec<i32>,
    removing: Vec<i32>,
    leader: i32,
    leader_epoch: i32,
    partition_epoch: i32,
    leader_recovery_state: Recovery,
}

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
enum Recovery {
    Recovered,
    Recovering,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum WantedElection {
    Preferred,
    Online,
    Unclean,
}

/// The first metadata version in which an ISR shrinks without a new leader epoch: 3.6-IV0.
const NO_BUMP_SINCE: (u32, u32) = (3, 6);

fn answer(mut question: Object) -> Result<Object, Trouble> {
    let asked: Question = fields(&question)?;
    let before = registration(&asked.partition);
    let acceptable = brokers(&asked.acceptable_leaders);
    let is_acceptable = |broker: BrokerId| acceptable.contains(&broker);
    let mut builder = PartitionChangeBuilder::new(&before, &is_acceptable, asked.min_isr);
    builder.elr_enabled = asked.elr_enabled;
    builder.bumps_epoch_on_shrink = version(&asked.metadata_version)? < NO_BUMP_SINCE;
    builder.election = match asked.election {
        WantedElection::Preferred => Election::Preferred,
        WantedElection::Online => Election::Online,
        WantedElection::Unclean => Election::Unclean,
    };
    let set = |target: Option<Vec<i32>>, place: &mut Vec<BrokerId>| {
        if let Some(target) = target {
            *place = brokers(&target);
        }
    };
    set(asked.target_isr, &mut builder.isr);
    set(asked.target_replicas, &mut builder.replicas);
    set(asked.target_removing, &mut builder.removing);
    set(asked.target_adding, &mut builder.adding);
    set(asked.unclean_shutdown_replicas, &mut builder.unclean_shutdown_replicas);
    if let Some(state) = asked.target_leader_recovery_state {
        builder.leader_recovery_state = state.into();
    }
    builder.use_last_known_leader = asked.use_last_known_leader.unwrap_or(true);
    let change = builder.build();
    let after = change.as_ref().map(|change| partition(&before.merge(change)));
    let after = serde_json::to_value(after).map_err(|error| Trouble::Unanswered(error.to_string()))?;
    question.extend(object([("record", change.as_ref().map_or(Value::Null, record)), ("after", after)]));
    Ok(question)
}

/// Major and minor of a metadata version such as `4.3-IV0`.
fn version(text: &str) -> Result<(u32, u32), Trouble> {
    let numbers = text.split('-').next().and_then(|release| release.split_once('.'));
    let parsed = numbers.and_then(|(major, minor)| Some((major.parse().ok()?, minor.parse().ok()?)));
    parsed.ok_or_else(|| Trouble::Malformed(format!("`metadata_version` is not {text:?} but like \"4.3-IV0\"")))
}

fn registration(partition: &Partition) -> PartitionRegistration {
    PartitionRegistration {
        replicas: brokers(&partition.replicas),
        isr: brokers(&partition.isr),
        elr: brokers(&partition.elr),
        last_known_elr: brokers(&partition.last_known_elr),
        adding_replicas: brokers(&partition.adding),
        removing_replicas: brokers(&partition.removing),
        leader: Some(BrokerId(partition.leader)).filter(|leader| leader.0 >= 0),
        leader_recovery_state: partition.leader_recovery_state.into(),
        leader_epoch: LeaderEpoch(partition.leader_epoch),
        partition_epoch: partition.partition_epoch,
    }
}

fn partition(registration: &PartitionRegistration) -> Partition {
    Partition {
        replicas: ids(&registration.replicas),
        isr: ids(&registration.isr),
        elr: ids(&registration.elr),
        last_known_elr: ids(&registration.last_known_elr),
        adding: ids(&registration.adding_replicas),
        removing: ids(&registration.removing_replicas),
        leader: registration.leader.map_or(-1, |leader| leader.0),
        leader_epoch: registration.leader_epoch.0,
        partition_epoch: registration.partition_epoch,
        leader_recovery_state: registration.leader_recovery_state.into(),
    }
}

fn record(change: &PartitionChange) -> Value {
    let mut record = Object::new();
    if let Some(leader) = change.leader {
        record.insert("leader".to_owned(), leader.map_or(-1, |leader| leader.0).into());
    }
    let lists = [
        ("isr", &change.isr),
        ("elr", &change.elr),
        ("last_known_elr", &change.last_known_elr),
        ("replicas", &change.replicas),
        ("adding", &change.adding_replicas),
        ("removing", &change.removing_replicas),
    ];
    for (name, list) in lists {
        if let Some(list) = list {
            record.insert(name.to_owned(), json!(ids(list)));
        }
    }
    if let Some(state) = change.leader_recovery_state {
        record.insert("leader_recovery_state".to_owned(), json!(Recovery::from(state)));
    }
    record.into()
}

impl From<Recovery> for LeaderRecoveryState {
    fn from(state: Recovery) -> LeaderRecoveryState {
        match state {
            Recovery::Recovered => LeaderRecoveryState::Recovered,
            Recovery::Recovering => LeaderRecoveryState::Recovering,
        }
    }
}

impl From<LeaderRecoveryState> for Recovery {
    fn from(state: LeaderRecoveryState) -> Recovery {
        match state {
            LeaderRecoveryState::Recovered => Recovery::Recovered,
            LeaderRecoveryState::Recovering => Recovery::Recovering,
        }
    }
}

fn brokers(ids: &[i32]) -> Vec<BrokerId> {
    ids.iter().copied().map(BrokerId).collect()
}

fn ids(brokers: &[BrokerId]) -> Vec<i32> {
    brokers.iter().map(|broker| broker.0).collect()
}
