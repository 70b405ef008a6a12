use milepost_core::{Purpose, Stream, StreamKey};

use super::{DataError, Dataset, error::require};

/// Which trajectories keep their actions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Places in the data set, increasing.
    pub labelled: Vec<usize>,
    /// The other places, increasing.
    pub unlabelled: Vec<usize>,
}

impl Split {
    /// The simulated split of semi-supervised offline RL (arXiv 2210.06518): sort by undiscounted return,
    /// draw `round(p · n)` at random from the lowest `⌈q · n⌉`; the others lose their actions. Ties at the cut
    /// are resolved by place.
    ///
    /// # Errors
    /// If nothing would be labelled, or more than the cut leaves.
    pub fn low_quality(data: &Dataset, p: f64, q: f64, seed: u64) -> Result<Self, DataError> {
        require(p > 0.0 && p <= 1.0, "p", p, "in (0, 1]")?;
        require(q > 0.0 && q <= 1.0, "q", q, "in (0, 1]")?;
        let n = data.len();
        let wanted = (p * n as f64).round() as usize;
        let available = ((q * n as f64 - 1e-9).ceil() as usize).min(n);
        if wanted == 0 {
            return Err(DataError::Empty { what: "labelled trajectories at this p" });
        }
        if wanted > available {
            return Err(DataError::Split { wanted, available });
        }
        let returns: Vec<f64> = data.trajectories().iter().map(|t| t.discounted_return(1.0)).collect();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|a, b| returns[*a].total_cmp(&returns[*b]));
        order.truncate(available);
        let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("offline split")));
        stream.shuffle(&mut order);
        order.truncate(wanted);
        order.sort_unstable();
        let unlabelled = (0..n).filter(|index| order.binary_search(index).is_err()).collect();
        Ok(Self { labelled: order, unlabelled })
    }

    /// The labelled part, and the other without its actions.
    #[must_use]
    pub fn apply(&self, data: &Dataset) -> (Dataset, Dataset) {
        (data.subset(&self.labelled), data.subset(&self.unlabelled).without_actions())
    }
}
