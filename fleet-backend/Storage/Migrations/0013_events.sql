-- What people decided, in the order in which it took effect: together with the batches it gives the whole ledger again.
CREATE TABLE event(
    n INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL CHECK(typeof(at_ms) = 'integer'),
    -- registered, agreement, tariff, loan, release, recall, visit, suspension, decision, downtime, payee, payout, reversal
    kind TEXT NOT NULL,
    node INTEGER NULL REFERENCES node(id),
    -- Who: a person's name, two joined by ' + ' where two were needed, or the rule that decided by itself.
    by TEXT NOT NULL,
    -- JSON
    content TEXT NOT NULL
);

CREATE INDEX event_by_node ON event(node, n) WHERE node IS NOT NULL;

CREATE TRIGGER event_is_never_edited BEFORE UPDATE ON event
BEGIN
    SELECT RAISE(ABORT, 'an event is never edited: record what followed it');
END;

CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event
BEGIN
    SELECT RAISE(ABORT, 'an event is never deleted');
END;

-- A change of terms or money that needs a second person.
CREATE TABLE change(
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'proposed' CHECK(state IN ('proposed', 'approved', 'withdrawn')),
    proposed_by TEXT NOT NULL,
    proposed_ms INTEGER NOT NULL CHECK(typeof(proposed_ms) = 'integer'),
    decided_by TEXT NULL,
    decided_ms INTEGER NULL,
    CHECK((state = 'proposed') = (decided_by IS NULL) AND (state = 'proposed') = (decided_ms IS NULL)),
    CHECK(state <> 'approved' OR decided_by <> proposed_by)
);

CREATE INDEX change_proposed ON change(id) WHERE state = 'proposed';

CREATE TRIGGER change_is_decided_once BEFORE UPDATE ON change
WHEN OLD.state <> 'proposed' OR NEW.kind <> OLD.kind OR NEW.content <> OLD.content OR NEW.reason <> OLD.reason OR NEW.proposed_by <> OLD.proposed_by OR NEW.proposed_ms <> OLD.proposed_ms
BEGIN
    SELECT RAISE(ABORT, 'a proposed change is approved or withdrawn once and never edited');
END;

-- A time in which a node's readings are held, and how it may end.
CREATE TABLE suspension(
    id INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES node(id),
    from_ms INTEGER NOT NULL CHECK(typeof(from_ms) = 'integer'),
    -- Exclusive; null for still.
    to_ms INTEGER NULL,
    -- The batches after the first are held, up to the second: exact, where two things happen in one millisecond.
    after_batch INTEGER NOT NULL,
    until_batch INTEGER NULL,
    -- When it ends by itself, or null.
    end_ms INTEGER NULL,
    reason TEXT NOT NULL,
    evidence TEXT NOT NULL,
    cure TEXT NOT NULL,
    by TEXT NOT NULL
);

CREATE UNIQUE INDEX suspension_open ON suspension(node) WHERE to_ms IS NULL;
CREATE INDEX suspension_by_node ON suspension(node, from_ms);

INSERT INTO suspension(node, from_ms, after_batch, reason, evidence, cure, by)
SELECT id, suspended_from_ms, coalesce((SELECT max(id) FROM batch WHERE node = n.id AND arrived_ms < suspended_from_ms), 0), suspended_reason, 'kept batches of this node', 'A fleet manager compares both versions of the chain.', 'ingest' FROM node n WHERE suspended_from_ms IS NOT NULL;

DROP INDEX node_suspended;
ALTER TABLE node DROP COLUMN suspended_from_ms;
ALTER TABLE node DROP COLUMN suspended_reason;

-- Somebody stood before the node.
CREATE TABLE visit(
    id INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES node(id),
    at_ms INTEGER NOT NULL CHECK(typeof(at_ms) = 'integer'),
    by TEXT NOT NULL,
    latitude REAL NOT NULL,
    longitude REAL NOT NULL
);

CREATE INDEX visit_by_node ON visit(node, at_ms);

-- Firmware that nodes may run. Bundles and rollouts are elsewhere; this is what a reading is held against.
CREATE TABLE firmware_release(
    digest TEXT PRIMARY KEY CHECK(length(digest) = 16),
    name TEXT NOT NULL,
    recorded_ms INTEGER NOT NULL CHECK(typeof(recorded_ms) = 'integer'),
    recalled_ms INTEGER NULL,
    is_fraud INTEGER NOT NULL DEFAULT 0 CHECK(is_fraud IN (0, 1)),
    replaced_ms INTEGER NULL
);

-- Whatever judging goes by is read again when it changes.
CREATE TRIGGER suspension_begins AFTER INSERT ON suspension
BEGIN
    UPDATE book SET terms_version = terms_version + 1;
END;

CREATE TRIGGER suspension_ends AFTER UPDATE ON suspension
BEGIN
    UPDATE book SET terms_version = terms_version + 1;
END;

CREATE TRIGGER visit_is_made AFTER INSERT ON visit
BEGIN
    UPDATE book SET terms_version = terms_version + 1;
END;

CREATE TRIGGER firmware_release_is_recorded AFTER INSERT ON firmware_release
BEGIN
    UPDATE book SET terms_version = terms_version + 1;
END;

CREATE TRIGGER firmware_release_changes AFTER UPDATE ON firmware_release
BEGIN
    UPDATE book SET terms_version = terms_version + 1;
END;
