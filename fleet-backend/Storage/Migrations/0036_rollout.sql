-- A release on its way to the nodes of a target, in waves.
CREATE TABLE rollout(
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    release INTEGER NULL REFERENCES update_release(id),
    -- Target, waves, gate and rate, JSON.
    plan TEXT NOT NULL,
    state TEXT NOT NULL CHECK(state IN ('draft', 'signed', 'approved', 'canary', 'wave', 'done', 'paused', 'stopped')),
    -- The wave that is open; 0 is the canary.
    wave INTEGER NULL,
    -- Why it is paused or stopped, in words.
    reason TEXT NULL,
    made_by TEXT NOT NULL,
    made_ms INTEGER NOT NULL CHECK(typeof(made_ms) = 'integer'),
    -- Who wrote it last: somebody else approves it.
    edited_by TEXT NOT NULL,
    approved_by TEXT NULL,
    approved_ms INTEGER NULL,
    started_ms INTEGER NULL,
    ended_ms INTEGER NULL,
    CHECK(approved_by IS NULL OR (approved_by <> made_by AND approved_by <> edited_by)),
    CHECK(state IN ('draft', 'stopped') OR release IS NOT NULL),
    CHECK(state IN ('draft', 'signed', 'stopped') OR approved_by IS NOT NULL),
    CHECK((state IN ('done', 'stopped')) = (ended_ms IS NOT NULL))
);

CREATE TRIGGER rollout_ends_once BEFORE UPDATE ON rollout WHEN OLD.state = 'stopped' OR (OLD.state = 'done' AND NEW.state <> 'stopped')
BEGIN
    SELECT RAISE(ABORT, 'a rollout that ended stays so');
END;

CREATE TRIGGER rollout_is_never_deleted BEFORE DELETE ON rollout
BEGIN
    SELECT RAISE(ABORT, 'a rollout is never deleted');
END;

CREATE TABLE rollout_wave(
    rollout INTEGER NOT NULL REFERENCES rollout(id),
    wave INTEGER NOT NULL,
    opened_ms INTEGER NOT NULL CHECK(typeof(opened_ms) = 'integer'),
    -- Nodes in it, for good.
    size INTEGER NOT NULL CHECK(typeof(size) = 'integer'),
    -- When enough of them had executed it: from here on it soaks.
    enough_ms INTEGER NULL,
    passed_ms INTEGER NULL,
    -- From when on silence counts: its opening, or the last time somebody resumed it.
    watched_ms INTEGER NOT NULL CHECK(typeof(watched_ms) = 'integer'),
    -- What a person accepted by resuming although the gate was broken, JSON.
    accepted TEXT NULL,
    -- The last figures of metering continuity, JSON, and when they were taken.
    metering TEXT NULL,
    metering_ms INTEGER NULL,
    PRIMARY KEY(rollout, wave)
);

-- A node in a rollout; all that is remembered of it, in the database and nowhere else.
CREATE TABLE rollout_node(
    id INTEGER PRIMARY KEY,
    rollout INTEGER NOT NULL REFERENCES rollout(id),
    node INTEGER NOT NULL REFERENCES node(id),
    wave INTEGER NOT NULL,
    -- See NodeState.
    state INTEGER NOT NULL DEFAULT 0 CHECK(state BETWEEN 0 AND 11),
    attempt INTEGER NOT NULL DEFAULT 0,
    -- Attempts in a row that ended without a confirmation.
    failures INTEGER NOT NULL DEFAULT 0,
    -- The contract's UpdateReason of the last report.
    reason INTEGER NOT NULL DEFAULT 0,
    -- When to look at it next; null until it is heard.
    due_ms INTEGER NULL,
    from_firmware TEXT NULL,
    offered_ms INTEGER NULL,
    heard_ms INTEGER NULL,
    confirmed_ms INTEGER NULL,
    -- Sequence of the reading in which the new firmware was confirmed.
    confirmed_sequence INTEGER NULL,
    blocks_held INTEGER NOT NULL DEFAULT 0,
    -- One bit for each block that was sent in this attempt.
    blocks_sent BLOB NULL,
    sent_bytes INTEGER NOT NULL DEFAULT 0,
    repeated_bytes INTEGER NOT NULL DEFAULT 0,
    -- Days since 1970, and what was sent on that day.
    day INTEGER NOT NULL DEFAULT 0,
    day_bytes INTEGER NOT NULL DEFAULT 0
);

CREATE UNIQUE INDEX rollout_node_by_node ON rollout_node(node, rollout);
CREATE INDEX rollout_node_by_state ON rollout_node(rollout, wave, state);
CREATE INDEX rollout_node_to_offer ON rollout_node(rollout, due_ms) WHERE due_ms IS NOT NULL AND state = 0;
CREATE INDEX rollout_node_to_tell ON rollout_node(rollout, due_ms) WHERE due_ms IS NOT NULL AND state <> 0;
CREATE INDEX rollout_node_failed ON rollout_node(rollout, wave) WHERE failures > 0;
CREATE INDEX rollout_node_confirmed ON rollout_node(rollout, wave, confirmed_ms) WHERE confirmed_ms IS NOT NULL;

-- How each attempt ended, in the node's own signed words.
CREATE TABLE rollout_end(
    id INTEGER PRIMARY KEY,
    rollout INTEGER NOT NULL REFERENCES rollout(id),
    node INTEGER NOT NULL REFERENCES node(id),
    attempt INTEGER NOT NULL,
    wave INTEGER NOT NULL,
    state INTEGER NOT NULL,
    reason INTEGER NOT NULL,
    firmware TEXT NOT NULL,
    at_ms INTEGER NOT NULL CHECK(typeof(at_ms) = 'integer'),
    message BLOB NOT NULL
);

CREATE UNIQUE INDEX rollout_end_by_attempt ON rollout_end(node, attempt);
CREATE INDEX rollout_end_by_reason ON rollout_end(rollout, wave, state, reason);

CREATE TRIGGER rollout_end_is_never_edited BEFORE UPDATE ON rollout_end
BEGIN
    SELECT RAISE(ABORT, 'how an attempt ended stays');
END;
