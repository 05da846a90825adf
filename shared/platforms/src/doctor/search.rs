//! Near misses of a signed request: the same request verified as it might have been meant.
//!
//! Four things may differ from what the scheme says: how the signature is written and where it
//! stands, how the secret becomes a key, what is signed beside the body, and the body's bytes. The
//! last three cost one each, or more; combinations are tried by their cost. A signature that
//! matches is the answer, whatever it costs: nobody can match by chance.

use secrecy::SecretString;

use super::bodies::{Bodies, Body};
use super::candidates::{Candidate, candidates, expected};
use super::frames::{Frame, frames};
use super::keys::{KeyForm, key_forms};
use super::near::NearMiss;
use crate::signature::{HashKind, Request, Scheme};

/// Costs tried: more differences at once than this is no near miss.
const COST_MAX: u8 = 2;
/// Bytes hashed at most: about a second of work.
const HASHED_BYTES_MAX: usize = 256 << 20;
/// What a try costs beside the bytes of the body, counted as bytes.
const TRY_BYTES: usize = 256;

/// What a search found.
#[derive(Default)]
pub(super) struct Found {
    pub(super) near: Option<NearMiss>,
    /// How many combinations were tried.
    pub(super) tried: usize,
    /// Whether some were left out, because the body is large.
    pub(super) cut: bool,
}

/// Looks for the nearest miss.
pub(super) fn signed(scheme: &Scheme, request: &Request<'_>, secrets: &[SecretString]) -> Found {
    let candidates = candidates(scheme, request.headers);
    let hashes: Vec<HashKind> = HashKind::ALL
        .into_iter()
        .filter(|hash| candidates.iter().any(|candidate| candidate.hash == *hash))
        .collect();
    if hashes.is_empty() {
        return Found { near: None, tried: 0, cut: false };
    }
    let frames = frames(scheme, request.headers);
    let bodies = Bodies::of(request.body);
    let keys = secrets.iter().map(|secret| key_forms(scheme, secret, &hashes)).collect();
    let search = Search { scheme, candidates, frames, keys, bodies: &bodies.all };
    let mut found = Found { near: None, tried: 0, cut: bodies.cut };
    search.run(&mut found);
    found
}

struct Search<'a> {
    scheme: &'a Scheme,
    candidates: Vec<Candidate>,
    frames: Vec<Frame>,
    bodies: &'a [Body],
    /// The forms of each secret.
    keys: Vec<Vec<KeyForm>>,
}

/// One combination.
#[derive(Clone, Copy)]
struct Try<'a> {
    secret: usize,
    form: &'a KeyForm,
    frame: &'a Frame,
    body: &'a Body,
}

impl Search<'_> {
    fn run(&self, found: &mut Found) {
        let mut hashed = 0_usize;
        for one in self.combinations() {
            for (hash, mac) in &one.form.macs {
                let pieces = [&one.frame.before, &one.body.bytes, &one.frame.after];
                hashed += TRY_BYTES + pieces.iter().map(|piece| piece.len()).sum::<usize>();
                if hashed > HASHED_BYTES_MAX {
                    found.cut = true;
                    return;
                }
                found.tried += 1;
                let mut mac = mac.clone();
                for piece in pieces {
                    mac.update(piece);
                }
                let of_hash = self.candidates.iter().filter(|candidate| candidate.hash == *hash);
                if let Some(matching) =
                    of_hash.into_iter().find(|candidate| mac.clone().matches(&candidate.bytes))
                {
                    found.near = Some(self.near_miss(matching, one));
                    return;
                }
            }
        }
    }

    /// Every combination by its cost; of equal cost other keys come first, then other bodies, then
    /// other frames: there are few keys, and bodies are what changes on the way.
    fn combinations(&self) -> impl Iterator<Item = Try<'_>> {
        let most = self.keys.iter().map(Vec::len).max().unwrap_or(0);
        (0..=COST_MAX).flat_map(move |cost| {
            self.frames.iter().flat_map(move |frame| {
                let framed = u8::from(frame.name.is_some());
                let near = move |body: &&Body| framed + body.cost <= cost;
                self.bodies.iter().filter(near).flat_map(move |body| {
                    let forms = (0..most).flat_map(move |at| self.forms_at(at));
                    let all = forms.map(move |(secret, form)| Try { secret, form, frame, body });
                    all.filter(move |one| one.cost() == cost)
                })
            })
        })
    }

    /// The form at a place of every secret that has one there.
    fn forms_at(&self, at: usize) -> impl Iterator<Item = (usize, &KeyForm)> {
        self.keys
            .iter()
            .enumerate()
            .filter_map(move |(secret, forms)| Some((secret, forms.get(at)?)))
    }

    fn near_miss(&self, candidate: &Candidate, one: Try<'_>) -> NearMiss {
        let (hash, written, _) = expected(self.scheme);
        NearMiss {
            body: one.body.name.clone(),
            change: one.body.change,
            key: one.form.name,
            header: candidate.header.clone(),
            prefix: candidate.prefix.clone(),
            hash: (candidate.hash != hash).then(|| candidate.hash.name()),
            signed: one.frame.name.clone(),
            encoding_differs: candidate.written != written,
            ..NearMiss::with_secret(one.secret + 1, candidate.written.name())
        }
    }
}

impl Try<'_> {
    fn cost(&self) -> u8 {
        u8::from(self.form.name.is_some()) + u8::from(self.frame.name.is_some()) + self.body.cost
    }
}
