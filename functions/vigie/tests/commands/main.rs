//! Every command of the contract, as a process: what it prints, and how it ends.

#[cfg(test)]
mod assess;
#[cfg(test)]
mod brands;
#[cfg(test)]
mod captures;
mod files;
#[cfg(test)]
mod import;
#[cfg(test)]
mod keeping;
#[cfg(test)]
mod notices;
#[cfg(test)]
mod reviews;
#[cfg(test)]
mod support;
#[cfg(test)]
mod wire;
