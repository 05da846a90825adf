//! What the command says to people.

use jiff::tz::TimeZone;

use super::{Counts, Told};
use crate::commands::shown::{count, local};

/// What is said where the log could not be emptied.
pub(super) const LOG_IN_USE: &str = "\
vigie: erased, but not yet from the store's log: another program reads from it all the time
  hint: end what reads the store (a copy, a sqlite3 shell), and run this again; a running server
  tries each minute";

pub(super) fn sentences(told: &Told) -> Vec<String> {
    let mut said = vec![first(told)];
    said.extend(beside(&told.counts, told.erased));
    if told.counts.notices_sent > 0 {
        let messages = of(told.counts.notices_sent, "message");
        let were = if told.counts.notices_sent == 1 { "was" } else { "were" };
        said.push(format!(
            "{messages} about it {were} sent: people's mailboxes hold them, and reports that showed \
             it."
        ));
    }
    said.extend(told.copies.iter().map(|copy| {
        format!("{copy} in the data folder is a copy of before: it holds it until you delete it.")
    }));
    if told.counts.reviews > 0 {
        said.push("Backups elsewhere hold it until they are deleted.".to_owned());
        if told.keeps_the_past {
            let past = "The table's point-in-time recovery holds it for up to 35 days more.";
            said.push(past.to_owned());
        }
    }
    said
}

fn first(told: &Told) -> String {
    if let Some(at) = told.already
        && told.counts.reviews == 0
    {
        return format!("It had been erased on {}.", local(at, &TimeZone::UTC));
    }
    let reviews = of(told.counts.reviews, "review");
    if told.erased {
        format!("Erased: {reviews}. The numbers stay, and a redelivery changes nothing.")
    } else {
        format!("Would be erased: {reviews}. Nothing was changed.")
    }
}

fn beside(counts: &Counts, done: bool) -> Option<String> {
    let all = [
        (counts.notices_unsent, "unsent notice"),
        (counts.rejected, "rejected event"),
        (counts.captures, "kept request"),
        (counts.mails, "mail"),
    ];
    let some: Vec<String> =
        all.into_iter().filter(|(n, _)| *n > 0).map(|(n, one)| of(n, one)).collect();
    let with = if done { "With it went" } else { "With it would go" };
    (!some.is_empty()).then(|| format!("{with}: {}.", some.join(", ")))
}

fn of(number: u64, one: &str) -> String {
    count(usize::try_from(number).unwrap_or(usize::MAX), one)
}
