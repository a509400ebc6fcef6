-- Bundles of firmware by their own hash; the bytes are files in DATA/artifacts.
CREATE TABLE artifact(
    sha256 BLOB PRIMARY KEY CHECK(length(sha256) = 32),
    bytes INTEGER NOT NULL CHECK(typeof(bytes) = 'integer' AND bytes > 0),
    by TEXT NOT NULL,
    made_ms INTEGER NOT NULL CHECK(typeof(made_ms) = 'integer')
);

-- Keys that may sign releases, beside those in the settings: two people registered each.
CREATE TABLE release_key(
    public_key BLOB PRIMARY KEY CHECK(length(public_key) = 33),
    holder TEXT NOT NULL,
    by TEXT NOT NULL,
    made_ms INTEGER NOT NULL CHECK(typeof(made_ms) = 'integer'),
    ended_ms INTEGER NULL
);

-- Rotations that two root keys signed. From the first on, only the keys of the highest version count.
CREATE TABLE key_rotation(
    version INTEGER PRIMARY KEY,
    message BLOB NOT NULL,
    by TEXT NOT NULL,
    made_ms INTEGER NOT NULL CHECK(typeof(made_ms) = 'integer')
);

-- Published releases: the signed manifest, and what of it is searched for.
CREATE TABLE update_release(
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL UNIQUE CHECK(length(hash) = 32),
    message BLOB NOT NULL,
    name TEXT NOT NULL UNIQUE,
    build INTEGER NOT NULL CHECK(typeof(build) = 'integer'),
    security INTEGER NOT NULL CHECK(typeof(security) = 'integer'),
    -- JSON array of profile numbers.
    profiles TEXT NOT NULL,
    assembly TEXT NOT NULL UNIQUE,
    bundle BLOB NOT NULL REFERENCES artifact(sha256),
    -- First 8 bytes of the bundle's SHA-256, lower-case hex: how /api/firmware knows it.
    digest TEXT NOT NULL CHECK(length(digest) = 16),
    by TEXT NOT NULL,
    made_ms INTEGER NOT NULL CHECK(typeof(made_ms) = 'integer')
);

CREATE INDEX update_release_by_digest ON update_release(digest);

CREATE TRIGGER update_release_is_never_edited BEFORE UPDATE ON update_release
BEGIN
    SELECT RAISE(ABORT, 'a release is never edited: sign another one');
END;

CREATE TRIGGER update_release_is_never_deleted BEFORE DELETE ON update_release
BEGIN
    SELECT RAISE(ABORT, 'a release is never deleted: recall it');
END;

-- What updates know of a node, whatever rollout it is in.
CREATE TABLE node_update(
    node INTEGER PRIMARY KEY REFERENCES node(id),
    -- What its last status said it runs.
    firmware TEXT NULL,
    firmware_ms INTEGER NULL,
    -- Attempts ever made: their numbers rise for ever, so that a late report belongs to one only.
    attempts INTEGER NOT NULL DEFAULT 0,
    -- Counter of the last report that was heard.
    counter INTEGER NOT NULL DEFAULT 0,
    -- Version of the release keys that it said it has; flashing is 0.
    keys_version INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE node_tag(
    node INTEGER NOT NULL REFERENCES node(id),
    tag TEXT NOT NULL CHECK(length(tag) BETWEEN 1 AND 32),
    PRIMARY KEY(node, tag)
);

CREATE INDEX node_tag_by_tag ON node_tag(tag, node);
