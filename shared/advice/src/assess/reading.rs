//! A review read with one language's library.

use std::collections::HashSet;

use vigie_domain::{Cause, CauseFound, MotiveFound, Severity};

use super::Found;
use super::clauses::{Clauses, negator_of};
use super::tone::{THRESHOLD, Tone, Weights};
use crate::house::House;
use crate::library::{Library, Stands};
use crate::pattern::{Hit, Token};

/// The weight of a strong sign.
const WEIGHT_STRONG: u32 = 3;
/// The most pieces of evidence shown for a cause.
const EVIDENCE_MAX: usize = 3;
/// Words between two hits that are shown as one piece of evidence.
const EVIDENCE_GAP: usize = 2;
/// A dissatisfied review of so few words may only name what it is about: "La livraison."
const BARE_WORDS_MAX: usize = 4;

/// What stands in a review, by cause.
pub(super) struct Reading {
    pub(super) library: &'static Library,
    pub(super) clauses: Clauses,
    /// One a cause: its complaints that stand.
    complaints: Vec<Vec<Hit>>,
    /// One a cause: what is spoken of.
    topics: Vec<Vec<Hit>>,
    /// One a motive: what shows it, and what takes that back.
    motives: Vec<[Vec<Hit>; 2]>,
    /// One an approach, likewise.
    pub(super) approaches: Vec<[Vec<Hit>; 2]>,
    /// How grave the signs are that are no cause's.
    pub(super) signalled: Severity,
}

impl Reading {
    /// Reads the words, with those of the brand beside ours.
    pub(super) fn new(library: &'static Library, house: &House, words: &[Token]) -> Self {
        let mut clauses = Clauses::new(library, words);
        let mut stands = library.stands(&clauses.tokens);
        house.add_hits(library, &clauses.tokens, &mut stands.causes);
        let (mut complaints, mut topics) = (Vec::new(), Vec::new());
        for [mut standing, mut spoken, unless] in std::mem::take(&mut stands.causes) {
            let covered = |hit: &Hit| unless.iter().any(|other| other.overlaps(hit));
            standing
                .retain(|hit| !covered(hit) && !clauses.absolve(library, &stands.harmless, hit));
            spoken.retain(|hit| !covered(hit) && !standing.iter().any(|c| c.overlaps(hit)));
            complaints.push(standing);
            topics.push(spoken);
        }
        clauses.feel(library, &stands, &complaints.concat());
        let spoken = complaints.iter().chain(&topics).flatten();
        clauses.carry_over(spoken);
        let signalled = signalled(library, &clauses.tokens, &stands);
        let motives = std::mem::take(&mut stands.motives);
        let approaches = std::mem::take(&mut stands.approaches);
        Self { library, clauses, complaints, topics, motives, approaches, signalled }
    }

    /// Whether it suggests something.
    pub(super) fn suggests(&self) -> bool {
        self.library.reading.suggestion.any(&self.clauses.tokens)
    }

    /// What the reviewer is after.
    pub(super) fn motives(&self, source: &str) -> Vec<MotiveFound> {
        let each = self.library.motives.iter().zip(&self.motives).map(|(entry, [hits, unless])| {
            let stands = |hit: &&Hit| !unless.iter().any(|other| other.overlaps(hit));
            let hits: Vec<Hit> = hits.iter().filter(stands).copied().collect();
            MotiveFound { id: entry.motive, evidence: self.evidence(source, &hits) }
        });
        each.filter(|found| !found.evidence.is_empty()).collect()
    }

    /// Whether any clause is unhappy.
    pub(super) fn is_unhappy(&self) -> bool {
        self.clauses.any_unhappy()
    }

    /// The causes that it names.
    pub(super) fn causes(&self, source: &str, tone: Tone) -> Vec<Found> {
        let lists = self.complaints.iter().zip(&self.topics);
        let each = self.library.causes.iter().zip(lists);
        each.filter_map(|(entry, (complaints, topics))| {
            self.cause(source, entry.cause, complaints, topics, tone)
        })
        .collect()
    }

    fn cause(
        &self,
        source: &str,
        cause: Cause,
        complaints: &[Hit],
        topics: &[Hit],
        tone: Tone,
    ) -> Option<Found> {
        let weights = self.weights(complaints, topics);
        let plain = weights.complaints + weights.in_praise;
        // Somebody's safety is never weighed against praise.
        let is_unsafe = cause == Cause::SafetyHealth && plain >= WEIGHT_STRONG;
        let score = weights.score(tone);
        if weights.is_empty() || (score < THRESHOLD && !is_unsafe) {
            return None;
        }
        let shows = |hit: &&Hit| plain == 0 || !self.clauses.is_happy(hit.first);
        let named = topics.iter().filter(shows);
        let mut hits: Vec<Hit> = complaints.iter().chain(named).copied().collect();
        hits.sort_by_key(|hit| hit.first);
        let first = hits.first().map_or(0, |hit| hit.first);
        let lead = 1.0 - first as f64 / self.clauses.tokens.len().max(1) as f64;
        let shown = CauseFound {
            id: cause,
            score: weights.strength(tone, lead).max(THRESHOLD),
            evidence: self.evidence(source, &hits),
        };
        Some(Found { shown, is_plain: plain >= WEIGHT_STRONG })
    }

    fn weights(&self, complaints: &[Hit], topics: &[Hit]) -> Weights {
        let mut weights = Weights::default();
        let mut seen = HashSet::new();
        for hit in complaints.iter().filter(|hit| seen.insert(hit.pattern)) {
            let in_praise = self.clauses.is_praised(hit.first);
            let sum = if in_praise { &mut weights.in_praise } else { &mut weights.complaints };
            *sum += u32::from(hit.weight);
        }
        let bare = self.clauses.tokens.len() <= BARE_WORDS_MAX;
        let mut seen = HashSet::new();
        for hit in topics {
            let beside = |own: &Hit| self.clauses.are_one(own.first, hit.first);
            let happy = self.clauses.is_happy(hit.first);
            let unhappy = self.clauses.is_unhappy(hit.first)
                || complaints.iter().any(beside)
                || (bare && !happy);
            if !seen.insert((hit.pattern, happy, unhappy)) {
                continue;
            }
            let sum = match (unhappy, happy) {
                (true, _) => &mut weights.unhappy,
                (_, true) => &mut weights.happy,
                _ => &mut weights.neutral,
            };
            *sum += u32::from(hit.weight);
        }
        weights
    }

    /// The reviewer's words as written, neighbours in one piece.
    pub(super) fn evidence(&self, source: &str, hits: &[Hit]) -> Vec<String> {
        let mut spans: Vec<(usize, usize)> = Vec::new();
        for hit in hits {
            match spans.last_mut() {
                Some((first, past))
                    if hit.first <= *past + EVIDENCE_GAP
                        && self.clauses.are_one(*first, hit.first) =>
                {
                    *past = hit.past.max(*past);
                }
                _ => spans.push((hit.first, hit.past)),
            }
        }
        let mut seen = HashSet::new();
        let written = spans.into_iter().filter_map(|span| self.clauses.written(source, span));
        written.filter(|text| seen.insert(text.to_lowercase())).take(EVIDENCE_MAX).collect()
    }
}

fn signalled(library: &Library, tokens: &[Token], stands: &Stands) -> Severity {
    let counts = |hit: &Hit| {
        !stands.unless.iter().any(|other| other.overlaps(hit))
            && negator_of(library, tokens, hit).is_none()
    };
    let signs = [
        (Severity::Critical, &stands.critical),
        (Severity::High, &stands.high),
        (Severity::Medium, &stands.medium),
    ];
    let found = signs.into_iter().find(|(_, hits)| hits.iter().any(counts));
    found.map_or(Severity::Low, |(severity, _)| severity)
}
