-- Version 4. Times are microseconds since 1970, UTC. A body is the JSON of the domain type; the
-- columns beside it are what the indexes need, and are written with it.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE brand (
    id          TEXT PRIMARY KEY,
    body        TEXT NOT NULL,
    retired     INTEGER NOT NULL DEFAULT 0,
    applied_at  INTEGER NOT NULL,
    report_at   INTEGER NOT NULL,
    reported_at INTEGER,
    praised_at  INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE review (
    number        INTEGER PRIMARY KEY,
    source        TEXT NOT NULL,
    external_id   TEXT NOT NULL,
    brand         TEXT NOT NULL,
    writes        INTEGER NOT NULL,
    state         TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL,
    published_at  INTEGER NOT NULL,
    -- When the last settlement was recorded, not when it was made.
    settled_at    INTEGER,
    good_at       INTEGER,
    undecided_at  INTEGER,
    step_at       INTEGER,
    body          TEXT NOT NULL
) STRICT;

-- The due index: what waits for a moment, and nothing else.
CREATE INDEX review_undecided ON review (undecided_at) WHERE undecided_at IS NOT NULL;
CREATE INDEX review_step ON review (step_at) WHERE step_at IS NOT NULL;
-- What a report reads: never the whole table.
CREATE INDEX review_open ON review (brand, published_at) WHERE state = 'open';
CREATE INDEX review_settled ON review (brand, settled_at) WHERE settled_at IS NOT NULL;
CREATE INDEX review_seen ON review (brand, first_seen_at, good_at);

CREATE TABLE notice (
    id            TEXT PRIMARY KEY,
    brand         TEXT NOT NULL,
    review        TEXT,
    contact       TEXT NOT NULL,
    state         TEXT NOT NULL,
    made_at       INTEGER NOT NULL,
    -- When it is next looked at; while it is being sent, when the lease ends.
    due_at        INTEGER NOT NULL,
    token         TEXT,
    attempts      INTEGER NOT NULL DEFAULT 0,
    unknowns      INTEGER NOT NULL DEFAULT 0,
    perhaps_twice INTEGER NOT NULL DEFAULT 0,
    reason        TEXT,
    subject_line  TEXT,
    sent_at       INTEGER,
    body          TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX notice_due ON notice (due_at) WHERE state IN ('pending', 'held', 'sending');
-- A claim may hold several: those that one message takes along.
CREATE INDEX notice_token ON notice (token) WHERE token IS NOT NULL;
CREATE INDEX notice_state ON notice (state, made_at) WHERE state <> 'sent';
CREATE INDEX notice_review ON notice (review) WHERE review IS NOT NULL;
CREATE INDEX notice_made ON notice (made_at);

CREATE TABLE rejected (
    id      TEXT PRIMARY KEY,
    source  TEXT NOT NULL,
    at      INTEGER NOT NULL,
    reason  TEXT NOT NULL,
    event   TEXT NOT NULL,
    headers TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX rejected_at ON rejected (at);
