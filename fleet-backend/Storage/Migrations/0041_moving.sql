-- Signed changes of networks, gateway and trust anchors, and how each node that was told stands.
CREATE TABLE settings_change(
    version INTEGER PRIMARY KEY CHECK(version BETWEEN 1 AND 4294967295),
    -- SHA-256 of the signed message.
    hash BLOB NOT NULL CHECK(length(hash) = 32),
    -- The keys of Wi-Fi networks stand in it: forgotten as soon as no node waits for it.
    message BLOB NULL,
    host TEXT NOT NULL,
    port INTEGER NOT NULL,
    networks INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    made_ms INTEGER NOT NULL CHECK(typeof(made_ms) = 'integer')
);

CREATE TABLE settings_delivery(
    version INTEGER NOT NULL REFERENCES settings_change(version),
    node INTEGER NOT NULL REFERENCES node(id),
    -- 0 waiting, 1 trying, 2 kept, 3 taken back, 4 refused by the node, 5 ended by people.
    state INTEGER NOT NULL CHECK(state BETWEEN 0 AND 5),
    refusal INTEGER NOT NULL DEFAULT 0,
    changed_ms INTEGER NOT NULL CHECK(typeof(changed_ms) = 'integer'),
    PRIMARY KEY(version, node)
);

CREATE INDEX settings_delivery_open ON settings_delivery(node) WHERE state <= 1;
