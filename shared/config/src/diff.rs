//! What changed between two configurations, as `apply` and SIGHUP print it.

use std::collections::HashMap;
use std::fmt;

use serde::Serialize;
use vigie_domain::{Brand, BrandId, Source, SourceId};

/// One difference. Nothing is ever deleted: what is no longer there is retired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Change {
    /// A brand is new.
    BrandAdded {
        /// Which.
        brand: BrandId,
    },
    /// A brand's own keys changed; its sources are told apart.
    BrandChanged {
        /// Which.
        brand: BrandId,
        /// The keys, in the order of the documentation.
        keys: Vec<&'static str>,
    },
    /// A brand is no longer there.
    BrandRetired {
        /// Which.
        brand: BrandId,
    },
    /// A source is new.
    SourceAdded {
        /// Its brand.
        brand: BrandId,
        /// Which.
        source: SourceId,
    },
    /// A source's keys changed, or it moved to another brand (`brand` is then among the keys).
    SourceChanged {
        /// Its brand, now.
        brand: BrandId,
        /// Which.
        source: SourceId,
        /// The keys, in the order of the documentation.
        keys: Vec<&'static str>,
    },
    /// A source is no longer there.
    SourceRetired {
        /// The brand it had.
        brand: BrandId,
        /// Which.
        source: SourceId,
    },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BrandAdded { brand } => write!(f, "+ brand {brand}"),
            Self::BrandChanged { brand, keys } => write!(f, "~ brand {brand}: {}", keys.join(", ")),
            Self::BrandRetired { brand } => write!(f, "- brand {brand}: retired, its reviews stay"),
            Self::SourceAdded { brand, source } => write!(f, "+ source {source} of {brand}"),
            Self::SourceChanged { brand, source, keys } => {
                write!(f, "~ source {source} of {brand}: {}", keys.join(", "))
            }
            Self::SourceRetired { brand, source } => {
                write!(f, "- source {source} of {brand}: retired, its address answers 404")
            }
        }
    }
}

/// The differences from `old` to `new`: what is new or changed in the order of `new`, then what is
/// retired in the order of `old`. Empty if both say the same; the order of brands and of a brand's
/// sources says nothing.
///
/// ```
/// assert!(vigie_config::diff(&[], &[]).is_empty());
/// ```
pub fn diff(old: &[Brand], new: &[Brand]) -> Vec<Change> {
    let (before, after) = (Side::of(old), Side::of(new));
    let mut changes = Vec::new();
    for brand in new {
        changes.extend(brand_change(&before, brand));
        let of_sources = brand.sources.iter();
        changes.extend(of_sources.filter_map(|source| source_change(&before, brand, source)));
    }
    for brand in old {
        if !after.brands.contains_key(&brand.id) {
            changes.push(Change::BrandRetired { brand: brand.id.clone() });
        }
        let gone = brand.sources.iter().filter(|source| !after.sources.contains_key(&source.id));
        changes.extend(gone.map(|source| Change::SourceRetired {
            brand: brand.id.clone(),
            source: source.id.clone(),
        }));
    }
    changes
}

/// One side of the comparison, by id.
struct Side<'a> {
    brands: HashMap<&'a BrandId, &'a Brand>,
    sources: HashMap<&'a SourceId, (&'a Brand, &'a Source)>,
}

impl<'a> Side<'a> {
    fn of(brands: &'a [Brand]) -> Self {
        let sources = brands.iter().flat_map(|brand| brand.sources.iter().map(move |s| (brand, s)));
        Self {
            brands: brands.iter().map(|brand| (&brand.id, brand)).collect(),
            sources: sources.map(|(brand, source)| (&source.id, (brand, source))).collect(),
        }
    }
}

fn brand_change(old: &Side<'_>, new: &Brand) -> Option<Change> {
    let brand = new.id.clone();
    let Some(old) = old.brands.get(&new.id) else {
        return Some(Change::BrandAdded { brand });
    };
    let keys = changed_keys(old, new);
    (!keys.is_empty()).then_some(Change::BrandChanged { brand, keys })
}

fn changed_keys(old: &Brand, new: &Brand) -> Vec<&'static str> {
    // Taken apart whole, so that a field added to Brand cannot be forgotten here.
    let Brand {
        id: _,
        // A brand that moves between files is the same brand.
        file: _,
        name,
        locale,
        timezone,
        deliver,
        alert_below,
        alert_within,
        answer_within,
        report_at,
        report_when_empty,
        praise,
        roundup,
        send_between,
        contacts,
        shops,
        escalate,
        routes,
        sources: _,
        advice,
    } = new;
    let differs = [
        ("name", old.name != *name),
        ("locale", old.locale != *locale),
        ("timezone", old.timezone != *timezone),
        ("deliver", old.deliver != *deliver),
        ("alert_below", old.alert_below != *alert_below),
        ("alert_within", old.alert_within != *alert_within),
        ("answer_within", old.answer_within != *answer_within),
        ("report_at", old.report_at != *report_at),
        ("report_when_empty", old.report_when_empty != *report_when_empty),
        ("praise", old.praise != *praise),
        ("roundup", old.roundup != *roundup),
        ("send_between", old.send_between != *send_between),
        ("contacts", old.contacts != *contacts),
        ("escalate", old.escalate != *escalate),
        ("shop", old.shops != *shops),
        ("route", old.routes != *routes),
        ("advice", old.advice != *advice),
    ];
    differs.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
}

fn source_change(old: &Side<'_>, brand: &Brand, new: &Source) -> Option<Change> {
    let (id, source) = (brand.id.clone(), new.id.clone());
    let Some((old_brand, old)) = old.sources.get(&new.id) else {
        return Some(Change::SourceAdded { brand: id, source });
    };
    let Source { id: _, platform, secrets, shop, access } = new;
    let differs = [
        ("brand", old_brand.id != brand.id),
        ("platform", old.platform != *platform),
        ("secrets", old.secrets != *secrets),
        ("shop", old.shop != *shop),
        ("challenge", old.access.challenge != access.challenge),
        ("audience", old.access.audience != access.audience),
        ("sender", old.access.sender != access.sender),
        ("allow_from", old.access.allow_from != access.allow_from),
        ("basic", old.access.basic != access.basic),
        ("api", old.access.api != access.api),
    ];
    let keys: Vec<_> = differs.into_iter().filter(|(_, d)| *d).map(|(key, _)| key).collect();
    (!keys.is_empty()).then_some(Change::SourceChanged { brand: id, source, keys })
}
