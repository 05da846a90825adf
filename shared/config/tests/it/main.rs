//! The crate from outside: files in, configurations and faults out.

#[cfg(test)]
mod advice;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod human;
#[cfg(test)]
mod include;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod support;
