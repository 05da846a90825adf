//! Copying everything from one store into another, again and again until nothing differs.
//!
//! The first pass copies all while the old home works; each further one what changed meanwhile; the
//! last one, once the old home stands still, the rest. What the new store holds is read from
//! itself, so a copy that was cut short goes on where it was.

use std::collections::HashMap;

use vigie_domain::Digest;
use vigie_ports::{Keys, Moving, Page, Piece, StoreError, Sums, Written};

type Answer<T> = Result<T, StoreError>;

/// What a pass did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Passed {
    /// Pieces that the old store has.
    pub read: u64,
    /// Pieces that were not so in the new one, and are now.
    pub written: u64,
    /// Pieces that the old store has no more.
    pub dropped: u64,
    /// Pieces that must wait for others, which came while this pass read: the next one has them.
    pub later: u64,
}

impl Passed {
    /// Whether the new store had everything.
    pub fn is_nothing(&self) -> bool {
        self.written + self.dropped + self.later == 0
    }
}

/// A piece as the new store has it.
#[derive(Debug, Clone, Copy)]
struct Held {
    digest: u128,
    /// The last pass that found it in the old store.
    pass: u32,
}

/// A copy under way.
pub struct Copying<'a, F, T> {
    from: &'a F,
    to: &'a T,
    /// What the new store holds, by the hash of its name.
    held: HashMap<u128, Held>,
    pass: u32,
}

impl<'a, F: Moving, T: Moving> Copying<'a, F, T> {
    /// Reads what the new store holds. `fresh` makes the keys that the old one never needed, for
    /// both have to have the same.
    ///
    /// # Errors
    /// A store does not answer.
    pub async fn begin(
        from: &'a F,
        to: &'a T,
        fresh: impl Fn() -> [u8; 32],
    ) -> Answer<Copying<'a, F, T>> {
        settle_keys(from, fresh).await?;
        let mut copying = Self { from, to, held: HashMap::new(), pass: 0 };
        let mut reading = Reading::of(to);
        while let Some(pieces) = reading.next().await? {
            for piece in pieces {
                let digest = piece.digest()?.halves().0;
                copying.held.insert(hash(&piece), Held { digest, pass: 0 });
            }
        }
        Ok(copying)
    }

    /// Brings the new store to what the old one holds now. `tell` hears of each page: pieces read
    /// and written until then.
    ///
    /// # Errors
    /// A store does not answer: what was copied is copied.
    pub async fn pass(&mut self, tell: impl Fn(u64, u64)) -> Answer<Passed> {
        self.pass += 1;
        let mut passed = Passed::default();
        let mut reading = Reading::of(self.from);
        while let Some(pieces) = reading.next().await? {
            passed.read += pieces.len() as u64;
            self.put(pieces, &mut passed).await?;
            tell(passed.read, passed.written);
        }
        if self.held.values().any(|held| held.pass != self.pass) {
            passed.dropped = self.drop_strange().await?;
        }
        Ok(passed)
    }

    /// Puts those of a page into the new store that it has not.
    async fn put(&mut self, pieces: Vec<Piece>, passed: &mut Passed) -> Answer<()> {
        let mut new = Vec::new();
        let mut hashes = HashMap::new();
        for piece in pieces {
            let (name, digest) = (hash(&piece), piece.digest()?.halves().0);
            match self.held.get_mut(&name) {
                Some(held) if held.digest == digest => held.pass = self.pass,
                _ => {
                    hashes.insert(piece.name(), (name, digest));
                    new.push(piece);
                }
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        let count = new.len() as u64;
        let later = self.to.put_pieces(new).await?;
        for name in &later {
            hashes.remove(name);
        }
        passed.later += later.len() as u64;
        passed.written += count - later.len() as u64;
        let held = hashes.into_values();
        self.held.extend(held.map(|(name, digest)| (name, Held { digest, pass: self.pass })));
        Ok(())
    }

    /// What both stores hold, read from each: the same, where the copy is whole.
    ///
    /// # Errors
    /// A store does not answer.
    pub async fn sums(&self) -> Answer<(Sums, Sums)> {
        Ok((sum(self.from).await?, sum(self.to).await?))
    }

    /// Takes out of the new store what the last pass did not find in the old one.
    async fn drop_strange(&mut self) -> Answer<u64> {
        let mut dropped = 0;
        let mut reading = Reading::of(self.to);
        while let Some(pieces) = reading.next().await? {
            let is_strange = |piece: &Piece| {
                self.held.get(&hash(piece)).is_none_or(|held| held.pass != self.pass)
            };
            let strange: Vec<Piece> = pieces.into_iter().filter(is_strange).collect();
            dropped += strange.len() as u64;
            if !strange.is_empty() {
                self.to.drop_pieces(strange).await?;
            }
        }
        self.held.retain(|_, held| held.pass == self.pass);
        Ok(dropped)
    }
}

/// The name of a store, which has its keys from here on.
///
/// # Errors
/// The store does not answer.
pub async fn name_of(store: &impl Moving, fresh: impl Fn() -> [u8; 32]) -> Answer<String> {
    settle_keys(store, fresh).await?;
    store.name().await
}

async fn sum(store: &impl Moving) -> Answer<Sums> {
    let mut sums = Sums::default();
    let mut reading = Reading::of(store);
    while let Some(pieces) = reading.next().await? {
        for piece in pieces {
            sums.add(&piece, piece.digest()?);
        }
    }
    Ok(sums)
}

/// Makes a home stand elsewhere than it was seen to.
///
/// # Errors
/// The store does not answer, or the home moved meanwhile.
pub async fn stand(
    store: &impl Moving,
    was: &vigie_ports::Standing,
    now: &vigie_ports::Standing,
) -> Answer<()> {
    match store.stand(was, now).await? {
        Written::Done => Ok(()),
        Written::Moved => Err(StoreError::Unavailable(format!(
            "its home was {} a moment ago, and no longer is: somebody else moves it, or it took \
             itself back; ask again",
            was.id()
        ))),
    }
}

/// The pages of a store, one after the other.
struct Reading<'a, S> {
    store: &'a S,
    page: Option<Page>,
}

impl<'a, S: Moving> Reading<'a, S> {
    fn of(store: &'a S) -> Self {
        Self { store, page: None }
    }

    async fn next(&mut self) -> Answer<Option<Vec<Piece>>> {
        let after = match self.page.take() {
            None => None,
            Some(Page { next: Some(mark), .. }) => Some(mark),
            Some(last) => {
                self.page = Some(last);
                return Ok(None);
            }
        };
        let mut page = self.store.pieces(after).await?;
        let pieces = std::mem::take(&mut page.pieces);
        self.page = Some(page);
        Ok(Some(pieces))
    }
}

fn hash(piece: &Piece) -> u128 {
    Digest::of_bytes(piece.name().as_bytes()).halves().0
}

/// Gives a store the keys that it never needed.
async fn settle_keys(store: &impl Moving, fresh: impl Fn() -> [u8; 32]) -> Answer<()> {
    let mut reading = Reading::of(store);
    let first = reading.next().await?.unwrap_or_default();
    let known = first.into_iter().find_map(|piece| match piece {
        Piece::Keys(keys) => Some(keys),
        _ => None,
    });
    let known = known.unwrap_or_default();
    let desk = Some(known.desk.unwrap_or_else(&fresh));
    let tombstones = Some(known.tombstones.unwrap_or_else(&fresh));
    let settled = Keys { desk, tombstones };
    if settled != known {
        store.put_pieces(vec![Piece::Keys(settled)]).await?;
    }
    Ok(())
}
