//! Every command of the contract, as a process: what it prints, and how it ends.

mod files;
mod notices;
mod reviews;
mod support;
mod wire;
