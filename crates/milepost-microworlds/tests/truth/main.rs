//! Known answers: the exact credit of every world, against closed forms and against the general solver.

mod exact;
mod instances;
mod laws;

mod aliasing;
mod bifurcation;
mod delayed_effect;
mod recovery;
mod variable_horizon;
