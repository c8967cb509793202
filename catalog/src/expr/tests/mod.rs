//! Expressions through one door.
