-- Which review was the first to say something, for some days: see reviews::first_to_say.

CREATE TABLE words (
    digest TEXT PRIMARY KEY,
    review TEXT NOT NULL,
    until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX words_until ON words (until);
