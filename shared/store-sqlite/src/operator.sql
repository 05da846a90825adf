-- What the operator is told, and what sources brought day by day.

CREATE TABLE trouble (
    code     TEXT NOT NULL,
    about    TEXT NOT NULL,
    detail   TEXT NOT NULL,
    -- Since the last message.
    count    INTEGER NOT NULL,
    first_at INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    told_at  INTEGER,
    PRIMARY KEY (code, about, detail)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_last (
    source      TEXT PRIMARY KEY,
    accepted_at INTEGER,
    refused_at  INTEGER,
    refused_why TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE source_day (
    source   TEXT NOT NULL,
    -- 2026-11-20, in UTC.
    day      TEXT NOT NULL,
    accepted INTEGER NOT NULL,
    refused  INTEGER NOT NULL,
    PRIMARY KEY (source, day)
) STRICT, WITHOUT ROWID;
