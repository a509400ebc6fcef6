-- By when a ticket is to be put right: the agreement's service level. Agreements of before promised what was the rule for all.
ALTER TABLE agreement ADD COLUMN due_hours INTEGER NOT NULL DEFAULT 72 CHECK(typeof(due_hours) = 'integer' AND due_hours BETWEEN 1 AND 8760);

-- Tickets for more causes.
CREATE TABLE ticket_of_five_causes(
    id INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES node(id),
    cause TEXT NOT NULL CHECK(cause IN ('silent', 'sensor fault', 'case opened', 'battery capacity', 'full outbox')),
    facts TEXT NOT NULL,
    -- The infrastructure manager of the node's agreement, or else its operator.
    owner TEXT NOT NULL,
    opened_ms INTEGER NOT NULL CHECK(typeof(opened_ms) = 'integer'),
    due_ms INTEGER NOT NULL CHECK(typeof(due_ms) = 'integer'),
    closed_ms INTEGER NULL,
    closed_by TEXT NULL,
    note TEXT NULL
);

INSERT INTO ticket_of_five_causes SELECT id, node, cause, facts, owner, opened_ms, due_ms, closed_ms, closed_by, note FROM ticket;
DROP TABLE ticket;
ALTER TABLE ticket_of_five_causes RENAME TO ticket;
CREATE UNIQUE INDEX ticket_open ON ticket(node, cause) WHERE closed_ms IS NULL;
CREATE INDEX ticket_by_node ON ticket(node, due_ms);
