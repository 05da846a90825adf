//! The commands, one file each.

pub(crate) mod answered;
pub(crate) mod apply;
pub(crate) mod assess;
pub(crate) mod backup;
pub(crate) mod capture;
pub(crate) mod check;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod erase;
pub(crate) mod explain;
pub(crate) mod import;
pub(crate) mod migrate;
pub(crate) mod notices;
pub(crate) mod platforms;
pub(crate) mod reconcile;
pub(crate) mod redrive;
pub(crate) mod report;
pub(crate) mod send;
pub(crate) mod serve;
pub(crate) mod shown;
pub(crate) mod signer;
pub(crate) mod sources;
pub(crate) mod split;
pub(crate) mod status;
