//! MiniGrid-exact gridworlds: engine, levels, field of view, rendering, oracle.
