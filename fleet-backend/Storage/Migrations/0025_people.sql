-- Who may do what. A person is never deleted: what they decided names them. Closing an account takes everything else away.
CREATE TABLE person(
    id INTEGER PRIMARY KEY,
    -- The name in account names too: operator:amina is Amina's.
    name TEXT NOT NULL UNIQUE CHECK(length(name) BETWEEN 1 AND 64),
    -- Bits of Roles.
    roles INTEGER NOT NULL CHECK(typeof(roles) = 'integer' AND roles >= 0),
    password_hash TEXT NULL,
    -- Changes with everything that must end sessions.
    security_stamp TEXT NOT NULL,
    failed_count INTEGER NOT NULL DEFAULT 0,
    locked_until_ms INTEGER NULL,
    closed_ms INTEGER NULL,
    made_ms INTEGER NOT NULL CHECK(typeof(made_ms) = 'integer')
);

CREATE TABLE passkey(
    credential_id BLOB PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES person(id),
    name TEXT NOT NULL,
    public_key BLOB NOT NULL,
    made_ms INTEGER NOT NULL CHECK(typeof(made_ms) = 'integer'),
    sign_count INTEGER NOT NULL,
    transports TEXT NOT NULL,
    is_user_verified INTEGER NOT NULL,
    is_backup_eligible INTEGER NOT NULL,
    is_backed_up INTEGER NOT NULL,
    attestation_object BLOB NOT NULL,
    client_data BLOB NOT NULL
);

CREATE INDEX passkey_by_person ON passkey(person);

-- Links that work once: an invitation makes an account, a reset gives back one that was lost.
CREATE TABLE link(
    -- SHA-256 of its secret.
    hash BLOB PRIMARY KEY CHECK(length(hash) = 32),
    kind TEXT NOT NULL CHECK(kind IN ('invitation', 'reset', 'first administrator')),
    -- Null for the first administrator, who chooses one.
    name TEXT NULL,
    roles INTEGER NOT NULL,
    by TEXT NOT NULL,
    made_ms INTEGER NOT NULL CHECK(typeof(made_ms) = 'integer'),
    expires_ms INTEGER NOT NULL CHECK(typeof(expires_ms) = 'integer'),
    used_ms INTEGER NULL
);

CREATE TRIGGER link_is_used_once BEFORE UPDATE ON link WHEN OLD.used_ms IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a link works once');
END;

-- Tokens for programs. A token never does more than its person may at that moment.
CREATE TABLE api_token(
    id INTEGER PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES person(id),
    label TEXT NOT NULL,
    hash BLOB NOT NULL UNIQUE CHECK(length(hash) = 32),
    roles INTEGER NOT NULL,
    is_read_only INTEGER NOT NULL CHECK(is_read_only IN (0, 1)),
    per_minute INTEGER NOT NULL CHECK(per_minute BETWEEN 1 AND 1000000),
    made_ms INTEGER NOT NULL CHECK(typeof(made_ms) = 'integer'),
    ends_ms INTEGER NOT NULL CHECK(typeof(ends_ms) = 'integer'),
    revoked_ms INTEGER NULL
);

CREATE INDEX api_token_by_person ON api_token(person);

-- What people did with accounts and the system: for auditors. Decisions over money and nodes are events, and stand in the log of proofs.
CREATE TABLE audit(
    n INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL CHECK(typeof(at_ms) = 'integer'),
    by TEXT NOT NULL,
    what TEXT NOT NULL,
    about TEXT NOT NULL
);

CREATE TRIGGER audit_is_never_edited BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log only ever grows');
END;

CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log only ever grows');
END;
