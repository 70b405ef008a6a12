/// Where the call stands in a turn: what comes before it is thought.
pub trait CallFormat<E> {
    /// The index at which the call of `turn` begins; `None` where it holds none.
    fn call(&self, environment: &E, turn: &[u32]) -> Option<usize>;
}

impl<E, F: Fn(&E, &[u32]) -> Option<usize>> CallFormat<E> for F {
    fn call(&self, environment: &E, turn: &[u32]) -> Option<usize> {
        self(environment, turn)
    }
}

/// The whole turn is a call: for worlds without thoughts.
#[derive(Debug, Clone, Copy, Default)]
pub struct WholeTurn;

impl<E> CallFormat<E> for WholeTurn {
    fn call(&self, _environment: &E, _turn: &[u32]) -> Option<usize> {
        Some(0)
    }
}
