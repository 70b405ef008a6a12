//! Whether this machine can use the `wgpu` backend, found out without linking a graphics library.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// What a Linux machine offers to Vulkan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Vulkan {
    /// Whether the loader, `libvulkan.so.1`, is installed.
    loader: bool,
    /// File names of driver manifests (`nvidia_icd.json`, `lvp_icd.x86_64.json`, …).
    drivers: Vec<String>,
    /// Whether a kernel driver offers a rendering node (`/dev/dri/renderD*`).
    render_node: bool,
    /// Whether NVIDIA's own device node is there.
    nvidia_node: bool,
}

/// Why something cannot be used, in words for the user.
pub(crate) type Unusable = &'static str;

const NO_LOADER: Unusable = "the Vulkan loader (libvulkan.so.1) is not installed";
const NO_DRIVER: Unusable = "no Vulkan driver is installed (Debian: mesa-vulkan-drivers)";
const NO_GPU: Unusable = "no GPU device was found";

impl Vulkan {
    /// Whether programs that use wgpu can run at all; a software driver suffices.
    fn any(&self) -> Result<(), Unusable> {
        match self {
            Self { loader: false, .. } => Err(NO_LOADER),
            Self { drivers, .. } if drivers.is_empty() => Err(NO_DRIVER),
            _ => Ok(()),
        }
    }

    /// Whether a real GPU can be used.
    fn hardware(&self) -> Result<(), Unusable> {
        self.any()?;
        let nvidia = self.nvidia_node && self.drivers.iter().any(|name| name.contains("nvidia"));
        if self.render_node || nvidia { Ok(()) } else { Err(NO_GPU) }
    }

    /// Looks at the file system below `top` (`/` on a real machine) and at the loader's variables.
    fn probe(top: &Path, variable: impl Fn(&str) -> Option<OsString>) -> Self {
        let devices = names_in(&top.join("dev/dri"));
        Self {
            loader: library_folders(top, &variable).iter().any(|dir| dir.join("libvulkan.so.1").exists()),
            drivers: drivers(top, &variable),
            render_node: devices.iter().any(|name| name.starts_with("renderD")),
            nvidia_node: top.join("dev/nvidia0").exists(),
        }
    }
}

/// Whether experiments should use the GPU of this machine.
pub(crate) fn hardware() -> Result<(), Unusable> {
    if cfg!(target_os = "linux") {
        Vulkan::probe(Path::new("/"), |name| std::env::var_os(name)).hardware()
    } else {
        Ok(()) // Metal and DirectX 12 come with the system.
    }
}

/// Whether tests of the `wgpu` backend can run on this machine.
pub(crate) fn any() -> Result<(), Unusable> {
    if cfg!(target_os = "linux") {
        Vulkan::probe(Path::new("/"), |name| std::env::var_os(name)).any()
    } else {
        Ok(())
    }
}

/// Names of the entries of a folder, sorted; empty if it cannot be read.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// Where the dynamic linker finds libraries: the usual folders, one level of multi-arch folders in them,
/// and `LD_LIBRARY_PATH`.
fn library_folders(top: &Path, variable: &impl Fn(&str) -> Option<OsString>) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        variable("LD_LIBRARY_PATH").iter().flat_map(std::env::split_paths).collect();
    for usual in ["usr/lib", "usr/lib64", "lib", "lib64", "usr/local/lib", "run/opengl-driver/lib"] {
        let folder = top.join(usual);
        let multi_arch = names_in(&folder).into_iter().filter(|name| name.contains("-linux-"));
        folders.extend(multi_arch.map(|name| folder.join(name)));
        folders.push(folder);
    }
    folders
}

/// File names of the driver manifests that the loader would read.
fn drivers(top: &Path, variable: &impl Fn(&str) -> Option<OsString>) -> Vec<String> {
    for name in ["VK_DRIVER_FILES", "VK_ICD_FILENAMES"] {
        if let Some(files) = variable(name) {
            let present = std::env::split_paths(&files).filter(|file| file.exists());
            return present.map(|file| file.to_string_lossy().into_owned()).collect();
        }
    }
    let mut data: Vec<PathBuf> = variable("XDG_DATA_DIRS").iter().flat_map(std::env::split_paths).collect();
    data.extend(variable("HOME").map(|home| Path::new(&home).join(".local/share")));
    for usual in ["etc", "usr/share", "usr/local/share", "run/opengl-driver/share"] {
        data.push(top.join(usual));
    }
    let manifests = data.iter().flat_map(|folder| names_in(&folder.join("vulkan/icd.d")));
    manifests.filter(|name| Path::new(name).extension().is_some_and(|found| found == "json")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(drivers: &[&str], render_node: bool, nvidia_node: bool) -> Vulkan {
        let drivers = drivers.iter().map(ToString::to_string).collect();
        Vulkan { loader: true, drivers, render_node, nvidia_node }
    }

    #[test]
    fn a_software_driver_serves_tests_but_is_no_gpu() {
        let software = machine(&["lvp_icd.x86_64.json"], false, false);
        assert_eq!((software.any(), software.hardware()), (Ok(()), Err(NO_GPU)));
    }

    #[test]
    fn a_gpu_needs_loader_driver_and_device() {
        assert_eq!(machine(&["radeon_icd.json"], true, false).hardware(), Ok(()));
        assert_eq!(machine(&["nvidia_icd.json"], false, true).hardware(), Ok(()));
        assert_eq!(machine(&["lvp_icd.json"], false, true).hardware(), Err(NO_GPU), "CUDA only");
        assert_eq!(machine(&[], true, true).hardware(), Err(NO_DRIVER));
        let no_loader = Vulkan { loader: false, ..machine(&["nvidia_icd.json"], true, true) };
        assert_eq!((no_loader.any(), no_loader.hardware()), (Err(NO_LOADER), Err(NO_LOADER)));
    }

    #[test]
    fn the_probe_reads_the_file_system() {
        let top = std::env::temp_dir().join(format!("xtask-gpu-{}", std::process::id()));
        for file in
            ["usr/lib/x86_64-linux-gnu/libvulkan.so.1", "usr/share/vulkan/icd.d/a.json", "dev/dri/renderD128"]
        {
            let path = top.join(file);
            std::fs::create_dir_all(path.parent().expect("has a folder")).expect("creates");
            std::fs::write(path, "").expect("writes");
        }
        let found = Vulkan::probe(&top, |_| None);
        let other = Vulkan::probe(&top, |name| (name == "VK_DRIVER_FILES").then(|| "missing.json".into()));
        std::fs::remove_dir_all(&top).expect("removes");
        assert_eq!(found, machine(&["a.json"], true, false));
        assert_eq!(other, machine(&[], true, false), "the variable replaces the folders");
        assert_eq!(Vulkan::probe(&top, |_| None), Vulkan::default());
    }
}
