//! Refused requests are kept when `vigie capture` asks for it. Beside the answer, never before it:
//! a disk that is full costs a diagnosis and no review.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use http::request::Parts;
use jiff::Timestamp;
use tokio::time::MissedTickBehavior;

use super::loops::{Stop, stopped};
use crate::captures::file::{About, Capture};
use crate::captures::{Folder, KEPT_MAX, Wanted};
use vigie_machine::now;
use vigie_web::{Code, RequestId, segments};

/// How often the folder is looked at: whoever asks waits for it.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What is to be kept, and where.
#[derive(Default)]
pub(crate) struct Captures {
    folder: Option<Folder>,
    wishes: Mutex<HashMap<String, Wish>>,
}

/// What is asked of one source.
struct Wish {
    wanted: Wanted,
    /// Requests kept of it, and those being written.
    kept: usize,
    /// One could not be written: nothing is tried until the next look, so that a flood on a full
    /// disk makes no flood of writes.
    resting: bool,
}

/// A request that was refused.
pub(crate) struct Refused<'a> {
    pub(crate) source: &'a str,
    /// The token of its address, decoded.
    pub(crate) token: Option<&'a str>,
    /// Whether the platform's proof stands behind the question mark.
    pub(crate) proof_in_query: bool,
    pub(crate) parts: &'a Parts,
    pub(crate) body: &'a Bytes,
    pub(crate) id: &'a RequestId,
    pub(crate) code: Code,
}

impl Captures {
    /// Keeps in a data folder what is asked there.
    pub(crate) fn in_data(data: &Path) -> Arc<Self> {
        let folder = Some(Folder::in_data(data));
        Arc::new(Self { folder, wishes: Mutex::default() })
    }

    /// Looks each second what is asked, and removes what is over, until `stop`.
    pub(crate) async fn watch(self: Arc<Self>, mut stop: Stop) {
        let Some(folder) = self.folder.clone() else { return };
        let mut tick = tokio::time::interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failed = false;
        loop {
            tokio::select! {
                () = stopped(&mut stop) => return,
                _ = tick.tick() => {}
            }
            let (this, folder) = (self.clone(), folder.clone());
            let looked = tokio::task::spawn_blocking(move || this.look(&folder, now())).await;
            let error = looked.ok().and_then(Result::err);
            if let (Some(error), false) = (&error, failed) {
                tracing::warn!(%error, "the folder of captures cannot be used");
            }
            failed = error.is_some();
        }
    }

    fn look(&self, folder: &Folder, now: Timestamp) -> std::io::Result<()> {
        let held = folder.look(now)?;
        let mut wishes = self.wishes();
        wishes.retain(|source, _| held.wanted.iter().any(|(wanted, ..)| wanted == source));
        for (source, wanted, taken) in &held.wanted {
            if let Some(wish) = wishes.get_mut(source).filter(|wish| wish.wanted == *wanted) {
                wish.resting = false;
            } else {
                let of_it = held
                    .entries
                    .iter()
                    .filter(|entry| entry.source == *source && entry.at >= wanted.since);
                let wish = Wish { wanted: *wanted, kept: of_it.count(), resting: false };
                wishes.insert(source.clone(), wish);
            }
            if !taken {
                let until = wanted.until;
                tracing::info!(source.id = %source, %until, "refused requests are kept");
                folder.take(source)?;
            }
        }
        Ok(())
    }

    /// Keeps a refused request if it is asked for. Returns at once: the file is written beside.
    pub(crate) fn keep(self: &Arc<Self>, refused: &Refused<'_>) {
        let at = now();
        let Some(folder) = self.folder.as_ref().filter(|_| self.reserve(refused.source, at)) else {
            return;
        };
        let raw = segments(refused.parts.uri.path()).nth(2);
        let tokens: Vec<&str> =
            refused.token.into_iter().chain(raw).filter(|token| !token.is_empty()).collect();
        let about = About {
            request: &refused.id.0,
            at,
            source: refused.source,
            reason: refused.code.id(),
            method: refused.parts.method.as_str(),
            tokens: &tokens,
            query: refused.parts.uri.query().filter(|_| refused.proof_in_query),
        };
        let capture = Capture::of(&about, &refused.parts.headers, refused.body);
        let (this, folder, body) = (self.clone(), folder.clone(), refused.body.clone());
        tokio::task::spawn_blocking(move || {
            let (request, source) = (capture.request.as_str(), capture.source.as_str());
            match folder.keep(&capture, &body) {
                Ok(()) => {
                    tracing::info!(
                        request.id = request,
                        source.id = source,
                        "a refused request was kept"
                    );
                }
                Err(error) => {
                    tracing::warn!(request.id = request, source.id = source, %error, "a refused request could not be kept");
                    this.release(source);
                }
            }
        });
    }

    /// Takes one of the places of what is asked, if there is one.
    fn reserve(&self, source: &str, at: Timestamp) -> bool {
        let mut wishes = self.wishes();
        let Some(wish) = wishes.get_mut(source) else { return false };
        let free = !wish.resting && wish.kept < KEPT_MAX && at <= wish.wanted.until;
        wish.kept += usize::from(free);
        free
    }

    fn release(&self, source: &str) {
        if let Some(wish) = self.wishes().get_mut(source) {
            wish.kept = wish.kept.saturating_sub(1);
            wish.resting = true;
        }
    }

    fn wishes(&self) -> MutexGuard<'_, HashMap<String, Wish>> {
        self.wishes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + second).unwrap()
    }

    fn asked() -> (tempfile::TempDir, Arc<Captures>, Folder) {
        let data = tempfile::tempdir().unwrap();
        let folder = Folder::in_data(data.path());
        folder.want("site", Wanted { since: at(0), until: at(60) }).unwrap();
        (data, Captures::in_data(&folder.path().join("..")), folder)
    }

    #[test]
    fn five_are_kept_of_what_is_asked_and_of_no_other_source() {
        let (_data, captures, folder) = asked();
        assert!(!captures.reserve("site", at(1)), "nobody has looked yet");
        captures.look(&folder, at(1)).unwrap();
        assert!(!folder.waits("site"), "the command sees that it was taken");
        assert!(!captures.reserve("other", at(1)));
        let kept = (0..9).filter(|_| captures.reserve("site", at(2))).count();
        assert_eq!(kept, KEPT_MAX);
        captures.look(&folder, at(3)).unwrap();
        assert!(!captures.reserve("site", at(3)), "looking again frees no place");
        folder.want("site", Wanted { since: at(4), until: at(60) }).unwrap();
        captures.look(&folder, at(4)).unwrap();
        assert!(captures.reserve("site", at(60)), "asked again, five more");
        assert!(!captures.reserve("site", at(61)), "over");
    }

    #[test]
    fn a_failed_write_rests_until_the_next_look_and_gives_its_place_back() {
        let (_data, captures, folder) = asked();
        captures.look(&folder, at(1)).unwrap();
        for second in 2..20 {
            assert!(captures.reserve("site", at(second)));
            captures.release("site");
            assert!(!captures.reserve("site", at(second)), "a flood of writes");
            captures.look(&folder, at(second)).unwrap();
        }
    }
}
