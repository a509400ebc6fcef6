-- Something that somebody has to put right at a node. One cause has one open ticket.
CREATE TABLE ticket(
    id INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES node(id),
    cause TEXT NOT NULL CHECK(cause IN ('silent', 'sensor fault', 'case opened')),
    facts TEXT NOT NULL,
    -- The infrastructure manager of the node's agreement, or else its operator.
    owner TEXT NOT NULL,
    opened_ms INTEGER NOT NULL CHECK(typeof(opened_ms) = 'integer'),
    due_ms INTEGER NOT NULL CHECK(typeof(due_ms) = 'integer'),
    closed_ms INTEGER NULL,
    closed_by TEXT NULL,
    note TEXT NULL
);

CREATE UNIQUE INDEX ticket_open ON ticket(node, cause) WHERE closed_ms IS NULL;
CREATE INDEX ticket_by_node ON ticket(node, due_ms);
