mod identity;
mod laws;
