//! Statistics with intervals and exact solutions of enumerable worlds.
