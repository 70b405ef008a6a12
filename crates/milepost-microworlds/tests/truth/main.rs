//! Known answers: the exact credit of every world, against closed forms and against the general solver.

mod broken;
mod exact;
mod instances;
mod laws;
mod tasks;

mod aliasing;
mod bifurcation;
mod box_pushing;
mod classic;
mod delayed_effect;
mod delayed_sum;
mod discounting_chain;
mod frozen_lake;
mod grid;
mod interleaving;
mod key_to_door;
mod milestone_rooms;
mod overlapping_tree;
mod pinpad;
mod random_walk;
mod recovery;
mod risky_insert;
mod turns;
mod umbrella;
mod variable_horizon;
