-- A registered node. Its name is a hash of its key, so one key is one node.
CREATE TABLE node(
    id INTEGER PRIMARY KEY,
    node_id TEXT NOT NULL UNIQUE CHECK(length(node_id) = 16),
    public_key BLOB NOT NULL CHECK(length(public_key) = 33),
    password_hash BLOB NOT NULL CHECK(length(password_hash) = 32),
    -- AES-256-GCM under a key that is not in the database: nonce (12), ciphertext (32), tag (16).
    down_key BLOB NOT NULL CHECK(length(down_key) = 60),
    profile INTEGER NOT NULL CHECK(typeof(profile) = 'integer'),
    registered_ms INTEGER NOT NULL CHECK(typeof(registered_ms) = 'integer'),
    -- Credit is held from here on; the reason is the name of a reject reason.
    suspended_from_ms INTEGER NULL,
    suspended_reason TEXT NULL
);

-- Who runs a node and who paid for it, from one time to another; the open one has no end.
CREATE TABLE pairing(
    id INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES node(id),
    operator TEXT NOT NULL,
    capital_builder TEXT NOT NULL,
    place TEXT NOT NULL,
    latitude REAL NOT NULL,
    longitude REAL NOT NULL,
    from_unix INTEGER NOT NULL CHECK(typeof(from_unix) = 'integer'),
    to_unix INTEGER NULL
);

CREATE INDEX pairing_by_node ON pairing(node, from_unix);
