//! The one place where a device is chosen. Everything above asks for a `Device` and passes it on.

#[cfg(feature = "wgpu")]
mod adapter;
#[cfg(not(feature = "wgpu"))]
#[path = "no_adapter.rs"]
mod adapter;

use std::{fmt, str::FromStr};

use burn::tensor::Device;
use milepost_core::nearest;
use serde::{Deserialize, Serialize};

/// Which device to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// A real GPU if there is one, otherwise the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// A GPU through wgpu (Vulkan, Metal or DX12), or an error. A software adapter is accepted.
    Wgpu,
}

impl DeviceChoice {
    const ALL: [(&'static str, Self); 3] = [("auto", Self::Auto), ("cpu", Self::Cpu), ("wgpu", Self::Wgpu)];
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, _) = Self::ALL[*self as usize];
        f.write_str(name)
    }
}

impl FromStr for DeviceChoice {
    type Err = DeviceError;
    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let found = Self::ALL.into_iter().find(|(name, _)| *name == text);
        found.map(|(_, choice)| choice).ok_or_else(|| DeviceError::UnknownChoice {
            found: text.to_owned(),
            hint: nearest(text, Self::ALL.map(|(name, _)| name))
                .map(|name| format!("; did you mean `{name}`?"))
                .unwrap_or_default(),
        })
    }
}

/// What kind of device was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceUsed {
    /// The CPU.
    Cpu,
    /// A GPU (or its emulation) through wgpu.
    Wgpu,
}

/// An open device, and why it is this one.
#[derive(Debug, Clone)]
pub struct OpenDevice {
    /// For tensors without gradients; `device.clone().autodiff()` for parameters in training.
    pub device: Device,
    /// What it is.
    pub kind: DeviceUsed,
    /// One line for the run record: what was chosen and why.
    pub message: String,
}

/// No device could be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The name is none of a device's.
    #[error("unknown device `{found}`{hint} (valid: auto, cpu, wgpu)")]
    UnknownChoice {
        /// What was given.
        found: String,
        /// The nearest valid name, if one is near.
        hint: String,
    },
    /// A GPU was asked for, but this build cannot use one.
    #[error(
        "device wgpu was asked for, but this build has no GPU support; build with `--features wgpu` or choose cpu"
    )]
    NotBuilt,
    /// A GPU was asked for, but none answered.
    #[error(
        "device wgpu was asked for, but no adapter answered ({reason}); install a Vulkan, Metal or DX12 driver, or choose cpu"
    )]
    NoAdapter {
        /// What the driver said.
        reason: String,
    },
}

/// Opens a device. `Auto` takes a real GPU and otherwise falls back to the CPU, saying why; a software
/// adapter counts as none, because it is many times slower than the CPU kernels. `Wgpu` never falls back.
///
/// A process opens each device once; later calls return the same one.
pub fn open_device(choice: DeviceChoice) -> Result<OpenDevice, DeviceError> {
    match choice {
        DeviceChoice::Cpu => Ok(cpu("CPU, as asked".to_owned())),
        DeviceChoice::Auto => Ok(match adapter::real() {
            Ok(device) => gpu(device, "GPU"),
            Err(DeviceError::NotBuilt) => cpu("CPU: this build has no GPU support".to_owned()),
            Err(error) => cpu(format!("CPU: no GPU was found ({})", adapter::reason(&error))),
        }),
        DeviceChoice::Wgpu => match adapter::real() {
            Ok(device) => Ok(gpu(device, "GPU, as asked")),
            Err(_) => adapter::software()
                .map(|device| gpu(device, "software adapter, as asked; for tests, not for speed")),
        },
    }
}

fn cpu(message: String) -> OpenDevice {
    OpenDevice { device: Device::flex(), kind: DeviceUsed::Cpu, message }
}

fn gpu(device: Device, what: &str) -> OpenDevice {
    let message = format!("{what}: {}", adapter::name(&device));
    OpenDevice { device, kind: DeviceUsed::Wgpu, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_survive_text_and_serde() {
        for (name, choice) in DeviceChoice::ALL {
            assert_eq!(name.parse(), Ok(choice));
            assert_eq!(choice.to_string(), name);
            assert_eq!(serde_json::to_string(&choice).expect("plain"), format!("\"{name}\""));
        }
    }

    #[test]
    fn an_unknown_choice_lists_the_valid_ones() {
        let error = "wgpuu".parse::<DeviceChoice>().expect_err("not a device").to_string();
        assert_eq!(error, "unknown device `wgpuu`; did you mean `wgpu`? (valid: auto, cpu, wgpu)");
        let error = "quantum".parse::<DeviceChoice>().expect_err("not a device").to_string();
        assert_eq!(error, "unknown device `quantum` (valid: auto, cpu, wgpu)");
    }

    #[test]
    fn the_cpu_is_always_there_and_says_so() {
        let open = open_device(DeviceChoice::Cpu).expect("the CPU");
        assert_eq!(open.kind, DeviceUsed::Cpu);
        assert!(open.message.starts_with("CPU"));
    }

    #[cfg(not(feature = "wgpu"))]
    #[test]
    fn without_the_feature_auto_explains_itself_and_wgpu_is_an_error() {
        let open = open_device(DeviceChoice::Auto).expect("falls back");
        assert_eq!(
            (open.kind, open.message.as_str()),
            (DeviceUsed::Cpu, "CPU: this build has no GPU support")
        );
        assert_eq!(open_device(DeviceChoice::Wgpu).expect_err("no support"), DeviceError::NotBuilt);
    }
}
