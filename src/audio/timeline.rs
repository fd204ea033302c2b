use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU32, AtomicU64, fence};

/// Stretches that are kept, and those that a reader looks at: what it reads is not being overwritten.
const KEPT: u64 = 128;
const READ: u64 = 64;

/// A stretch of sound and when it is heard. Times are in nanoseconds of the player's clock.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stretch {
    pub(super) generation: u32,
    pub(super) heard_ns: u64,
    pub(super) length_ns: u64,
    /// Where in the sound it begins.
    pub(super) position_secs: f64,
    /// Seconds of the sound in a second.
    pub(super) speed: f64,
}

/// What the callback took last, and when it is heard. One writes without waiting, others read: a sequence lock for each
/// stretch, whose sequence number is how many were written.
#[derive(Debug)]
pub(super) struct Timeline {
    slots: [Slot; KEPT as usize],
    written: AtomicU64,
}

#[derive(Debug, Default)]
struct Slot {
    generation: AtomicU32,
    heard_ns: AtomicU64,
    length_ns: AtomicU64,
    position: AtomicU64,
    speed: AtomicU64,
}

impl Default for Timeline {
    fn default() -> Self {
        Self { slots: std::array::from_fn(|_| Slot::default()), written: AtomicU64::new(0) }
    }
}

impl Timeline {
    /// Only for the one that writes.
    pub(super) fn push(&self, stretch: Stretch) {
        let index = self.written.load(Relaxed);
        // Nobody sees a part of the stretch without seeing that earlier ones were finished.
        fence(Release);
        let slot = &self.slots[(index % KEPT) as usize];
        slot.generation.store(stretch.generation, Relaxed);
        slot.heard_ns.store(stretch.heard_ns, Relaxed);
        slot.length_ns.store(stretch.length_ns, Relaxed);
        slot.position.store(stretch.position_secs.to_bits(), Relaxed);
        slot.speed.store(stretch.speed.to_bits(), Relaxed);
        self.written.store(index + 1, Release);
    }

    /// The latest stretch of a generation that has begun to be heard.
    pub(super) fn at(&self, now_ns: u64, generation: u32) -> Option<Stretch> {
        let written = self.written.load(Acquire);
        (written.saturating_sub(READ)..written)
            .rev()
            .map_while(|index| self.read(index))
            .find(|stretch| stretch.generation == generation && stretch.heard_ns <= now_ns)
    }

    /// Nothing if it was overwritten meanwhile.
    fn read(&self, index: u64) -> Option<Stretch> {
        let slot = &self.slots[(index % KEPT) as usize];
        let stretch = Stretch {
            generation: slot.generation.load(Relaxed),
            heard_ns: slot.heard_ns.load(Relaxed),
            length_ns: slot.length_ns.load(Relaxed),
            position_secs: f64::from_bits(slot.position.load(Relaxed)),
            speed: f64::from_bits(slot.speed.load(Relaxed)),
        };
        fence(Acquire);
        (self.written.load(Relaxed) < index + KEPT).then_some(stretch)
    }
}
