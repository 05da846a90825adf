//! Whoever runs Vigie hears of trouble with Vigie itself: counted beside the work, noted every few
//! seconds, told once and then at most once in six hours.

use std::collections::HashSet;

use jiff::Timestamp;
use vigie_domain::matter::Telling;
use vigie_domain::notice::NoticeId;
use vigie_domain::{Brand, Locale, Matter, Rhythm, Silence, SourceId, Trouble};
use vigie_ports::{Store as _, StoreError, World};
use vigie_render::{Message, OperatorView};

use crate::App;

/// Notes what was counted since the last time, in one write; nothing where nothing was.
///
/// # Errors
/// The store does not answer: what was counted is kept for the next time.
pub async fn flush<W: World>(app: &App<W>) -> Result<(), StoreError> {
    note_refusals(app).await?;
    let noted = app.tallies().take();
    if noted.troubles.is_empty() && noted.sources.is_empty() {
        return Ok(());
    }
    for (trouble, count, ..) in &noted.troubles {
        let (code, about) = (trouble.matter.id(), &trouble.about);
        tracing::warn!(matter = code, about, count, "trouble");
    }
    let kept = noted.clone();
    app.store().note(noted).await.inspect_err(|_| app.tallies().put_back(kept))
}

/// Whether something waits to be noted that the operator is to hear of.
pub fn is_troubled<W: World>(app: &App<W>) -> bool {
    app.tallies().has_trouble()
}

/// Hours with refusals far above usual become trouble.
async fn note_refusals<W: World>(app: &App<W>) -> Result<(), StoreError> {
    let hours = app.tallies().refused_hours();
    // Few refusals are never far above usual: the store is not asked for them.
    let few =
        |refused, accepted| !Rhythm::default().is_refused_unusually(accepted, refused, app.now());
    if hours.iter().all(|(_, hour)| few(hour.refused, hour.accepted)) {
        return Ok(());
    }
    let sources: Vec<_> = hours.iter().map(|(source, _)| source.clone()).collect();
    let known = app.store().rhythms_of(&sources).await?;
    let unknown = Rhythm::default();
    for (source, hour) in hours {
        let rhythm = known.iter().find(|(id, _)| *id == source).map_or(&unknown, |(_, r)| r);
        if rhythm.is_refused_unusually(hour.accepted, hour.refused, app.now()) {
            let trouble = Trouble::new(Matter::Refused, source.as_str());
            app.tallies().trouble(trouble, hour.refused - hour.noted, app.now());
            app.tallies().hour_noted(&source, &hour);
        }
    }
    Ok(())
}

/// Makes the notices that are due: nudge [`crate::deliver`]. None where there is no operator; the
/// counts then stand in the store, and `vigie status` shows them.
///
/// # Errors
/// The store does not answer: the next time makes them.
pub async fn tell<W: World>(app: &App<W>) -> Result<Vec<NoticeId>, StoreError> {
    if app.settings().operator.is_empty() {
        return Ok(Vec::new());
    }
    app.store().tell(app.now()).await
}

/// Counts a trouble.
pub fn trouble<W: World>(app: &App<W>, trouble: Trouble) {
    app.tallies().trouble(trouble, 1, app.now());
}

/// Counts a faulty file. What is wrong with it stands in the log, and `vigie check` says it.
pub fn faulty_file<W: World>(app: &App<W>, file: &str) {
    trouble(app, Trouble::new(Matter::File, file));
}

/// The sources of brands in force that are silent for unusually long.
///
/// # Errors
/// The store does not answer.
pub async fn silent<W: World>(
    app: &App<W>,
    now: Timestamp,
) -> Result<Vec<(SourceId, Silence)>, StoreError> {
    let brands = app.store().brands().await?.into_iter().filter(|stored| !stored.retired);
    let sources: HashSet<_> =
        brands.flat_map(|stored| stored.brand.sources).map(|source| source.id).collect();
    let mut known = app.store().rhythms().await?;
    known.retain(|(id, _)| sources.contains(id));
    Ok(silences(known, now))
}

/// The sources of a brand that are silent for unusually long.
pub(crate) async fn silent_of<W: World>(
    app: &App<W>,
    brand: &Brand,
    now: Timestamp,
) -> Result<Vec<(SourceId, Silence)>, StoreError> {
    let sources: Vec<_> = brand.sources.iter().map(|source| source.id.clone()).collect();
    Ok(silences(app.store().rhythms_of(&sources).await?, now))
}

fn silences(known: Vec<(SourceId, Rhythm)>, now: Timestamp) -> Vec<(SourceId, Silence)> {
    known.into_iter().filter_map(|(id, rhythm)| Some((id, rhythm.silence(now)?))).collect()
}

/// A silence in words: for how long, and what it is judged by.
pub fn silence_in_words(silence: Silence) -> String {
    let days = |n: u32| if n == 1 { "1 day".to_owned() } else { format!("{n} days") };
    format!(
        "silent for {}; in the 60 days before, it never paused longer than {}",
        days(silence.days),
        days(silence.longest)
    )
}

/// Counts the sources that are silent for unusually long. To be asked once a day: a silence is one
/// trouble, however often it is looked at.
///
/// # Errors
/// The store does not answer.
pub async fn note_silences<W: World>(app: &App<W>) -> Result<(), StoreError> {
    for (source, silence) in silent(app, app.now()).await? {
        let told = silence_in_words(silence);
        trouble(app, Trouble::with(Matter::Silent, source.as_str(), &told));
    }
    Ok(())
}

/// The words of a message to the operator.
pub(crate) fn message(told: &Telling, zoned: impl Fn(Timestamp) -> String) -> Message {
    let (first, last) = (zoned(told.first_at), zoned(told.last_at));
    let when =
        if first == last { format!("At {first}.") } else { format!("From {first} to {last}.") };
    let mut text = vec![knows(told.matter).to_owned(), when];
    text.extend(told.details.iter().map(|detail| format!("{}: {detail}", told.about)));
    text.push(does(told.matter).to_owned());
    vigie_render::operator(&OperatorView {
        locale: Locale::En,
        code: told.matter.id().to_owned(),
        source: told.about.clone(),
        count: told.count,
        text: text.join("\n"),
        once: told.matter.is_told_once(),
    })
}

/// What to know.
pub const fn knows(matter: Matter) -> &'static str {
    match matter {
        Matter::Rejected => {
            "Events arrived with a right signature and could not be read. They are kept for 30 days."
        }
        Matter::Unrated => {
            "Reviews arrived without a readable rating. They make no alert; the report shows them."
        }
        Matter::Undated => {
            "Reviews arrived with a date that cannot be right. Their time of receipt stands for it."
        }
        Matter::Location => {
            "Reviews name a location that is no shop's. They show it as it came, and go to the \
             brand's contacts."
        }
        Matter::Dead => "Messages of this brand cannot be delivered, and nobody will get them.",
        Matter::Complaint => "A reader marked messages of this brand as unwanted.",
        Matter::Refused => {
            "Webhooks are refused far more often than is usual for this source, and more often than \
             they are taken."
        }
        Matter::Silent => "This source is silent for longer than it ever was.",
        Matter::File => {
            "This file, or one that it includes, is faulty. What was in force before stays in force."
        }
        Matter::Draft => {
            "Drafts of answers did not pass our own checks: the safe draft stands in their place."
        }
        Matter::Disk => {
            "The disk of the data folder is nearly full. Without room, webhooks are refused."
        }
    }
}

/// What to do.
pub const fn does(matter: Matter) -> &'static str {
    match matter {
        Matter::Rejected => {
            "vigie notices lists them with the reason. Mend the preset, then: vigie redrive ID."
        }
        Matter::Unrated => "Look at one with vigie explain; if it has a rating, mend the preset.",
        Matter::Undated => "Look at what the platform sends; if it has a date, mend the preset.",
        Matter::Location => "Add it to match of its [[brand.shop]], then: vigie apply.",
        Matter::Dead => {
            "vigie notices --state dead says why. Mend the address or the mail server, then: \
             vigie redrive ID."
        }
        Matter::Complaint => {
            "Ask the brand whether this person wants them; if not, take the contact out of vigie.toml. \
             Mail services slow down who is complained of."
        }
        Matter::Refused => {
            "vigie capture --source ID keeps the next ones, and vigie doctor says why they do not \
             verify. A secret that was changed on one side only is the usual cause."
        }
        Matter::Silent => {
            "Look whether the webhook is still switched on at the platform; vigie sources has the \
             steps."
        }
        Matter::File => "vigie check shows each fault with its line and what to do.",
        Matter::Draft => "Nothing is lost. Send us the review's language and cause, not its text.",
        Matter::Disk => "Make room, or move the data folder to a larger disk.",
    }
}
