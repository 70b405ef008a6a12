use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Waits between attempts. Injected, so that nothing here waits by itself.
pub trait Sleeper: Debug + Send + Sync {
    /// Returns after `wait`.
    fn sleep(&self, wait: Duration);
}

/// Returns at once and remembers how long it was asked to wait. Clones share the memory.
#[derive(Debug, Clone, Default)]
pub struct VirtualSleeper(Arc<Mutex<Vec<Duration>>>);

impl VirtualSleeper {
    /// The waits so far, in order.
    #[must_use]
    pub fn waits(&self) -> Vec<Duration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Sleeper for VirtualSleeper {
    fn sleep(&self, wait: Duration) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(wait);
    }
}
