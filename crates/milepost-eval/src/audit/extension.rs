/// What the two rewards would pay for steps that the world never takes. EPIC and DARD ask for them,
/// because both compare a reward along pairs of states that need not follow each other.
///
/// Each function is given the state left and the state entered; `None` is the state after an end, from
/// which nothing is left to do. For EPIC and DARD to ignore a shaping term, the extension must contain it,
/// with the potential of `None` being 0.
#[derive(Clone, Copy)]
pub struct Extension<'a> {
    /// The gold reward.
    pub gold: &'a dyn Fn(Option<usize>, Option<usize>) -> f64,
    /// The audited reward.
    pub audited: &'a dyn Fn(Option<usize>, Option<usize>) -> f64,
}

impl Extension<'static> {
    /// Both pay nothing.
    pub fn nothing() -> Self {
        Self { gold: &|_, _| 0.0, audited: &|_, _| 0.0 }
    }
}
