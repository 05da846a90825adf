//! Trouble with Vigie itself, and what sources brought: a document a matter, one a source.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use vigie_domain::matter::{DETAILS_MAX, to_tell};
use vigie_domain::notice::NoticeId;
use vigie_domain::rhythm::{DAYS_KEPT, Day, day_of};
use vigie_domain::{Matter, Rhythm, SourceId, Telling, Trouble, Troubled};
use vigie_ports::{Brought, Noted, StoreError};

use crate::calls::{TRIES, pause};
use crate::document::Document;
use crate::expression::Expression;
use crate::item::Key;
use crate::{DynamoStore, fault, notices};

type Answer<T> = Result<T, StoreError>;

const TROUBLES: &str = "T";
const SOURCES: &str = "S";

/// One detail of a matter.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) detail: String,
    count: u64,
    first_at: Timestamp,
    last_at: Timestamp,
    told_at: Option<Timestamp>,
    /// The notice that told it last: an erasure takes the detail out of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) told_in: Option<NoticeId>,
}

/// The details of a matter.
pub(crate) type Rows = Vec<Row>;

/// What a source brought.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Kept {
    accepted_at: Option<Timestamp>,
    refused_at: Option<Timestamp>,
    refused_why: Option<String>,
    days: Vec<Day>,
}

fn key(trouble: &Trouble) -> Key {
    Key::new(TROUBLES, format!("{}#{}", trouble.matter.id(), trouble.about))
}

/// Notes one trouble among its matter's. What is told once counts until it was told; details beyond
/// the most that are kept count as one of them.
fn note_one(
    rows: &mut Rows,
    trouble: &Trouble,
    count: u64,
    (first_at, last_at): (Timestamp, Timestamp),
) {
    let others = rows.iter().filter(|row| row.detail != trouble.detail).count();
    let detail = if others >= DETAILS_MAX { "others" } else { &trouble.detail };
    let Some(row) = rows.iter_mut().find(|row| row.detail == detail) else {
        let detail = detail.to_owned();
        rows.push(Row { detail, count, first_at, last_at, told_at: None, told_in: None });
        return;
    };
    row.first_at = if row.count == 0 { first_at } else { row.first_at.min(first_at) };
    row.last_at = row.last_at.max(last_at);
    let is_over = trouble.matter.is_told_once() && row.told_at.is_some();
    row.count = if is_over { 0 } else { row.count + count };
}

/// The matter of a document, and its troubles; none of a newer version's: it tells of it.
fn troubled(document: &Document<Rows>) -> Vec<Troubled> {
    let Some((code, about)) = document.name().split_once('#') else { return Vec::new() };
    let Some(matter) = Matter::from_id(code) else { return Vec::new() };
    let trouble = |row: &Row| Troubled {
        what: Trouble { matter, about: about.to_owned(), detail: row.detail.clone() },
        count: row.count,
        first_at: row.first_at,
        last_at: row.last_at,
        told_at: row.told_at,
    };
    document.value.iter().map(trouble).collect()
}

/// What a source brought, as its document says.
fn rhythm(kept: Document<Kept>) -> Answer<(SourceId, Rhythm)> {
    let source = kept.name().parse();
    let source = source.map_err(|_| fault::corrupt(SOURCES, "its name is no source's id"))?;
    let Kept { accepted_at, refused_at, refused_why, days } = kept.value;
    Ok((source, Rhythm { accepted_at, refused_at, refused_why, days }))
}

fn add(kept: &mut Kept, brought: &Brought) {
    let refused_at = brought.refused_last.as_ref().map(|(at, _)| *at);
    let Some(at) = brought.accepted_at.max(refused_at) else { return };
    kept.accepted_at = brought.accepted_at.or(kept.accepted_at);
    if let Some((at, why)) = &brought.refused_last {
        kept.refused_at = Some(*at);
        kept.refused_why = Some(why.clone());
    }
    let date = day_of(at);
    if !kept.days.iter().any(|day| day.date == date) {
        kept.days.push(Day { date, accepted: 0, refused: 0 });
    }
    for day in kept.days.iter_mut().filter(|day| day.date == date) {
        day.accepted += brought.accepted;
        day.refused += brought.refused;
    }
    kept.days.sort_by_key(|day| day.date);
    // Days with something make the rhythm: those of a silent source stay, however long it is
    // silent, because its last webhook is what ages them.
    if brought.accepted > 0 {
        let old = at.checked_sub(SignedDuration::from_hours(24 * i64::from(DAYS_KEPT + 1)));
        let old = day_of(old.unwrap_or(Timestamp::MIN));
        kept.days.retain(|day| day.date >= old);
    }
}

impl DynamoStore {
    /// The matter that a trouble is of.
    pub(crate) async fn matter(&self, trouble: &Trouble) -> Answer<Document<Rows>> {
        self.document(key(trouble)).await
    }

    /// A trouble's matter with one more of it, to be put back in a transaction.
    pub(crate) async fn one_more(
        &self,
        trouble: &Trouble,
        at: Timestamp,
    ) -> Answer<Document<Rows>> {
        let mut matter = self.matter(trouble).await?;
        note_one(&mut matter.value, trouble, 1, (at, at));
        Ok(matter)
    }

    pub(crate) async fn note_all(&self, noted: &Noted) -> Answer<()> {
        for (trouble, count, first_at, last_at) in &noted.troubles {
            self.note_trouble(trouble, *count, (*first_at, *last_at)).await?;
        }
        for (source, brought) in &noted.sources {
            self.note_brought(source, brought).await?;
        }
        Ok(())
    }

    async fn note_trouble(
        &self,
        trouble: &Trouble,
        count: u64,
        between: (Timestamp, Timestamp),
    ) -> Answer<()> {
        for tried in 0..TRIES {
            let mut matter = self.matter(trouble).await?;
            note_one(&mut matter.value, trouble, count, between);
            if matter.save(self).await? {
                return Ok(());
            }
            pause(tried).await;
        }
        Err(fault::busy("noting trouble"))
    }

    async fn note_brought(&self, source: &SourceId, brought: &Brought) -> Answer<()> {
        for tried in 0..TRIES {
            let mut kept: Document<Kept> =
                self.document(Key::new(SOURCES, source.as_str())).await?;
            add(&mut kept.value, brought);
            if kept.save(self).await? {
                return Ok(());
            }
            pause(tried).await;
        }
        Err(fault::busy("noting what a source brought"))
    }

    /// Puts a trouble in as it is, in the place of its former.
    pub(crate) async fn put_trouble(&self, trouble: &Troubled) -> Answer<()> {
        for tried in 0..TRIES {
            let mut matter = self.matter(&trouble.what).await?;
            let Troubled { what, count, first_at, last_at, told_at } = trouble.clone();
            matter.value.retain(|row| row.detail != what.detail);
            let detail = what.detail;
            let row = Row { detail, count, first_at, last_at, told_at, told_in: None };
            matter.value.push(row);
            if matter.save(self).await? {
                return Ok(());
            }
            pause(tried).await;
        }
        Err(fault::busy("moving a trouble"))
    }

    pub(crate) async fn forget_trouble(&self, what: &Trouble) -> Answer<()> {
        for tried in 0..TRIES {
            let mut matter = self.matter(what).await?;
            matter.value.retain(|row| row.detail != what.detail);
            if matter.save(self).await? {
                return Ok(());
            }
            pause(tried).await;
        }
        Err(fault::busy("forgetting a trouble"))
    }

    /// Puts in what a source brought, in the place of what was known.
    pub(crate) async fn put_rhythm(&self, source: &SourceId, rhythm: &Rhythm) -> Answer<()> {
        for tried in 0..TRIES {
            let mut kept: Document<Kept> =
                self.document(Key::new(SOURCES, source.as_str())).await?;
            let Rhythm { accepted_at, refused_at, refused_why, days } = rhythm.clone();
            kept.value = Kept { accepted_at, refused_at, refused_why, days };
            if kept.save(self).await? {
                return Ok(());
            }
            pause(tried).await;
        }
        Err(fault::busy("moving what a source brought"))
    }

    pub(crate) async fn forget_rhythm(&self, source: &SourceId) -> Answer<()> {
        self.remove(Key::new(SOURCES, source.as_str())).await
    }

    /// Makes the notices of what is to be told now, each with its matter in one transaction. A
    /// matter that others write at this moment is told next time.
    pub(crate) async fn tell_all(&self, now: Timestamp) -> Answer<Vec<NoticeId>> {
        let mut matters = self.documents::<Rows>(TROUBLES).await?;
        let known: Vec<Troubled> = matters.iter().flat_map(troubled).collect();
        let mut made = Vec::new();
        for telling in to_tell(&known, now) {
            let name = format!("{}#{}", telling.matter.id(), telling.about);
            let Some(matter) = matters.iter_mut().find(|matter| matter.name() == name) else {
                continue;
            };
            made.extend(self.tell_one(telling, matter, now).await?);
        }
        Ok(made)
    }

    async fn tell_one(
        &self,
        telling: Telling,
        matter: &mut Document<Rows>,
        now: Timestamp,
    ) -> Answer<Option<NoticeId>> {
        let notice = telling.notice(now);
        for row in matter.value.iter_mut().filter(|row| row.count > 0) {
            row.count = 0;
            row.told_at = Some(now);
            row.told_in = Some(notice.id.clone());
        }
        let new = notices::new_item(&notice, now)?;
        let new = self.put(new, &Expression::new().when_missing("pk"))?;
        let refused = self.transact(vec![matter.action(self)?, new]).await?;
        if refused.is_empty() {
            return Ok(Some(notice.id));
        }
        // The notice is there: only the counts are behind.
        let is_there = refused.iter().all(|refusal| refusal.index == 1);
        let is_told = is_there && matter.save(self).await?;
        Ok(is_told.then_some(notice.id))
    }

    pub(crate) async fn all_troubles(&self) -> Answer<Vec<Troubled>> {
        let matters = self.documents::<Rows>(TROUBLES).await?;
        let mut all: Vec<Troubled> = matters.iter().flat_map(troubled).collect();
        let order = |one: &Troubled| {
            (one.what.matter.id(), one.what.about.clone(), one.what.detail.clone())
        };
        all.sort_by_key(order);
        Ok(all)
    }

    pub(crate) async fn all_rhythms(&self) -> Answer<Vec<(SourceId, Rhythm)>> {
        self.documents(SOURCES).await?.into_iter().map(rhythm).collect()
    }

    pub(crate) async fn some_rhythms(
        &self,
        sources: &[SourceId],
    ) -> Answer<Vec<(SourceId, Rhythm)>> {
        let keys = sources.iter().map(|source| Key::new(SOURCES, source.as_str())).collect();
        self.get_all(keys).await?.iter().map(|item| rhythm(Document::read(item)?)).collect()
    }
}
