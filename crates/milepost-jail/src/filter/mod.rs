//! The system-call filter: a table of what each call does, compiled to classic BPF.

mod bpf;
mod policy;

/// The filter of this machine's architecture, as the kernel reads it: 8 bytes an instruction.
pub(crate) fn bytes() -> Vec<u8> {
    bpf::compile(policy::ARCHITECTURE, policy::X32, &policy::table())
        .iter()
        .flat_map(|instruction| instruction.bytes())
        .collect()
}
