-- Every write that somebody who signed in asked for, by the API or by a page: who, by which token, what, when, and how it ended. The row stands in the same
-- transaction as the first thing that the request wrote; the status follows when the answer is known. Null: the backend stopped before it answered.
CREATE TABLE api_write(
    n INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL CHECK(typeof(at_ms) = 'integer'),
    person INTEGER NOT NULL REFERENCES person(id),
    -- Null for a session in a browser.
    token INTEGER NULL REFERENCES api_token(id),
    method TEXT NOT NULL,
    -- The route's pattern: what stands in its braces may be a secret.
    route TEXT NOT NULL,
    -- Ids in the path, none of them a secret; empty for none.
    about TEXT NOT NULL,
    status INTEGER NULL
);

CREATE TRIGGER api_write_is_never_edited BEFORE UPDATE ON api_write WHEN OLD.status IS NOT NULL OR NEW.status IS NULL
    OR OLD.n <> NEW.n OR OLD.at_ms <> NEW.at_ms OR OLD.person <> NEW.person OR coalesce(OLD.token, 0) <> coalesce(NEW.token, 0) OR OLD.method <> NEW.method OR OLD.route <> NEW.route OR OLD.about <> NEW.about
BEGIN
    SELECT RAISE(ABORT, 'the list of writes only ever grows');
END;

CREATE TRIGGER api_write_is_never_deleted BEFORE DELETE ON api_write
BEGIN
    SELECT RAISE(ABORT, 'the list of writes only ever grows');
END;

-- Idempotency keys of a day. Of a key its hash is kept; the answer is encrypted under a key that is not in the database, since answers show tokens and links once.
CREATE TABLE api_key_use(
    person INTEGER NOT NULL REFERENCES person(id),
    key_hash BLOB NOT NULL CHECK(length(key_hash) = 32),
    -- SHA-256 over method, path, query and body.
    content_hash BLOB NOT NULL CHECK(length(content_hash) = 32),
    made_ms INTEGER NOT NULL CHECK(typeof(made_ms) = 'integer'),
    -- Null until the answer is known.
    answer BLOB NULL,
    PRIMARY KEY(person, key_hash)
);

CREATE INDEX api_key_use_by_age ON api_key_use(made_ms);
