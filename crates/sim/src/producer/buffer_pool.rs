//! The memory for records that wait to be sent. Kafka 4.3: `BufferPool`.
//!
//! Only sizes are kept here; the bytes are with the batches. A thread that Kafka blocks is a waiter with a number here.
//! Memory that comes back goes to the first waiter until that has enough, then to the next.

use std::collections::VecDeque;

use thiserror::Error;

/// Memory that was given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer {
    /// Its size in bytes.
    pub size: u64,
}

/// Somebody who waits for memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WaiterId(pub u64);

/// Why there is no memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AllocateError {
    /// There will never be so much. Kafka: `IllegalArgumentException`.
    #[error("Attempt to allocate {size} bytes, but there is a hard limit of {total} on memory allocations.")]
    TooLarge {
        /// What was asked for, in bytes.
        size: u64,
        /// `buffer.memory`.
        total: u64,
    },
    /// There is not enough now; Kafka waits for `max.block.ms` and then throws `BufferExhaustedException`.
    #[error("Failed to allocate {size} bytes. Total memory: {total} bytes. Available memory: {available} bytes.")]
    Exhausted {
        /// What was asked for, in bytes.
        size: u64,
        /// `buffer.memory`.
        total: u64,
        /// What is free, in bytes.
        available: u64,
    },
    /// The producer is closed.
    #[error("Producer closed while allocating memory")]
    Closed,
}

/// The pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BufferPool {
    total: u64,
    poolable_size: u64,
    /// Buffers of the poolable size that are kept to be used again.
    free: u64,
    non_pooled_available: u64,
    waiters: VecDeque<Waiter>,
    served: Vec<(WaiterId, Buffer)>,
    next_waiter: u64,
    closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Waiter {
    id: WaiterId,
    size: u64,
    accumulated: u64,
}

impl BufferPool {
    /// A pool of `total` bytes (`buffer.memory`) that keeps buffers of `poolable_size` bytes (`batch.size`) for reuse.
    pub fn new(total: u64, poolable_size: u64) -> BufferPool {
        BufferPool {
            total,
            poolable_size,
            free: 0,
            non_pooled_available: total,
            waiters: VecDeque::new(),
            served: Vec::new(),
            next_waiter: 0,
            closed: false,
        }
    }

    /// All the memory, in bytes.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// What is not given out, in bytes.
    pub fn available(&self) -> u64 {
        self.non_pooled_available.saturating_add(self.pooled())
    }

    /// How many wait for memory.
    pub fn queued(&self) -> usize {
        self.waiters.len()
    }

    /// Memory of `size` bytes, at once. Like Kafka's, it does not ask whether others wait.
    ///
    /// # Errors
    /// There is not enough, now or ever, or the pool is closed.
    pub fn allocate(&mut self, size: u64) -> Result<Buffer, AllocateError> {
        if size > self.total {
            return Err(AllocateError::TooLarge { size, total: self.total });
        }
        if self.closed {
            return Err(AllocateError::Closed);
        }
        if size == self.poolable_size && self.free > 0 {
            self.free -= 1;
        } else if self.available() >= size {
            self.free_up(size);
            self.non_pooled_available = self.non_pooled_available.saturating_sub(size);
        } else {
            return Err(AllocateError::Exhausted { size, total: self.total, available: self.available() });
        }
        Ok(Buffer { size })
    }

    /// Waits for memory of `size` bytes; it comes with [`BufferPool::take_served`].
    pub fn wait(&mut self, size: u64) -> WaiterId {
        let id = WaiterId(self.next_waiter);
        self.next_waiter += 1;
        self.waiters.push_back(Waiter { id, size, accumulated: 0 });
        id
    }

    /// Waits no longer; what the waiter had got so far goes back.
    pub fn cancel(&mut self, id: WaiterId) {
        let Some(at) = self.waiters.iter().position(|waiter| waiter.id == id) else {
            return;
        };
        if let Some(waiter) = self.waiters.remove(at) {
            self.non_pooled_available = self.non_pooled_available.saturating_add(waiter.accumulated);
        }
        self.serve();
    }

    /// Takes memory back.
    pub fn deallocate(&mut self, buffer: Buffer) {
        if buffer.size == self.poolable_size {
            self.free += 1;
        } else {
            self.non_pooled_available = self.non_pooled_available.saturating_add(buffer.size);
        }
        self.serve();
    }

    /// Those that got their memory since the last call, in the order in which they asked.
    pub fn take_served(&mut self) -> Vec<(WaiterId, Buffer)> {
        std::mem::take(&mut self.served)
    }

    /// From now on nobody gets memory; it can still come back. Those that wait are sent away.
    pub fn close(&mut self) -> Vec<WaiterId> {
        self.closed = true;
        let accumulated = self.waiters.iter().map(|waiter| waiter.accumulated).fold(0, u64::saturating_add);
        self.non_pooled_available = self.non_pooled_available.saturating_add(accumulated);
        self.waiters.drain(..).map(|waiter| waiter.id).collect()
    }

    fn pooled(&self) -> u64 {
        self.free.saturating_mul(self.poolable_size)
    }

    fn free_up(&mut self, size: u64) {
        let missing = size.saturating_sub(self.non_pooled_available);
        let buffers = missing.div_ceil(self.poolable_size.max(1)).min(self.free);
        self.free -= buffers;
        self.non_pooled_available =
            self.non_pooled_available.saturating_add(buffers.saturating_mul(self.poolable_size));
    }

    /// Gives what is free to those that wait, the first first.
    fn serve(&mut self) {
        while let Some(waiter) = self.waiters.front().copied().filter(|_| self.available() > 0) {
            let whole = waiter.accumulated == 0 && waiter.size == self.poolable_size && self.free > 0;
            let accumulated = if whole {
                self.free -= 1;
                waiter.size
            } else {
                let wanted = waiter.size.saturating_sub(waiter.accumulated);
                self.free_up(wanted);
                let got = wanted.min(self.non_pooled_available);
                self.non_pooled_available -= got;
                waiter.accumulated.saturating_add(got)
            };
            if accumulated < waiter.size {
                if let Some(first) = self.waiters.front_mut() {
                    first.accumulated = accumulated;
                }
                return;
            }
            self.waiters.pop_front();
            self.served.push((waiter.id, Buffer { size: waiter.size }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pooled_buffers_are_broken_up_when_something_else_is_wanted() {
        let mut pool = BufferPool::new(100, 40);
        let (first, second) = (pool.allocate(40).unwrap(), pool.allocate(40).unwrap());
        pool.deallocate(first);
        pool.deallocate(second);
        assert_eq!((pool.available(), pool.free), (100, 2));
        let large = pool.allocate(50).unwrap();
        assert_eq!((pool.available(), pool.free), (50, 1), "20 + 40 were enough");
        pool.deallocate(large);
        assert_eq!(pool.available(), 100);
    }

    #[test]
    fn errors_say_how_much_there_is() {
        let mut pool = BufferPool::new(100, 40);
        assert_eq!(pool.allocate(101), Err(AllocateError::TooLarge { size: 101, total: 100 }));
        pool.allocate(70).unwrap();
        assert_eq!(pool.allocate(40), Err(AllocateError::Exhausted { size: 40, total: 100, available: 30 }));
        pool.close();
        assert_eq!(pool.allocate(1), Err(AllocateError::Closed));
    }

    #[test]
    fn memory_goes_to_the_longest_waiting_until_it_has_enough() {
        let mut pool = BufferPool::new(100, 40);
        let buffers: Vec<Buffer> = [40, 20, 40].map(|size| pool.allocate(size).unwrap()).to_vec();
        let (large, small) = (pool.wait(90), pool.wait(40));
        assert_eq!(pool.queued(), 2);
        pool.deallocate(buffers[1]);
        pool.deallocate(buffers[0]);
        assert_eq!((pool.take_served(), pool.available()), (Vec::new(), 0), "60 of 90");
        pool.cancel(large);
        assert_eq!(pool.take_served(), [(small, Buffer { size: 40 })], "what it had got goes on to the next");
        assert_eq!(pool.available(), 20);
        let last = pool.wait(60);
        pool.deallocate(buffers[2]);
        assert_eq!(pool.take_served(), [(last, Buffer { size: 60 })]);
        assert_eq!((pool.available(), pool.queued()), (0, 0));
    }
}
