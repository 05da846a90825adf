//! What the application needs of the world: traits and their error classes, no adapter.
//!
//! To add a port: a module here with one trait, shaped by the use case that needs it, atomic per
//! call; an adapter crate named `<port>-<technology>`; a contract suite in `vigie-testkit`. To add
//! an adapter: implement the trait in a crate of its own that sees `domain` and `ports` only, and
//! run the suite on it.

pub mod api;
pub mod erasing;
pub mod mail;
pub mod moving;
pub mod noted;
pub mod queue;
pub mod settling;
pub mod store;
pub mod world;

pub use api::{Api, Call, CallError, Reply};
pub use erasing::{Erasing, Erasure, Expired, Expiring, Gone};
pub use mail::{Accepted, Email, FailureClass, Mail, Mailbox, SendError};
pub use moving::{Keys, Mark, MovedReview, Moving, Page, Piece, Standing, Sum, Sums};
pub use noted::{Brought, Noted};
pub use queue::{NotQueued, Queue};
pub use settling::{Due, Redriven, Settlement};
pub use store::{
    Arrival, BrandInForce, Counts, NoticeFilter, Recorded, Rejected, ReportMade, Store, StoreError,
    StoredBrand, StoredReview, Verdict, Written,
};
pub use world::{Clock, Ids, World};
