//! The engine on a virtual clock, with a scripted network.

mod breaker;
mod damage;
mod decisions;
mod incidents;
mod masking;
mod model;
mod order;
mod requests;
mod revisions;
mod stories;
mod timetables;
mod together;
mod world;
