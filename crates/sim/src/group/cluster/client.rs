//! How a consumer's application, its member and its reader work together. Kafka 4.3: `ClassicKafkaConsumer.poll`.

use super::super::member::{Event, Output};
use super::super::message::{OffsetFetch, Request};
use super::{Client, Failure, GroupCluster, Happening, Mail, Polls, REQUESTS_MAX, timing};
use crate::ids::MessageId;

impl GroupCluster {
    /// Lets a client do something; then it polls if it does.
    pub(super) fn with_member(&mut self, name: &str, act: impl FnOnce(&mut Client, &mut Output)) {
        let mut out = Output::default();
        if let Some(client) = self.clients.get_mut(name) {
            act(client, &mut out);
        }
        self.take_output(name, out);
        self.polled(name);
    }

    /// Calls `poll()` as long as that leads to something.
    pub(super) fn polled(&mut self, name: &str) {
        loop {
            let (now, mut out) = (self.now, Output::default());
            let after = self.commits_after();
            let Some(client) = self.clients.get_mut(name).filter(|client| client.polls != Polls::Never) else { return };
            client.member.commits_itself = after && client.member.membership_state().is_some();
            let result = client.member.poll(now, &self.topics, &mut out).map_err(Failure::from);
            self.take_output(name, out);
            let Some(client) = self.clients.get_mut(name) else { return };
            let fetchable = client.member.fetchable();
            let read = result.and_then(|()| client.reader.poll(&fetchable, &self.logs, now));
            match read {
                Err(failure) => {
                    client.polls = Polls::Never;
                    client.failed = Some(failure.clone());
                    self.happenings.push(Happening::PollFailed(name.to_owned(), failure));
                    return;
                }
                Ok(read) => {
                    for (partition, offset, epoch) in read.positions {
                        client.member.consumed(&partition, offset, epoch);
                    }
                    let mut late = Output::default();
                    client.member.commit_itself(now, &mut late);
                    let fetch = read.committed_of;
                    let group = client.member.config.group.clone();
                    let id = client.reader.number(&fetch);
                    let more = !read.records.is_empty();
                    if more {
                        client.polled.extend(read.records.iter().cloned());
                        if client.polls == Polls::Once {
                            client.polls = Polls::Never;
                        }
                        self.happenings.push(Happening::Records(name.to_owned(), read.records));
                    }
                    self.take_output(name, late);
                    if !fetch.is_empty() {
                        let joined =
                            self.names.iter().find(|(_, there)| *there == name).map_or(0, |(number, _)| *number);
                        let partitions = fetch.into_iter().map(|there| (there.topic, there.partition)).collect();
                        let request = Request::OffsetFetch(OffsetFetch {
                            group,
                            partitions: Some(partitions),
                            require_stable: true,
                        });
                        self.happenings.push(Happening::Asked(name.to_owned(), request.clone()));
                        let id =
                            joined.saturating_mul(REQUESTS_MAX).saturating_add(REQUESTS_MAX / 2).saturating_add(id);
                        self.send(Mail::Request(MessageId(id), request));
                    }
                    if !more {
                        return;
                    }
                }
            }
        }
    }

    pub(super) fn take_output(&mut self, name: &str, out: Output) {
        for (id, request) in out.requests {
            if timing::is_observable_request(&request) {
                self.last_activity = self.now;
            }
            self.happenings.push(Happening::Asked(name.to_owned(), request.clone()));
            self.send(Mail::Request(id, request));
        }
        for event in out.events {
            if let Some(client) = self.clients.get_mut(name) {
                match &event {
                    Event::Committed(id, result) => client.finished.push((*id, *result)),
                    Event::Closed => client.closed = true,
                    Event::Assigned(_) | Event::Revoked(_) | Event::Lost(_) => {}
                }
                client.reader.on_event(&event, &client.member.assigned);
            }
            if !matches!(event, Event::Committed(..)) {
                self.last_activity = self.now;
            }
            self.happenings.push(Happening::Seen(name.to_owned(), event));
        }
        self.ask_for_metadata(name);
    }
}
