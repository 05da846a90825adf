//! `vigie erase`: a review, or all that an author wrote on a source, is erased: in the store, in
//! kept requests, and among the mails in a folder.
//!
//! What may still hold it is told: mailboxes, copies, backups.

mod told;

use std::fs;
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use vigie_app::App;
use vigie_app::erase::{Found, Whom, erase, forget_rejected, look};
use vigie_domain::{Mentions, text};
use vigie_mail_smtp::Spooled;
use vigie_ports::{Erasure, StoredReview};
use vigie_store_sqlite::FILE_NAME;

use super::explain::no_such_review;
use crate::captures::Folder;
use crate::cli::{Erase, StoreKind};
use crate::load::{CannotBegin, read_config, store_trouble};
use crate::open::{Place, with_app};
use crate::output::{Exit, complain, say, say_json};
use crate::waiting::Waiting;
use vigie_machine::now;

/// How often a message that is under way is looked at: most are gone within a second.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long past the end of its claim a message is waited for: clocks of two processes differ.
const A_LITTLE_LATER: SignedDuration = SignedDuration::from_secs(5);

/// What went, or would.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Counts {
    /// Reviews.
    reviews: u64,
    /// Notices that were not sent: cancelled.
    notices_unsent: u64,
    /// Notices that were sent: they lost their subject lines.
    notices_sent: u64,
    /// Events that could not be mapped.
    rejected: u64,
    /// Refused requests that were kept.
    captures: u64,
    /// Messages in the folder that mail is written to.
    mails: u64,
}

/// What was done.
#[derive(Debug, Serialize)]
pub(crate) struct Told {
    /// False: it was only looked at.
    erased: bool,
    #[serde(flatten)]
    counts: Counts,
    /// When the one review that was asked about had been erased before.
    #[serde(skip_serializing_if = "Option::is_none")]
    already: Option<Timestamp>,
    /// Whether nothing of it is left in the store's files; null while it is only looked at.
    swept: Option<bool>,
    /// Copies of the store in the data folder, which hold it still.
    copies: Vec<String>,
    /// Whether the store keeps its past by itself.
    #[serde(skip)]
    keeps_the_past: bool,
}

/// Erases, or looks.
pub(crate) async fn run(arguments: &Erase) -> Result<Exit, CannotBegin> {
    let whom = whom(arguments)?;
    let data = match arguments.stored.store {
        StoreKind::Sqlite => {
            let (config, machine) = read_config(&arguments.stored.config.config)?;
            Some(machine.path(&config.server.data))
        }
        StoreKind::Aws => None,
    };
    with_app!(&arguments.stored, app => erase_in(&app, &whom, data.as_deref(), arguments).await)
}

/// Erases in a store, and in its data folder where it has one.
async fn erase_in<P: Place>(
    app: &App<P>,
    whom: &Whom,
    data: Option<&Path>,
    arguments: &Erase,
) -> Result<Exit, CannotBegin> {
    let waiting = Waiting::for_("looking through the store and its files");
    let found = look(app, whom).await.map_err(store_trouble)?;
    let mut told = Told {
        erased: !arguments.dry_run,
        counts: Counts::default(),
        already: None,
        swept: None,
        copies: data.map(copies).unwrap_or_default(),
        keeps_the_past: P::KEEPS_THE_PAST,
    };
    let folder = data.map(Folder::in_data);
    let place = Erased { app, folder, dry: arguments.dry_run };
    // Files first: what recognises them is known only as long as the review is there.
    place.files(&found, &mut told.counts).await?;
    for stored in &found.reviews {
        place.review(stored, &mut told).await?;
    }
    if !arguments.dry_run {
        // And again: one may have been written meanwhile.
        place.files(&found, &mut told.counts).await?;
        told.swept = Some(app.world().sweep().await.map_err(store_trouble)?);
    }
    drop(waiting);
    Ok(tell(arguments, whom, &told))
}

fn whom(arguments: &Erase) -> Result<Whom, CannotBegin> {
    match (&arguments.review, &arguments.author, &arguments.source) {
        (Some(review), ..) => Ok(Whom::Review(review.clone())),
        (None, Some(name), Some(source)) if !text::clean_line(name).is_empty() => {
            Ok(Whom::Author { name: text::clean_line(name), source: source.clone() })
        }
        _ => Err(CannotBegin::Other("--author needs a name".to_owned())),
    }
}

/// Where it is erased.
struct Erased<'a, P: Place> {
    app: &'a App<P>,
    /// Where refused requests are kept, if anywhere.
    folder: Option<Folder>,
    dry: bool,
}

impl<P: Place> Erased<'_, P> {
    /// What was kept beside the reviews.
    async fn files(&self, found: &Found, counts: &mut Counts) -> Result<(), CannotBegin> {
        counts.rejected +=
            forget_rejected(self.app, found, self.dry).await.map_err(store_trouble)?;
        if let (Some(source), Some(folder)) = (&found.source, &self.folder) {
            let kept = folder.forget(source.as_str(), &found.mentions, self.dry);
            counts.captures += kept.map_err(|error| cannot(folder.path(), &error))?;
        }
        if let Some(mail) = self.app.world().spool() {
            let shows = shows(&found.reviews);
            let taken = mail.take_back(shows, self.dry);
            counts.mails += taken.map_err(|error| cannot(Path::new("the mail folder"), &error))?;
        }
        Ok(())
    }

    /// One review, as soon as no message about it is under way.
    async fn review(&self, stored: &StoredReview, told: &mut Told) -> Result<(), CannotBegin> {
        let mut looks = tokio::time::interval(LOOK_EVERY);
        loop {
            looks.tick().await;
            match erase(self.app, stored, self.dry).await.map_err(store_trouble)? {
                Erasure::Done(gone) => {
                    told.counts.reviews += 1;
                    told.counts.notices_unsent += gone.unsent;
                    told.counts.notices_sent += gone.sent;
                    return Ok(());
                }
                Erasure::Already(at) => {
                    told.already = Some(at);
                    return Ok(());
                }
                Erasure::Missing => return Ok(()),
                Erasure::Busy(until) if now().duration_since(until) > A_LITTLE_LATER => {
                    let number = stored.number.shown(&stored.review.brand);
                    return Err(CannotBegin::Other(format!(
                        "{number} was not erased: messages about it are under way all the time\n  \
                         hint: try again, or stop vigie serve first"
                    )));
                }
                Erasure::Busy(_) => {}
            }
        }
    }
}

/// Whether a message shows one of the reviews: by its header, by its number, by its words.
fn shows(reviews: &[StoredReview]) -> impl Fn(&Spooled) -> bool {
    let mut keys = Vec::new();
    let mut said = Mentions::default();
    for stored in reviews {
        keys.push(vigie_app::header_of(&stored.review.key));
        said.add_name(&stored.number.shown(&stored.review.brand));
        if !stored.review.is_erased() {
            said = said.and(Mentions::of_texts(&stored.review));
        }
    }
    move |message| {
        let key = message.review.as_ref();
        key.is_some_and(|key| keys.contains(key)) || said.in_text(&message.text)
    }
}

/// Copies of the store that an upgrade, a backup or a person left in the data folder.
fn copies(data: &Path) -> Vec<String> {
    let Ok(listed) = fs::read_dir(data) else { return Vec::new() };
    let names = listed.flatten().map(|file| file.file_name().to_string_lossy().into_owned());
    let ours = [FILE_NAME.to_owned(), format!("{FILE_NAME}-wal"), format!("{FILE_NAME}-shm")];
    let is_copy = |name: &String| name.contains(".sqlite") && !ours.contains(name);
    let mut copies: Vec<String> = names.filter(is_copy).collect();
    copies.sort();
    copies
}

fn cannot(place: &Path, error: &std::io::Error) -> CannotBegin {
    let shown = place.display();
    CannotBegin::Other(format!(
        "cannot look through {shown}: {error}\n  hint: run this as the user that runs vigie serve"
    ))
}

fn tell(arguments: &Erase, whom: &Whom, told: &Told) -> Exit {
    let exit = match told.swept {
        Some(false) => Exit::Part,
        _ if told.already.is_none() && told.counts.are_none() => Exit::NotSo,
        _ => Exit::Done,
    };
    if arguments.json.json {
        say_json(told);
    } else if exit == Exit::NotSo {
        complain(match whom {
            Whom::Review(named) => no_such_review(named),
            Whom::Author { name, source } => {
                format!("vigie: nothing of {} is kept on {source}", text::clean_line(name))
            }
        });
    } else {
        say(told::sentences(told).join("\n"));
    }
    if exit == Exit::Part {
        complain(told::LOG_IN_USE);
    }
    exit
}

impl Counts {
    const fn are_none(&self) -> bool {
        self.reviews + self.rejected + self.captures + self.mails == 0
    }
}
