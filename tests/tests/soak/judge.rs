//! What must hold in the end, from what was acknowledged, what is stored and what arrived.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use vigie_smtp_sink::Sink;
use vigie_tests::home::Home;
use vigie_tests::webhook::SOURCE;

use crate::{CONTACTS, Sent, store_of};

/// An alert as the store has it.
#[derive(Debug)]
pub(crate) struct Alert {
    id: String,
    /// The review's external id, and who was to be told.
    about: (String, String),
    state: String,
    pub(crate) perhaps_twice: u32,
}

/// What the store holds in the end.
pub(crate) struct Stored {
    pub(crate) reviews: BTreeSet<String>,
    pub(crate) alerts: Vec<Alert>,
}

pub(crate) fn read_store(home: &Home) -> Result<Stored> {
    let store = store_of(home)?;
    let mut rows = store.prepare("SELECT external_id FROM review WHERE source = ?1")?;
    let reviews = rows.query_map([SOURCE], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut rows = store.prepare(
        "SELECT id, substr(review, length(?1) + 2), contact, state, perhaps_twice FROM notice \
         WHERE json_extract(body, '$.kind') = 'alert'",
    )?;
    let alerts = rows.query_map([SOURCE], |row| {
        Ok(Alert {
            id: row.get(0)?,
            about: (row.get(1)?, row.get(2)?),
            state: row.get(3)?,
            perhaps_twice: row.get(4)?,
        })
    })?;
    Ok(Stored { reviews, alerts: alerts.collect::<Result<_, _>>()? })
}

/// How often each notice's mail was taken.
pub(crate) fn mails_by_notice(sink: &Sink) -> Result<BTreeMap<String, u64>> {
    let mut mails = BTreeMap::new();
    for message in sink.messages() {
        let notice = message.header("X-Vigie-Notice").context("a mail without its notice")?;
        *mails.entry(notice).or_default() += 1;
    }
    Ok(mails)
}

/// Holds what is stored and what arrived against what was acknowledged; gives the mails too many.
pub(crate) fn judge(sent: &Sent, stored: &Stored, mails: &BTreeMap<String, u64>) -> Result<u64> {
    let lost: Vec<_> =
        sent.acknowledged.keys().filter(|id| !stored.reviews.contains(*id)).collect();
    ensure!(lost.is_empty(), "{} acknowledged reviews are lost: {lost:?}", lost.len());

    let mut made: BTreeMap<&(String, String), Vec<&Alert>> = BTreeMap::new();
    stored.alerts.iter().for_each(|alert| made.entry(&alert.about).or_default().push(alert));
    for (id, _) in sent.acknowledged.iter().filter(|(_, is_low)| **is_low) {
        for contact in CONTACTS {
            let about = (id.clone(), contact.to_owned());
            let alerts = made.get(&about).map(Vec::as_slice).unwrap_or_default();
            let [alert] = alerts else { anyhow::bail!("{about:?} has the alerts {alerts:?}") };
            ensure!(alert.state == "sent", "not sent: {alert:?}");
        }
    }
    let good: BTreeSet<_> =
        sent.acknowledged.iter().filter(|(_, is_low)| !**is_low).map(|(id, _)| id).collect();
    let wrong = stored.alerts.iter().find(|alert| good.contains(&alert.about.0));
    ensure!(wrong.is_none(), "an alert on a good review: {wrong:?}");

    let mut too_many = 0;
    for alert in stored.alerts.iter().filter(|alert| alert.state == "sent") {
        let arrived = mails.get(&alert.id).copied().unwrap_or_default();
        ensure!(arrived > 0, "said to be sent, and never arrived: {alert:?}");
        ensure!(
            arrived <= 1 + u64::from(alert.perhaps_twice),
            "arrived {arrived} times: {alert:?}"
        );
        too_many += arrived - 1;
    }
    Ok(too_many)
}

#[cfg(test)]
mod tests {
    //! A soak that cannot fail proves nothing: each fault it looks for is shown to be found.

    use super::*;

    fn scene() -> (Sent, Stored, BTreeMap<String, u64>) {
        let mut sent = Sent::default();
        sent.acknowledged.insert("low".to_owned(), true);
        sent.acknowledged.insert("good".to_owned(), false);
        let alert = |contact: &str| Alert {
            id: format!("n-{contact}"),
            about: ("low".to_owned(), contact.to_owned()),
            state: "sent".to_owned(),
            perhaps_twice: 0,
        };
        let alerts: Vec<Alert> = CONTACTS.iter().map(|contact| alert(contact)).collect();
        let mails = alerts.iter().map(|alert| (alert.id.clone(), 1)).collect();
        let reviews = sent.acknowledged.keys().cloned().collect();
        (sent, Stored { reviews, alerts }, mails)
    }

    type Mails = BTreeMap<String, u64>;

    #[track_caller]
    fn finds(fault: impl FnOnce(&mut Stored, &mut Mails), words: &str) {
        let (sent, mut stored, mut mails) = scene();
        fault(&mut stored, &mut mails);
        let error = judge(&sent, &stored, &mails).expect_err("nobody noticed").to_string();
        assert!(error.contains(words), "{error}");
    }

    #[test]
    fn nothing_is_found_where_nothing_is_wrong() {
        let (sent, stored, mails) = scene();
        assert_eq!(judge(&sent, &stored, &mails).unwrap(), 0);
    }

    #[test]
    fn a_lost_review_is_found() {
        finds(|stored, _| stored.reviews.retain(|id| id != "good"), "lost");
    }

    #[test]
    fn a_missing_a_doubled_and_an_unsent_notice_are_found() {
        finds(|stored, _| drop(stored.alerts.pop()), "has the alerts");
        finds(|stored, _| stored.alerts[1].about = stored.alerts[0].about.clone(), "the alerts");
        finds(|stored, _| "dead".clone_into(&mut stored.alerts[0].state), "not sent");
    }

    #[test]
    fn an_alert_on_a_good_review_is_found() {
        let good = |stored: &mut Stored, _: &mut Mails| {
            let about = ("good".to_owned(), "service".to_owned());
            let id = "n-good".to_owned();
            stored.alerts.push(Alert { id, about, state: "sent".to_owned(), perhaps_twice: 0 });
        };
        finds(good, "a good review");
    }

    #[test]
    fn a_mail_that_never_came_or_came_too_often_is_found() {
        finds(|_, mails| mails.clear(), "never arrived");
        finds(|_, mails| mails.values_mut().for_each(|count| *count = 2), "arrived 2 times");
    }

    #[test]
    fn a_second_mail_that_was_counted_is_counted_here() {
        let (sent, mut stored, mut mails) = scene();
        stored.alerts[0].perhaps_twice = 1;
        mails.insert(stored.alerts[0].id.clone(), 2);
        assert_eq!(judge(&sent, &stored, &mails).unwrap(), 1);
    }
}
