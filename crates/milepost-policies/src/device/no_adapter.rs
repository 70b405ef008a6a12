//! Adapters in a build without GPU support: there are none.

use burn::tensor::Device;

use super::DeviceError;

pub(super) fn real() -> Result<Device, DeviceError> {
    Err(DeviceError::NotBuilt)
}

pub(super) fn software() -> Result<Device, DeviceError> {
    Err(DeviceError::NotBuilt)
}

pub(super) fn reason(error: &DeviceError) -> String {
    error.to_string()
}

pub(super) fn name(_: &Device) -> String {
    "none".to_owned()
}
