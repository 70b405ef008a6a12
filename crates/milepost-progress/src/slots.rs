use crate::ProgressError;

/// What is remembered of the episode in each slot. Nothing survives its end.
#[derive(Debug, Clone)]
pub(crate) struct Slots<T> {
    memory: Vec<Option<T>>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { memory: Vec::new() }
    }
}

impl<T> Slots<T> {
    /// A new episode in `slot`.
    pub(crate) fn start(&mut self, slot: usize, memory: T) {
        if self.memory.len() <= slot {
            self.memory.resize_with(slot + 1, || None);
        }
        self.memory[slot] = Some(memory);
    }

    /// The episode under way.
    pub(crate) fn running(&mut self, slot: usize) -> Result<&mut T, ProgressError> {
        self.memory.get_mut(slot).and_then(Option::as_mut).ok_or(ProgressError::NotReset { slot })
    }

    /// The episode under way, to read.
    pub(crate) fn get(&self, slot: usize) -> Result<&T, ProgressError> {
        self.memory.get(slot).and_then(Option::as_ref).ok_or(ProgressError::NotReset { slot })
    }

    /// Forgets it.
    pub(crate) fn end(&mut self, slot: usize) {
        if let Some(memory) = self.memory.get_mut(slot) {
            *memory = None;
        }
    }
}
