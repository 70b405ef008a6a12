//! What the estimators must satisfy, checked against exact truth.

mod aliasing;
mod critics;
mod edges;
mod equal;
mod exact;
mod gradient;
mod learned;
mod support;
mod tiny;
mod written;
