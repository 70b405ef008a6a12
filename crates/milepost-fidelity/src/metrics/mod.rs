//! How close credit is to truth.
