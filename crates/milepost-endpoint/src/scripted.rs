use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::{Call, Reply, Transport, TransportError};

type Answer = dyn Fn(&Call, usize) -> Result<Reply, TransportError> + Send + Sync;

/// A transport that answers as it is told, for tests and examples. Clones share the record of calls.
#[derive(Clone)]
pub struct ScriptedTransport {
    answer: Arc<Answer>,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl ScriptedTransport {
    /// Answers the first call with the first item, and so on; after the last there is no connection.
    pub fn new(script: impl IntoIterator<Item = Result<Reply, TransportError>>) -> Self {
        let script: Vec<_> = script.into_iter().collect();
        Self::answering(move |_, index| {
            let end = || Err(TransportError::Unreachable { reason: "the script is over".to_owned() });
            script.get(index).cloned().unwrap_or_else(end)
        })
    }

    /// Answers by a function of the call and of the number of calls before it.
    pub fn answering(
        answer: impl Fn(&Call, usize) -> Result<Reply, TransportError> + Send + Sync + 'static,
    ) -> Self {
        Self { answer: Arc::new(answer), calls: Arc::default() }
    }

    /// The calls so far, in the order in which they came.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Transport for ScriptedTransport {
    fn post(&self, call: &Call) -> Result<Reply, TransportError> {
        let index = {
            let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
            calls.push(call.clone());
            calls.len() - 1
        };
        (self.answer)(call, index)
    }
}

impl fmt::Debug for ScriptedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptedTransport").finish_non_exhaustive()
    }
}
