-- The evidence: every accepted batch as it came, signature and all. The id is the order of arrival.
CREATE TABLE batch(
    id INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES node(id),
    sequence INTEGER NOT NULL CHECK(typeof(sequence) = 'integer'),
    next_sequence INTEGER NOT NULL CHECK(typeof(next_sequence) = 'integer'),
    payload_hash BLOB NOT NULL CHECK(length(payload_hash) = 32),
    arrived_ms INTEGER NOT NULL CHECK(typeof(arrived_ms) = 'integer'),
    -- First lost sequence number, where the batch follows a declared gap.
    gap_from INTEGER NULL,
    message BLOB NOT NULL
);

CREATE UNIQUE INDEX batch_by_place ON batch(node, sequence);

CREATE INDEX batch_by_payload ON batch(payload_hash);

-- Where each node's chain stands; no row means that nothing came yet.
CREATE TABLE chain(
    node INTEGER PRIMARY KEY REFERENCES node(id),
    next INTEGER NOT NULL CHECK(typeof(next) = 'integer'),
    head BLOB NOT NULL CHECK(length(head) = 32),
    harvested INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    imported INTEGER NOT NULL,
    -- Counters of sealed messages below this may have been sent.
    reserved INTEGER NOT NULL CHECK(typeof(reserved) = 'integer'),
    -- The signed gap that was declared and whose next batch has not come yet.
    pending_gap BLOB NULL
);

-- Declared gaps whose next batch came.
CREATE TABLE gap(
    id INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES node(id),
    from_sequence INTEGER NOT NULL,
    to_sequence INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    closed_ms INTEGER NOT NULL,
    message BLOB NOT NULL
);

CREATE UNIQUE INDEX gap_by_place ON gap(node, from_sequence);

-- Batches with a valid signature that contradict what is stored or declared; a few per node are enough.
CREATE TABLE evidence(
    id INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES node(id),
    reason INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    payload_hash BLOB NOT NULL,
    arrived_ms INTEGER NOT NULL,
    message BLOB NOT NULL
);

CREATE UNIQUE INDEX evidence_by_payload ON evidence(node, payload_hash);

-- The beginning of messages that could not be read or were not the node's, to find out why.
CREATE TABLE quarantine(
    id INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES node(id),
    -- Days since 1970.
    day INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    arrived_ms INTEGER NOT NULL,
    message_hash BLOB NOT NULL,
    message_bytes INTEGER NOT NULL,
    first_bytes BLOB NOT NULL
);

CREATE INDEX quarantine_by_node ON quarantine(node, day);
