//! Everything outside, as one type parameter.

use jiff::Timestamp;

use crate::api::Api;
use crate::mail::Mail;
use crate::store::Store;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Makes what must not be guessed or must not be the same twice.
pub trait Ids: Send + Sync {
    /// 16 random bytes.
    fn random(&self) -> [u8; 16];
}

/// The world the application runs in: one implementation a home, and one for tests.
pub trait World: Send + Sync {
    /// Keeps.
    type Store: Store;
    /// Sends e-mail.
    type Mail: Mail;
    /// Asks platforms' APIs.
    type Api: Api;
    /// Tells the time.
    type Clock: Clock;
    /// Makes ids.
    type Ids: Ids;

    /// The store.
    fn store(&self) -> &Self::Store;
    /// The mail transport.
    fn mail(&self) -> &Self::Mail;
    /// The way to platforms' APIs.
    fn api(&self) -> &Self::Api;
    /// The clock.
    fn clock(&self) -> &Self::Clock;
    /// The source of ids.
    fn ids(&self) -> &Self::Ids;
}
