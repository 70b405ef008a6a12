//! What published code computes under a name. Each function is a [`PolicyObjective`](crate::PolicyObjective);
//! change any of its fields.

pub mod openrlhf;
pub mod plain;
pub mod trl;
pub mod verl;
