-- The log of proofs: what is recorded cannot be changed later without being seen. Entries are hashes only, since raw batches tell when
-- a home is empty.
CREATE TABLE log_entry(
    -- Index in the tree, from 0.
    n INTEGER PRIMARY KEY,
    -- 0 batch, 1 transfer, 2 event
    kind INTEGER NOT NULL CHECK(kind IN (0, 1, 2)),
    -- SHA-256 of the content.
    hash BLOB NOT NULL CHECK(length(hash) = 32)
);

CREATE INDEX log_entry_by_hash ON log_entry(hash);

-- Up to 256 hashes of one level each, as they are served; only the last of a level grows.
CREATE TABLE log_tile(
    level INTEGER NOT NULL,
    n INTEGER NOT NULL,
    hashes BLOB NOT NULL CHECK(length(hashes) % 32 = 0 AND length(hashes) <= 8192),
    PRIMARY KEY(level, n)
);

CREATE TABLE log_head(
    id INTEGER PRIMARY KEY CHECK(id = 1),
    size INTEGER NOT NULL,
    -- What of each source is in the log.
    batch INTEGER NOT NULL,
    transfer INTEGER NOT NULL,
    event INTEGER NOT NULL,
    -- The last signed checkpoint, null before the first.
    checkpoint TEXT NULL
);

INSERT INTO log_head(id, size, batch, transfer, event) VALUES(1, 0, 0, 0, 0);

CREATE TRIGGER log_entry_is_never_edited BEFORE UPDATE ON log_entry
BEGIN
    SELECT RAISE(ABORT, 'the log only ever grows');
END;

CREATE TRIGGER log_entry_is_never_deleted BEFORE DELETE ON log_entry
BEGIN
    SELECT RAISE(ABORT, 'the log only ever grows');
END;

CREATE TRIGGER log_never_shrinks BEFORE UPDATE ON log_head WHEN NEW.size < OLD.size
BEGIN
    SELECT RAISE(ABORT, 'the log only ever grows');
END;
