-- Which row a review has, by 47 bits of the digest of its source and external id: see keys.rs.

CREATE TABLE key_young (
    number INTEGER PRIMARY KEY,
    hash   INTEGER NOT NULL
) STRICT;

CREATE TABLE key_old (
    hash   INTEGER NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (hash, number)
) STRICT, WITHOUT ROWID;
