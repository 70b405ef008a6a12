//! Adapters through wgpu. Each kind can be initialised once a process, so the outcome is kept.

use std::sync::OnceLock;

use burn::tensor::{Device, DeviceKind};

use super::DeviceError;

type Opened = Result<Device, DeviceError>;

/// The first discrete, integrated or virtual GPU.
pub(super) fn real() -> Opened {
    static OPENED: OnceLock<Opened> = OnceLock::new();
    let kinds = [DeviceKind::DiscreteGpu(0), DeviceKind::IntegratedGpu(0), DeviceKind::VirtualGpu(0)];
    OPENED.get_or_init(|| first_of(&kinds)).clone()
}

/// An adapter that runs on the CPU.
pub(super) fn software() -> Opened {
    static OPENED: OnceLock<Opened> = OnceLock::new();
    OPENED.get_or_init(|| first_of(&[DeviceKind::Cpu, DeviceKind::DefaultDevice])).clone()
}

fn first_of(kinds: &[DeviceKind]) -> Opened {
    let mut reasons = Vec::new();
    for kind in kinds {
        match Device::wgpu_options().device_kind(kind.clone()).init() {
            Ok(device) => return Ok(device),
            Err(error) => reasons.push(error.to_string()),
        }
    }
    Err(DeviceError::NoAdapter { reason: reasons.join("; ") })
}

pub(super) fn reason(error: &DeviceError) -> String {
    match error {
        DeviceError::NoAdapter { reason } => reason.clone(),
        other => other.to_string(),
    }
}

pub(super) fn name(device: &Device) -> String {
    device.identity().map_or_else(|| "unnamed adapter".to_owned(), |identity| identity.name)
}
