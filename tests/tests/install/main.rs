//! docs/install.md and deploy/, followed as somebody would who has nothing else.

mod image;
mod page;
mod proxies;
mod unit;
mod walk;
