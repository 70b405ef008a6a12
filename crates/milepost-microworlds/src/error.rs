pub(crate) use milepost_core::ParameterCheck as Check;
pub use milepost_core::ParameterError as TaskError;
