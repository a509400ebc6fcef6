-- Why a ticket was closed, in one of a few words beside the note; null for those closed before there were words.
ALTER TABLE ticket ADD COLUMN closing TEXT NULL CHECK(closing IN ('repaired', 'replaced', 'heard again', 'false alarm', 'not reachable', 'other'));
UPDATE ticket SET closing = 'heard again' WHERE closed_by = 'rule';

-- What people wrote down while a ticket was open: append only.
CREATE TABLE ticket_note(
    id INTEGER PRIMARY KEY,
    ticket INTEGER NOT NULL REFERENCES ticket(id),
    at_ms INTEGER NOT NULL CHECK(typeof(at_ms) = 'integer'),
    by TEXT NOT NULL,
    note TEXT NOT NULL
);

CREATE INDEX ticket_note_by_ticket ON ticket_note(ticket);

-- A verdict that somebody who shares in the node does not accept; a manager or auditor answers.
CREATE TABLE dispute(
    id INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES node(id),
    batch INTEGER NOT NULL REFERENCES batch(id),
    -- The run of readings with one verdict that it is about.
    first_reading INTEGER NOT NULL,
    last_reading INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    figures TEXT NULL,
    by TEXT NOT NULL,
    text TEXT NOT NULL,
    opened_ms INTEGER NOT NULL CHECK(typeof(opened_ms) = 'integer'),
    due_ms INTEGER NOT NULL CHECK(typeof(due_ms) = 'integer'),
    answered_ms INTEGER NULL,
    answered_by TEXT NULL,
    outcome TEXT NULL CHECK(outcome IN ('stands', 'put right')),
    answer TEXT NULL,
    CHECK((answered_ms IS NULL) = (answer IS NULL) AND (answered_ms IS NULL) = (outcome IS NULL))
);

CREATE UNIQUE INDEX dispute_open ON dispute(node, first_reading) WHERE answered_ms IS NULL;
CREATE INDEX dispute_by_node ON dispute(node, id);

-- Where people want to be told of what happens.
CREATE TABLE subscription(
    id INTEGER PRIMARY KEY,
    person INTEGER NOT NULL REFERENCES person(id),
    channel TEXT NOT NULL CHECK(channel IN ('mail', 'webhook')),
    -- A mail address or a URL.
    target TEXT NOT NULL,
    -- Names of kinds, separated by spaces.
    kinds TEXT NOT NULL,
    -- A webhook's key, encrypted under the data folder's keys.
    secret BLOB NULL,
    -- What a mail address has to say back before it is used, and how often it may still be wrong; null once it was right.
    code TEXT NULL,
    tries_left INTEGER NOT NULL DEFAULT 5 CHECK(tries_left >= 0),
    made_ms INTEGER NOT NULL CHECK(typeof(made_ms) = 'integer'),
    ended_ms INTEGER NULL
);

CREATE INDEX subscription_by_person ON subscription(person);

-- What happened, once, whoever is told.
CREATE TABLE notice(
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    at_ms INTEGER NOT NULL CHECK(typeof(at_ms) = 'integer'),
    subject TEXT NOT NULL,
    -- JSON.
    content TEXT NOT NULL
);

-- Each way that a notice goes; dead is what was tried often enough.
CREATE TABLE delivery(
    id INTEGER PRIMARY KEY,
    notice INTEGER NOT NULL REFERENCES notice(id),
    subscription INTEGER NOT NULL REFERENCES subscription(id),
    state TEXT NOT NULL DEFAULT 'waiting' CHECK(state IN ('waiting', 'sent', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_ms INTEGER NOT NULL CHECK(typeof(next_ms) = 'integer'),
    ended_ms INTEGER NULL,
    problem TEXT NULL,
    UNIQUE(notice, subscription)
);

CREATE INDEX delivery_due ON delivery(next_ms) WHERE state = 'waiting';
CREATE INDEX delivery_dead ON delivery(subscription, id) WHERE state = 'dead';

-- How far each source was read for notices; what lies before nobody asked for.
CREATE TABLE notice_cursor(
    source TEXT PRIMARY KEY,
    at INTEGER NOT NULL CHECK(typeof(at) = 'integer')
);

INSERT INTO notice_cursor(source, at) VALUES
    ('ticket', (SELECT coalesce(max(id), 0) FROM ticket)),
    ('overdue', (SELECT coalesce(max(opened_ms), 0) FROM ticket)),
    ('event', (SELECT coalesce(max(n), 0) FROM event));
