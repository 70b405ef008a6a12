//! What a policy over tokens begins with: made once for all arms of a seed that begin alike.

use milepost_algorithms::{Device, TokenSettings, TrainError, WarmStart, WarmStartReport};
use milepost_core::Demonstrator;
use milepost_policies::{SequenceModel, model_from_bytes, model_to_bytes};

use super::SetupError;
use super::aids::Aids;
use crate::config::{EnvironmentConfig, PolicyConfig};
use crate::record::shared::Shared;

/// Everything that the weights after a warm start depend on.
pub(super) struct Origin<'a> {
    pub(super) policy: &'a PolicyConfig,
    pub(super) environment: &'a EnvironmentConfig,
    pub(super) warm_start: &'a WarmStart,
    pub(super) tokens: &'a TokenSettings,
    pub(super) seed: u64,
}

impl Origin<'_> {
    fn key(&self) -> Result<String, SetupError> {
        let Self { policy, environment, warm_start, tokens, seed } = self;
        serde_json::to_string(&("warm start", policy, environment, warm_start, tokens, seed))
            .map_err(|error| SetupError::Start { reason: error.to_string() })
    }

    /// `network` after the warm start. Whoever comes first makes the weights; they are read back by all, so that every arm
    /// begins with the same bits.
    pub(super) fn apply<E: Demonstrator + Aids, M: SequenceModel>(
        &self,
        network: M,
        world: &E,
        device: &Device,
        shared: &Shared,
    ) -> Result<(M, WarmStartReport), SetupError> {
        if self.warm_start.demonstrations == 0 {
            return Ok((network, WarmStartReport::default()));
        }
        let bytes = shared.get(&self.key()?, || {
            let (aids, tokens) = (E::aids(), self.tokens);
            let cloned =
                self.warm_start.apply_with(&aids, network.clone(), world, tokens, device, self.seed)?;
            pack(&cloned.0, &cloned.1)
        })?;
        unpack(network, &bytes)
    }
}

/// The length of the report, the report, the weights.
fn pack<M: SequenceModel>(network: &M, report: &WarmStartReport) -> Result<Vec<u8>, SetupError> {
    let report = serde_json::to_vec(report).map_err(|error| damaged(&error))?;
    let weights = model_to_bytes(network).map_err(TrainError::from)?;
    Ok([&(report.len() as u64).to_le_bytes()[..], &report, &weights].concat())
}

fn unpack<M: SequenceModel>(network: M, bytes: &[u8]) -> Result<(M, WarmStartReport), SetupError> {
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or_else(|| damaged(&"it is cut short"))?;
    let (report, weights) = usize::try_from(u64::from_le_bytes(*length))
        .ok()
        .and_then(|length| rest.split_at_checked(length))
        .ok_or_else(|| damaged(&"it is cut short"))?;
    let report = serde_json::from_slice(report).map_err(|error| damaged(&error))?;
    Ok((model_from_bytes(network, weights).map_err(TrainError::from)?, report))
}

fn damaged(reason: &impl ToString) -> SetupError {
    SetupError::Start { reason: reason.to_string() }
}
