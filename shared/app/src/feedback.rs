//! A mail service tells what became of a message after it took it.

use vigie_domain::notice::NoticeId;
use vigie_domain::{Kind, Matter, Trouble};
use vigie_ports::{Noted, Store as _, StoreError, World, Written};

use crate::App;

/// What a mail service tells of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Feedback {
    /// It came back: nobody has it. Why, in one line without an address.
    CameBack(String),
    /// Its reader marked it as unwanted.
    Unwanted,
}

/// What was made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// It is recorded, and the operator hears of it.
    Noted,
    /// It was known, or is of a notice that was sent again meanwhile.
    Known,
    /// There is no such notice.
    Missing,
}

/// Takes what a mail service tells of a notice's message.
///
/// # Errors
/// The store does not answer: it is to be told again.
pub async fn hear<W: World>(
    app: &App<W>,
    id: &NoticeId,
    feedback: &Feedback,
) -> Result<Heard, StoreError> {
    let Some(notice) = app.store().notice(id).await? else { return Ok(Heard::Missing) };
    match feedback {
        Feedback::CameBack(reason) => {
            let reason = format!("it came back: {reason}");
            let written = app.store().come_back(id, &reason, app.now()).await?;
            tracing::error!(notice.id = %id, reason, "a message came back");
            Ok(if written == Written::Done { Heard::Noted } else { Heard::Known })
        }
        Feedback::Unwanted if notice.what.kind == Kind::Operator => Ok(Heard::Known),
        Feedback::Unwanted => {
            let (brand, to) = (notice.what.brand.as_str(), notice.what.to.as_str());
            let trouble = Trouble::with(Matter::Complaint, brand, to);
            let troubles = vec![(trouble, 1, app.now(), app.now())];
            app.store().note(Noted { troubles, sources: Vec::new() }).await?;
            tracing::warn!(notice.id = %id, "a reader marked a message as unwanted");
            Ok(Heard::Noted)
        }
    }
}
