//! Weights of tokens.
