//! Who is reviewed and what they asked for: a brand as vigie.toml defines it, checked.

use jiff::{SignedDuration, Timestamp, civil, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::assessment::{Assessment, Severity};
use crate::cause::Cause;
use crate::digest::Digest;
use crate::event::Content;
use crate::hours::Hours;
use crate::ids::{BrandId, ContactId, ShopId, SourceId};
use crate::own::OwnAdvice;
use crate::review::Review;
use crate::source::{Access, SecretRef, Source};
use crate::stars::Stars;

/// The language of what a brand reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// French.
    Fr,
    /// English.
    En,
}

impl Locale {
    /// ISO 639-1.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Fr => "fr",
            Self::En => "en",
        }
    }

    /// The locale of an ISO 639-1 code, if Vigie writes that language.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "fr" => Some(Self::Fr),
            "en" => Some(Self::En),
            _ => None,
        }
    }
}

/// Which messages a contact gets by default. Routes, steps and criticality add to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gets {
    /// Alerts that no route sends elsewhere.
    Alert,
    /// Good reviews.
    Praise,
    /// The unanswered report.
    Report,
}

/// Somebody at the brand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Its id within the brand.
    pub id: ContactId,
    /// As messages name it.
    pub name: String,
    /// E-mail address, checked.
    pub email: String,
    /// What it gets by default.
    pub gets: Vec<Gets>,
}

/// When good reviews go to the team.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Praise {
    /// One message a review, at once.
    Each,
    /// One message a day that shows each, at the hour of the report.
    #[default]
    Daily,
    /// One on Mondays, at the hour of the report.
    Weekly,
    /// None.
    Off,
}

/// When the team hears how a while went: who was praised, and what customers complained of most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Roundup {
    /// On Mondays, of the week before.
    Weekly,
    /// On the first of a month, of the month before.
    #[default]
    Monthly,
    /// Never.
    Off,
}

/// Who hears of what a brand's reviews make.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deliver {
    /// The brand's people.
    #[default]
    Live,
    /// The operator, who is told for whom each message was meant.
    Trial,
    /// Nobody: reviews are recorded only.
    Off,
}

impl Deliver {
    /// The word in vigie.toml.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Trial => "trial",
            Self::Off => "off",
        }
    }
}

/// One step of the ladder: who hears again while a review stays open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// How long after the promise began.
    pub after: SignedDuration,
    /// Who hears.
    pub to: Vec<ContactId>,
    /// Whether those hear too who get the alerts of the review's shop, or the brand's where it is
    /// of none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub to_shop: bool,
}

/// Where a brand is: its people get its reviews' alerts and praise instead of the brand's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shop {
    /// Its id within the brand.
    pub id: ShopId,
    /// As messages name it.
    pub name: String,
    /// What a payload's location may say, beside the id and the name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub says: Vec<String>,
    /// Who gets its alerts and praise; empty: the brand's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<ContactId>,
}

impl Shop {
    /// Whether a payload's location means this shop. Case and the space around it do not matter.
    pub fn is_at(&self, location: &str) -> bool {
        let means = |known: &str| known.trim().to_lowercase() == location.trim().to_lowercase();
        means(self.id.as_str()) || means(&self.name) || self.says.iter().any(|known| means(known))
    }
}

/// How messages travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// E-mail.
    Email,
    /// A platform's API: what is to be done there goes to nobody.
    Api,
}

impl Channel {
    /// The name in vigie.toml and JSON.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Api => "api",
        }
    }
}

/// Who gets an alert. All conditions that are given must hold; any value of a list is enough.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Route {
    /// Holds for ratings below this.
    pub stars_below: Option<Stars>,
    /// Holds if one of these causes was found; empty: always.
    pub causes: Vec<Cause>,
    /// Holds for one of these severities; empty: always.
    pub severities: Vec<Severity>,
    /// Holds for one of these sources; empty: always.
    pub sources: Vec<SourceId>,
    /// Holds for one of these shops; empty: always.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shops: Vec<ShopId>,
    /// Who gets it.
    pub to: Vec<(Channel, ContactId)>,
    /// Whether later routes are looked at too.
    pub goes_on: bool,
}

impl Route {
    /// Whether the route is for this alert.
    pub fn matches(
        &self,
        source: &SourceId,
        shop: Option<&ShopId>,
        stars: Stars,
        assessment: &Assessment,
    ) -> bool {
        self.stars_below.is_none_or(|limit| stars < limit)
            && (self.causes.is_empty() || self.causes.iter().any(|c| assessment.has(*c)))
            && (self.severities.is_empty() || self.severities.contains(&assessment.severity))
            && (self.sources.is_empty() || self.sources.contains(source))
            && (self.shops.is_empty() || shop.is_some_and(|shop| self.shops.contains(shop)))
    }
}

/// A brand and what it asked for. Built by the configuration, which checks that every reference
/// resolves; steps are sorted and those of one moment are merged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brand {
    /// Its id.
    pub id: BrandId,
    /// The file that defines it, from the folder of vigie.toml; `None`: vigie.toml itself. While a
    /// file is faulty, this says whose brands stay as they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its name, as messages show it.
    pub name: String,
    /// The language of what it reads.
    pub locale: Locale,
    /// IANA time zone name.
    pub timezone: String,
    /// Who hears of its reviews.
    #[serde(default)]
    pub deliver: Deliver,
    /// Ratings below this make alerts.
    pub alert_below: Stars,
    /// A review first seen later than this after publication is found late.
    pub alert_within: SignedDuration,
    /// The promise: the first answer within this.
    pub answer_within: SignedDuration,
    /// Local time of the report.
    pub report_at: civil::Time,
    /// Whether a report is sent when nothing is open.
    pub report_when_empty: bool,
    /// When good reviews go to the team.
    pub praise: Praise,
    /// When the team hears how a while went.
    #[serde(default)]
    pub roundup: Roundup,
    /// When messages may go, local; critical ones go at any time.
    #[serde(default)]
    pub send_between: Hours,
    /// Contacts, in the file's order.
    pub contacts: Vec<Contact>,
    /// Shops, in the file's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shops: Vec<Shop>,
    /// The ladder, by time; empty: none.
    pub escalate: Vec<Step>,
    /// Routes, in the file's order.
    pub routes: Vec<Route>,
    /// Its sources.
    pub sources: Vec<Source>,
    /// Its own way with complaints.
    #[serde(default, skip_serializing_if = "OwnAdvice::is_empty")]
    pub advice: OwnAdvice,
}

impl Brand {
    /// The time zone; UTC if the name is unknown, which the configuration refuses.
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.timezone).unwrap_or(TimeZone::UTC)
    }

    /// The moment itself if messages may go then, else when they may next.
    pub fn opening(&self, at: Timestamp) -> Timestamp {
        if self.send_between.is_all_day() {
            return at;
        }
        self.send_between.opening(&self.zone(), at)
    }

    /// A contact by id.
    pub fn contact(&self, id: &ContactId) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.id == *id)
    }

    /// The recipient behind a contact: two contacts with one address are one recipient, the first
    /// in the file.
    pub fn recipient(&self, id: &ContactId) -> Option<&Contact> {
        let contact = self.contact(id)?;
        self.contacts.iter().find(|other| same_address(&other.email, &contact.email))
    }

    /// The distinct recipients behind some contacts, in the order given.
    pub fn recipients<'a>(&self, ids: impl IntoIterator<Item = &'a ContactId>) -> Vec<ContactId> {
        let mut found: Vec<ContactId> = Vec::new();
        for recipient in ids.into_iter().filter_map(|id| self.recipient(id)) {
            if !found.contains(&recipient.id) {
                found.push(recipient.id.clone());
            }
        }
        found
    }

    /// The distinct recipients who get something by default.
    pub fn who_gets(&self, what: Gets) -> Vec<ContactId> {
        self.recipients(self.contacts.iter().filter(|c| c.gets.contains(&what)).map(|c| &c.id))
    }

    /// A shop by id.
    pub fn shop(&self, id: &ShopId) -> Option<&Shop> {
        self.shops.iter().find(|shop| shop.id == *id)
    }

    /// The shop that a review is of: its source's, else the one that its location means.
    pub fn shop_of(&self, review: &Review) -> Option<&Shop> {
        if self.shops.is_empty() {
            return None;
        }
        if let Some(erased) = &review.erased {
            return erased.shop.as_ref().and_then(|id| self.shop(id));
        }
        let source = self.sources.iter().find(|source| source.id == review.key.source);
        let of_source = source.and_then(|source| source.shop.as_ref()).and_then(|id| self.shop(id));
        of_source.or_else(|| {
            let location = review.written()?.location.as_deref()?;
            self.shops.iter().find(|shop| shop.is_at(location))
        })
    }

    /// The location that a content names and no shop matches, where the brand has shops and its
    /// source has none.
    pub fn unknown_location<'a>(&self, source: &SourceId, content: &'a Content) -> Option<&'a str> {
        let of_source = self.sources.iter().any(|s| s.id == *source && s.shop.is_some());
        let location = content.location.as_deref()?;
        let known = self.shops.is_empty() || self.shops.iter().any(|shop| shop.is_at(location));
        (!known && !of_source).then_some(location)
    }

    /// Whether a review is of a shop with contacts of its own.
    pub fn has_people_at(&self, review: &Review) -> bool {
        self.shop_of(review).is_some_and(|shop| !shop.contacts.is_empty())
    }

    /// The distinct recipients who get something of a review by default: its shop's contacts, else
    /// the brand's.
    pub fn who_gets_of(&self, what: Gets, review: &Review) -> Vec<ContactId> {
        let shop = self.shop_of(review).filter(|shop| !shop.contacts.is_empty());
        match (what, shop) {
            (Gets::Alert | Gets::Praise, Some(shop)) => self.recipients(&shop.contacts),
            _ => self.who_gets(what),
        }
    }

    /// Who is written to, for whom: the brand's people themselves; on trial the operator for all of
    /// them; nobody while the brand is off.
    pub fn written_to(&self, meant: Vec<ContactId>) -> Vec<(ContactId, Vec<ContactId>)> {
        match self.deliver {
            Deliver::Live => meant.into_iter().map(|to| (to, Vec::new())).collect(),
            Deliver::Trial if !meant.is_empty() => vec![(ContactId::operator(), meant)],
            Deliver::Trial | Deliver::Off => Vec::new(),
        }
    }

    /// The distinct recipients of a step for a review.
    pub fn who_climbs(&self, step: &Step, review: &Review) -> Vec<ContactId> {
        let shop = if step.to_shop { self.who_gets_of(Gets::Alert, review) } else { Vec::new() };
        self.recipients(shop.iter().chain(&step.to))
    }

    /// Management for a review: whoever the ladder's last step names.
    pub fn management(&self, review: &Review) -> Vec<ContactId> {
        self.escalate.last().map(|step| self.who_climbs(step, review)).unwrap_or_default()
    }

    /// The kind of message a step sends: before the promise is due it reminds, from then on it
    /// escalates.
    pub fn escalates(&self, step: &Step) -> bool {
        step.after >= self.answer_within
    }

    /// An invented brand, for examples and tests: Maison Lumen, two contacts, one source.
    pub fn sample() -> Self {
        let slug = |id: &str| id.to_owned();
        let contact = |id: &str, name: &str, gets: &[Gets]| Contact {
            id: ContactId::try_from(slug(id)).unwrap_or_else(|bad| unreachable!("{bad}")),
            name: name.to_owned(),
            email: format!("{id}@lumen.example"),
            gets: gets.to_vec(),
        };
        let contacts = vec![
            contact("service", "Service client", &[Gets::Alert, Gets::Praise, Gets::Report]),
            contact("direction", "Direction", &[]),
        ];
        let everyone: Vec<ContactId> = contacts.iter().map(|c| c.id.clone()).collect();
        Self {
            id: BrandId::try_from(slug("lumen")).unwrap_or_else(|bad| unreachable!("{bad}")),
            file: None,
            name: "Maison Lumen".to_owned(),
            locale: Locale::Fr,
            timezone: "Europe/Paris".to_owned(),
            deliver: Deliver::Live,
            alert_below: defaults::ALERT_BELOW,
            alert_within: defaults::ALERT_WITHIN,
            answer_within: defaults::ANSWER_WITHIN,
            report_at: civil::Time::constant(defaults::REPORT_AT_HOUR, 0, 0, 0),
            report_when_empty: true,
            praise: Praise::Daily,
            roundup: Roundup::Monthly,
            send_between: Hours::ALL_DAY,
            shops: Vec::new(),
            escalate: vec![
                Step {
                    after: defaults::ESCALATE_AFTER[0],
                    to: everyone.iter().take(1).cloned().collect(),
                    to_shop: false,
                },
                Step {
                    after: defaults::ESCALATE_AFTER[1],
                    to: everyone.iter().skip(1).cloned().collect(),
                    to_shop: false,
                },
            ],
            contacts,
            routes: Vec::new(),
            sources: vec![Source {
                id: SourceId::try_from(slug("lumen-site"))
                    .unwrap_or_else(|bad| unreachable!("{bad}")),
                platform: "standard-webhooks".to_owned(),
                secrets: vec![SecretRef::Env("LUMEN_SITE_SECRET".to_owned())],
                shop: None,
                access: Access::default(),
            }],
            advice: OwnAdvice::default(),
        }
    }

    /// A digest of the definition: which configuration a decision was made under. In which file it
    /// stands says nothing.
    pub fn version(&self) -> String {
        let moved = self.file.as_ref().map(|_| Self { file: None, ..self.clone() });
        let text = serde_json::to_string(moved.as_ref().unwrap_or(self)).unwrap_or_default();
        Digest::of_bytes(text.as_bytes()).to_hex().chars().take(12).collect()
    }
}

fn same_address(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// Defaults of vigie.toml, in one place.
pub mod defaults {
    use super::{SignedDuration, Stars};

    /// `alert_below`.
    pub const ALERT_BELOW: Stars = Stars::FOUR;
    /// `alert_within`: 7 days.
    pub const ALERT_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);
    /// `answer_within`: 24 hours.
    pub const ANSWER_WITHIN: SignedDuration = SignedDuration::from_hours(24);
    /// `report_at`: 08:00, local.
    pub const REPORT_AT_HOUR: i8 = 8;
    /// `escalate`, when absent: every contact after 20 hours, and again after 24.
    pub const ESCALATE_AFTER: [SignedDuration; 2] =
        [SignedDuration::from_hours(20), SignedDuration::from_hours(24)];
}
