//! What of a broker's files is in memory, and what a response costs: the operating system's page cache, which Kafka leaves
//! its data to, and `sendfile`. Kafka 4.3: `FileRecords.writeTo`, `PlaintextTransportLayer.transferFrom`
//! (`FileChannel.transferTo`), `SslTransportLayer.transferFrom`; Linux: `mm/filemap.c`.
//!
//! Differs from Kafka: only where a scenario bounds the memory, everything is in memory otherwise. A page of 4 KiB goes when
//! there is no room: first one that was used once only, then the one that was used longest ago (Linux keeps two lists); what is read in one piece is one movement of the disk, of
//! [`DISK_SEEK_MS`], and holds back its own response only (in Kafka a network thread waits).

use std::rc::Rc;

use highwater_log::log::Isolation;

use super::Broker;
use super::partition::Partition;
use crate::fact::{FactKind, PageCacheFact};
use crate::ids::{BrokerId, MessageId, NodeId, Offset, TopicPartition};
use crate::message::{Body, FetchResponse, FetchedPartition};
use crate::outbox::Outbox;
use crate::sorted::SortedMap;
use crate::timer::Timer;

/// The size of a page, in bytes.
pub const PAGE_BYTES: u64 = 4_096;
/// How long a hard disk needs until it is where it has to read, in ms.
pub const DISK_SEEK_MS: u64 = 8;
/// At most so many pages: 64 MiB.
const PAGES_MAX: u64 = 16_384;

/// A page of a `.log` file: the partition, the segment's base offset, the page's number in it.
type PageId = (TopicPartition, i64, u64);

/// The memory that a broker's machine has for files.
#[derive(Clone, Debug)]
pub struct PageCache {
    capacity: usize,
    /// The page that was used longest ago comes first; with each, whether it was used again after it came.
    pages: Vec<(PageId, bool)>,
    totals: SortedMap<NodeId, Transferred>,
    seeks: i64,
    waiting: SortedMap<MessageId, (NodeId, Rc<Body>)>,
}

/// What somebody was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transferred {
    /// Bytes of records.
    pub bytes: i64,
    /// Those of them that had to be read from the disk.
    pub from_disk: i64,
    /// Bytes that a processor copied for that, each time counted.
    pub copied: i64,
    /// How long it waited for the disk, in ms.
    pub waited_ms: i64,
}

impl Transferred {
    /// Both together.
    #[must_use]
    pub fn with(self, other: Transferred) -> Transferred {
        Transferred {
            bytes: self.bytes.saturating_add(other.bytes),
            from_disk: self.from_disk.saturating_add(other.from_disk),
            copied: self.copied.saturating_add(other.copied),
            waited_ms: self.waited_ms.saturating_add(other.waited_ms),
        }
    }
}

/// A part of a `.log` file.
#[derive(Clone, Debug)]
struct Piece {
    partition: TopicPartition,
    segment: i64,
    position: u64,
    size: u64,
}

#[derive(Debug, Default)]
struct Touched {
    missed: u64,
    seeks: u64,
    evicted: Vec<PageId>,
}

impl PageCache {
    /// A memory of this size, empty.
    pub fn new(bytes: u64) -> PageCache {
        let capacity = usize::try_from((bytes / PAGE_BYTES).clamp(1, PAGES_MAX)).unwrap_or(1);
        PageCache { capacity, pages: Vec::new(), totals: SortedMap::new(), seeks: 0, waiting: SortedMap::new() }
    }

    /// How many pages have room.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many pages are in memory.
    pub fn len(&self) -> usize {
        self.pages.len()
    }

    /// Nothing is in memory.
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// How often the disk had to move to read.
    pub fn seeks(&self) -> i64 {
        self.seeks
    }

    /// What somebody was sent so far.
    pub fn sent_to(&self, node: &NodeId) -> Transferred {
        self.totals.get(node).copied().unwrap_or_default()
    }

    /// A part of a file is in memory as a whole.
    pub fn holds(&self, partition: &TopicPartition, segment: i64, position: u64, size: u64) -> bool {
        pages_of(position, size).all(|page| {
            self.pages.iter().any(|((id, base, number), _)| id == partition && *base == segment && *number == page)
        })
    }

    /// The power is gone, and all that was in memory.
    pub fn lose(&mut self) {
        self.pages.clear();
    }

    /// Uses a part of a file; what is not in memory comes into it, and something else goes. What is only read may go again
    /// at once, so that who reads old records does not push out the new ones.
    fn touch(&mut self, piece: &Piece, writes: bool) -> Touched {
        let mut touched = Touched::default();
        let mut last_missed = None;
        for number in pages_of(piece.position, piece.size) {
            let page = (piece.partition.clone(), piece.segment, number);
            let known = self.pages.iter().position(|(known, _)| *known == page);
            if let Some(at) = known {
                self.pages.remove(at);
            } else {
                touched.missed = touched.missed.saturating_add(1);
                // What lies side by side is read with one movement.
                if last_missed.is_none_or(|last: u64| last.saturating_add(1) != number) {
                    touched.seeks = touched.seeks.saturating_add(1);
                }
                last_missed = Some(number);
            }
            self.pages.push((page, known.is_some()));
            if self.pages.len() > self.capacity {
                let others = self.pages.len().saturating_sub(usize::from(writes));
                let once = self.pages.iter().take(others).position(|(_, again)| !again);
                touched.evicted.push(self.pages.remove(once.unwrap_or(0)).0);
            }
        }
        touched
    }
}

/// The numbers of the pages that a part of a file touches.
fn pages_of(position: u64, size: u64) -> impl Iterator<Item = u64> {
    let last = position.saturating_add(size.saturating_sub(1)) / PAGE_BYTES;
    (position / PAGE_BYTES..=last).take(usize::try_from(PAGES_MAX).unwrap_or(0))
}

/// How often the bytes of a response are copied on their way: by processors, and by devices on their own.
pub fn copies(zero_copy: bool, from_disk: bool) -> (i64, i64) {
    // With sendfile the network card takes them from the page cache. With TLS they go into the process, are encrypted there
    // into another buffer, and go back into the kernel.
    (if zero_copy { 0 } else { 3 }, if from_disk { 2 } else { 1 })
}

impl Partition {
    /// A record's batch is in its machine's memory; none where that has no bound, or there is no such record.
    pub fn is_cached(&self, cache: &PageCache, offset: Offset) -> Option<bool> {
        let at = self.log.fetch_located(offset.0, 1, Isolation::LogEnd, true).ok()?;
        let segment = at.segment.filter(|_| at.read.size > 0)?;
        Some(cache.holds(&self.id, segment, at.read.position, at.read.size))
    }

    /// The part of a file from an offset on.
    fn piece(&self, from: Offset, size: u64) -> Option<Piece> {
        let at = self.log.fetch_located(from.0, size.max(1), Isolation::LogEnd, true).ok()?;
        Some(Piece { partition: self.id.clone(), segment: at.segment?, position: at.read.position, size })
    }
}

impl Broker {
    /// The machine has only so much memory for files.
    pub fn bound_page_cache(&mut self, bytes: u64) {
        self.page_cache = Some(PageCache::new(bytes));
    }

    /// Records were appended from an offset on: they are in memory now.
    pub(super) fn cache_appended(&mut self, id: &TopicPartition, from: Offset, out: &mut Outbox) {
        let (Some(cache), Some(replica)) = (&mut self.page_cache, self.partitions.get(id)) else { return };
        let batches = replica.log.batches_from(from.0);
        let size = batches.map(highwater_log::batch::RecordBatch::size_in_bytes).sum();
        let Some(piece) = replica.piece(from, size).filter(|_| size > 0) else { return };
        let evicted = cache.touch(&piece, true).evicted;
        self.make_room(evicted, out);
    }

    /// Pages that were not on the disk yet are written before their memory is used again.
    fn make_room(&mut self, evicted: Vec<PageId>, out: &mut Outbox) {
        for (id, segment, page) in evicted {
            let Some(replica) = self.partitions.get_mut(&id) else { continue };
            let durable = replica.piece(replica.durable_offset(), 1);
            let end = page.saturating_add(1).saturating_mul(PAGE_BYTES);
            if durable.is_some_and(|from| (from.segment, from.position) < (segment, end)) {
                Rc::make_mut(replica).write_back();
                let offset = replica.log_end_offset();
                let written = PageCacheFact::WrittenBack { broker: self.id, partition: id, offset };
                out.fact(FactKind::PageCache(Box::new(written)));
            }
        }
    }

    /// Sends what was fetched, once it is in memory. Kafka: the network thread's `NetworkSend.writeTo`.
    pub(super) fn send_fetched(
        &mut self,
        request: MessageId,
        to: &NodeId,
        zero_copy: bool,
        response: FetchResponse,
        out: &mut Outbox,
    ) {
        let mut seeks: u64 = 0;
        if self.page_cache.is_some() {
            for part in response.partitions.iter().filter(|part| !part.records.is_empty()) {
                seeks = seeks.saturating_add(self.transfer(part, to, zero_copy, out));
            }
        }
        let body = Body::FetchResponse(response);
        match &mut self.page_cache {
            Some(cache) if seeks > 0 => {
                cache.waiting.insert(request, (to.clone(), Rc::new(body)));
                let at = out.now.plus_ms(seeks.saturating_mul(DISK_SEEK_MS));
                out.timer(at, Timer::DelayedOperation { request });
            }
            _ => out.reply(request, to.clone(), body),
        }
    }

    /// Takes the records of a response into memory; how often the disk had to move.
    fn transfer(&mut self, part: &FetchedPartition, to: &NodeId, zero_copy: bool, out: &mut Outbox) -> u64 {
        let first = part.records.first().map_or(Offset(-1), |batch| Offset(batch.base_offset()));
        let bytes: u64 = part.records.iter().map(highwater_log::batch::RecordBatch::size_in_bytes).sum();
        let (Some(cache), Some(replica)) = (&mut self.page_cache, self.partitions.get(&part.partition)) else {
            return 0;
        };
        let Some(piece) = replica.piece(first, bytes) else { return 0 };
        let touched = cache.touch(&piece, false);
        let from_disk = touched.missed.saturating_mul(PAGE_BYTES).min(bytes);
        let (by_processor, by_device) = copies(zero_copy, from_disk > 0);
        let whole = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        let total = cache.totals.get_or_insert_with(to.clone(), Transferred::default);
        total.bytes = total.bytes.saturating_add(whole(bytes));
        total.from_disk = total.from_disk.saturating_add(whole(from_disk));
        total.copied = total.copied.saturating_add(whole(bytes).saturating_mul(by_processor));
        total.waited_ms = total.waited_ms.saturating_add(whole(touched.seeks.saturating_mul(DISK_SEEK_MS)));
        cache.seeks = cache.seeks.saturating_add(whole(touched.seeks));
        let (broker, partition, node) = (self.id, part.partition.clone(), to.clone());
        out.then(FactKind::PageCache(Box::new(PageCacheFact::Transferred {
            broker,
            partition,
            node,
            first_offset: first,
            bytes: whole(bytes),
            from_disk: whole(from_disk),
            by_processor,
            by_device,
            wait_ms: touched.seeks.saturating_mul(DISK_SEEK_MS),
        })));
        self.make_room(touched.evicted, out);
        touched.seeks
    }

    /// The disk has read what a response waits for. False if none waits.
    pub(super) fn send_read(&mut self, request: MessageId, out: &mut Outbox) -> bool {
        let Some((to, body)) = self.page_cache.as_mut().and_then(|cache| cache.waiting.remove(&request)) else {
            return false;
        };
        if let Body::FetchResponse(response) = &*body {
            out.reply(request, to, Body::FetchResponse(response.clone()));
        }
        true
    }

    /// Its process is gone: nobody waits for its disk any more.
    pub(super) fn forget_reads(&mut self) {
        if let Some(cache) = &mut self.page_cache {
            cache.waiting = SortedMap::new();
        }
    }
}

/// Something that happened between files, memory and network.
impl PageCacheFact {
    /// Where it happened.
    pub fn broker(&self) -> BrokerId {
        match self {
            PageCacheFact::Transferred { broker, .. } | PageCacheFact::WrittenBack { broker, .. } => *broker,
        }
    }

    /// The partition.
    pub fn partition(&self) -> &TopicPartition {
        match self {
            PageCacheFact::Transferred { partition, .. } | PageCacheFact::WrittenBack { partition, .. } => partition,
        }
    }
}
