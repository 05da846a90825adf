//! What the demo plays, in the order of the play.

use jiff::SignedDuration;
use serde_json::json;
use vigie_platforms::preset::{Fetch, Push, Sample};
use vigie_platforms::{Preset, Scheme};

use super::play::{Beside, Fate, Guise, Player, Posting, Tally};
use super::stage::{Account, bruma_site, lumen, platforms};
use vigie_machine::now;

/// The promise of the demo's brand, and how long before its end the reminder goes.
const PROMISE: SignedDuration = SignedDuration::from_hours(24);
const REMINDER: SignedDuration = SignedDuration::from_hours(20);
const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A review that no preset has as a sample.
struct Told<'a> {
    id: &'a str,
    rating: u8,
    location: Option<&'a str>,
    /// Published so long ago.
    ago: SignedDuration,
    language: &'a str,
    author: &'a str,
    text: &'a str,
}

impl Player {
    /// What is posted and edited, and what is not to be taken.
    pub(crate) async fn first_act(&mut self) {
        for preset in platforms() {
            let account = lumen(preset);
            self.set_up(&account).await;
            for sample in preset.samples().iter().filter(|sample| !settles(sample)) {
                self.sample(&account, sample, "", Guise::Honest, Fate::AsSampled).await;
            }
            self.mischief(&account).await;
        }
    }

    /// A copy, a late copy, one more at exactly four stars, a forgery and an old signature.
    async fn mischief(&mut self, account: &Account) {
        let preset = account.preset;
        if let Some(low) = preset.sample("posted-low") {
            self.sample(account, low, "", Guise::Honest, copied(preset)).await;
            self.sample(account, low, "66", Guise::Forged, Fate::Refused).await;
            if has_timestamp(preset.scheme()) {
                self.sample(account, low, "67", Guise::Old, Fate::Refused).await;
            }
        }
        if let Some(four) = preset.sample("posted-four") {
            let was_edited = preset.sample("edited-down").is_some();
            let whole = preset.push() == Push::Full;
            let late = if whole && was_edited && has_versions(four) {
                Fate::Stale
            } else {
                copied(preset)
            };
            self.sample(account, four, "", Guise::Honest, late).await;
            self.sample(account, four, "7", Guise::Honest, Fate::AsSampled).await;
        }
    }

    /// A critical review of this hour, and reviews of yesterday whose reminders and escalation come
    /// due in a moment: two of Lyon within a quarter of an hour, which make one message.
    pub(crate) async fn yesterday(&mut self) {
        let Some(preset) = Preset::by_id("standard-webhooks") else { return };
        let account = lumen(preset);
        let seconds = SignedDuration::from_secs;
        let of = |id, location, ago, author, text| Told {
            id,
            rating: 1,
            location: Some(location),
            ago,
            language: "fr",
            author,
            text,
        };
        let (lyon, nantes) = ("LYON-01", "NANTES-02");
        let soon = REMINDER - seconds(4);
        let (late, rude) = ("Deux semaines de retard.", "Vendeuse désagréable, accueil glacial.");
        let fire = "La lampe a pris feu, ma fille s'est brûlé la main.";
        for told in [
            of("r-2001", lyon, soon, "Paul R.", late),
            of("r-2002", lyon, soon - seconds(2), "Awa S.", "Reçu cassé, et personne ne répond."),
            of("r-2003", nantes, soon, "Léo V.", "Une heure d'attente à la caisse."),
            of("r-2004", nantes, PROMISE - seconds(5), "Mila C.", rude),
            of("r-2005", lyon, HOUR, "Inès T.", fire),
        ] {
            self.told(&account, &told).await;
        }
    }

    /// What comes to the brand on trial.
    pub(crate) async fn trial(&mut self) {
        let Some(account) = bruma_site() else { return };
        let of = |id, rating, author, text| Told {
            id,
            rating,
            location: None,
            ago: HOUR,
            language: "en",
            author,
            text,
        };
        for told in [
            of("b-1", 2, "Ruth A.", "My parcel never arrived, and nobody answers the phone."),
            of("b-2", 3, "Omar K.", "Nice bag, but the stitching came apart within a week."),
            of("b-3", 5, "Ines P.", "Beautiful work, and a card by hand. Thank you!"),
        ] {
            self.told(&account, &told).await;
        }
    }

    /// Answers and withdrawals, once the alerts are out.
    pub(crate) async fn second_act(&mut self) {
        for preset in platforms() {
            let account = lumen(preset);
            for sample in preset.samples().iter().filter(|sample| settles(sample)) {
                self.sample(&account, sample, "", Guise::Honest, Fate::AsSampled).await;
            }
        }
    }

    /// Posts a review in the neutral payload.
    async fn told(&mut self, account: &Account, told: &Told<'_>) {
        let published_at = now() - told.ago;
        let body = json!({"type": "review.posted", "review": {
            "id": told.id, "rating": told.rating, "scale": 5, "text": told.text,
            "language": told.language, "author": told.author, "location": told.location,
            "published_at": published_at, "updated_at": published_at,
        }});
        let review = format!("{}/{}", account.source, told.id);
        self.remember(Some(&review), Some(&told.rating.to_string()));
        self.post(Posting {
            account,
            beside: Beside::default(),
            body: body.to_string().into_bytes(),
            reviews: vec![Some(review)],
            guise: Guise::Honest,
            should_be: Tally { sent: 1, accepted: 1, ..Tally::default() },
        })
        .await;
    }
}

/// Samples that end a review's wait come in the second act.
fn settles(sample: &Sample) -> bool {
    ["answered", "withdrawn"].iter().any(|sort| sample.name.starts_with(sort))
}

fn has_versions(sample: &Sample) -> bool {
    sample.expect.iter().any(|expected| expected.version.is_some())
}

/// What a copy of a webhook becomes: where ids are all that comes, each may be news.
fn copied(preset: &Preset) -> Fate {
    let each_is_news = preset.fetch().is_some_and(Fetch::each_is_news);
    if each_is_news { Fate::AsSampled } else { Fate::Duplicate }
}

/// Whether a time is signed that says when it was; a token says only until when it is good.
fn has_timestamp(scheme: &Scheme) -> bool {
    match scheme {
        Scheme::StandardWebhooks { .. } => true,
        Scheme::Hmac(hmac) => hmac.stamp.is_some(),
        _ => false,
    }
}
