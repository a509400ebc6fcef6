-- One row for each node with what lists, maps and counts go by. The triggers below and the books keep it, so that nobody looks through batches.
CREATE TABLE node_overview(
    node INTEGER PRIMARY KEY REFERENCES node(id),
    node_id TEXT NOT NULL UNIQUE,
    profile INTEGER NOT NULL,
    -- Of its present pairing; empty, and no position, where it has none.
    place TEXT NOT NULL DEFAULT '',
    operator TEXT NOT NULL DEFAULT '',
    capital_builder TEXT NOT NULL DEFAULT '',
    latitude REAL NULL,
    longitude REAL NULL,
    firmware TEXT NOT NULL DEFAULT '',
    board_serial TEXT NOT NULL DEFAULT '',
    -- Of its last batch: when it came, and what it said of the battery, permille; 0 and null before the first.
    heard_ms INTEGER NOT NULL DEFAULT 0 CHECK(typeof(heard_ms) = 'integer'),
    battery INTEGER NULL,
    -- When the last reading came that was refused; 0 for never.
    refused_ms INTEGER NOT NULL DEFAULT 0 CHECK(typeof(refused_ms) = 'integer'),
    -- Readings that wait for a decision.
    held INTEGER NOT NULL DEFAULT 0,
    is_suspended INTEGER NOT NULL DEFAULT 0,
    -- Whether a ticket says that nothing comes from it.
    is_silent INTEGER NOT NULL DEFAULT 0,
    -- Open tickets, and when the first of them is due.
    tickets INTEGER NOT NULL DEFAULT 0,
    due_ms INTEGER NULL,
    is_retired INTEGER NOT NULL DEFAULT 0
);

INSERT INTO node_overview(node, node_id, profile, place, operator, capital_builder, latitude, longitude, firmware, board_serial, heard_ms, held, is_suspended, is_silent, tickets, due_ms, is_retired)
SELECT n.id, n.node_id, n.profile, coalesce(p.place, ''), coalesce(p.operator, ''), coalesce(p.capital_builder, ''), p.latitude, p.longitude, coalesce(u.firmware, ''), coalesce(g.board_serial, ''),
    coalesce((SELECT arrived_ms FROM batch WHERE node = n.id ORDER BY sequence DESC LIMIT 1), 0),
    coalesce((SELECT sum(readings) FROM hold WHERE node = n.id AND state = 'open'), 0),
    EXISTS(SELECT 1 FROM suspension WHERE node = n.id AND to_ms IS NULL),
    EXISTS(SELECT 1 FROM ticket WHERE node = n.id AND cause = 'silent' AND closed_ms IS NULL),
    (SELECT count(*) FROM ticket WHERE node = n.id AND closed_ms IS NULL), (SELECT min(due_ms) FROM ticket WHERE node = n.id AND closed_ms IS NULL),
    coalesce(g.scrapped_ms IS NOT NULL, 0)
FROM node n LEFT JOIN pairing p ON p.node = n.id AND p.to_unix IS NULL LEFT JOIN node_update u ON u.node = n.id LEFT JOIN registration g ON g.node = n.id;

CREATE INDEX node_overview_by_place ON node_overview(place, node);
CREATE INDEX node_overview_by_operator ON node_overview(operator, node);
CREATE INDEX node_overview_by_builder ON node_overview(capital_builder, node);
CREATE INDEX node_overview_by_firmware ON node_overview(firmware);
CREATE INDEX node_overview_by_profile ON node_overview(profile);
CREATE INDEX node_overview_on_map ON node_overview(latitude, longitude, is_suspended, is_silent, tickets, held, node) WHERE latitude IS NOT NULL;
CREATE INDEX node_overview_suspended ON node_overview(node) WHERE is_suspended = 1;
CREATE INDEX node_overview_silent ON node_overview(node) WHERE is_silent = 1;
CREATE INDEX node_overview_held ON node_overview(node) WHERE held > 0;
CREATE INDEX node_overview_refused ON node_overview(refused_ms) WHERE refused_ms > 0;
CREATE INDEX node_overview_due ON node_overview(due_ms) WHERE due_ms IS NOT NULL;
CREATE INDEX node_overview_retired ON node_overview(node) WHERE is_retired = 1;

CREATE TRIGGER node_is_overviewed AFTER INSERT ON node
BEGIN
    INSERT INTO node_overview(node, node_id, profile) VALUES(NEW.id, NEW.node_id, NEW.profile);
END;

CREATE TRIGGER pairing_is_overviewed AFTER INSERT ON pairing
BEGIN
    UPDATE node_overview SET (place, operator, capital_builder, latitude, longitude) =
        (SELECT coalesce(max(place), ''), coalesce(max(operator), ''), coalesce(max(capital_builder), ''), max(latitude), max(longitude) FROM pairing WHERE node = NEW.node AND to_unix IS NULL)
    WHERE node = NEW.node;
END;

CREATE TRIGGER pairing_change_is_overviewed AFTER UPDATE ON pairing
BEGIN
    UPDATE node_overview SET (place, operator, capital_builder, latitude, longitude) =
        (SELECT coalesce(max(place), ''), coalesce(max(operator), ''), coalesce(max(capital_builder), ''), max(latitude), max(longitude) FROM pairing WHERE node = NEW.node AND to_unix IS NULL)
    WHERE node = NEW.node;
END;

CREATE TRIGGER suspension_is_overviewed AFTER INSERT ON suspension
BEGIN
    UPDATE node_overview SET is_suspended = EXISTS(SELECT 1 FROM suspension WHERE node = NEW.node AND to_ms IS NULL) WHERE node = NEW.node;
END;

CREATE TRIGGER suspension_change_is_overviewed AFTER UPDATE ON suspension
BEGIN
    UPDATE node_overview SET is_suspended = EXISTS(SELECT 1 FROM suspension WHERE node = NEW.node AND to_ms IS NULL) WHERE node = NEW.node;
END;

CREATE TRIGGER ticket_is_overviewed AFTER INSERT ON ticket
BEGIN
    UPDATE node_overview SET (tickets, due_ms, is_silent) =
        (SELECT count(*), min(due_ms), coalesce(max(cause = 'silent'), 0) FROM ticket WHERE node = NEW.node AND closed_ms IS NULL)
    WHERE node = NEW.node;
END;

CREATE TRIGGER ticket_change_is_overviewed AFTER UPDATE ON ticket
BEGIN
    UPDATE node_overview SET (tickets, due_ms, is_silent) =
        (SELECT count(*), min(due_ms), coalesce(max(cause = 'silent'), 0) FROM ticket WHERE node = NEW.node AND closed_ms IS NULL)
    WHERE node = NEW.node;
END;

CREATE TRIGGER hold_is_overviewed AFTER INSERT ON hold WHEN NEW.state = 'open'
BEGIN
    UPDATE node_overview SET held = held + NEW.readings WHERE node = NEW.node;
END;

CREATE TRIGGER hold_decision_is_overviewed AFTER UPDATE OF state ON hold WHEN OLD.state = 'open' AND NEW.state <> 'open'
BEGIN
    UPDATE node_overview SET held = held - OLD.readings WHERE node = NEW.node;
END;

CREATE TRIGGER firmware_is_overviewed AFTER INSERT ON node_update
BEGIN
    UPDATE node_overview SET firmware = coalesce(NEW.firmware, '') WHERE node = NEW.node;
END;

CREATE TRIGGER firmware_change_is_overviewed AFTER UPDATE OF firmware ON node_update
BEGIN
    UPDATE node_overview SET firmware = coalesce(NEW.firmware, '') WHERE node = NEW.node;
END;

CREATE TRIGGER registration_is_overviewed AFTER INSERT ON registration
BEGIN
    UPDATE node_overview SET board_serial = NEW.board_serial, is_retired = NEW.scrapped_ms IS NOT NULL WHERE node = NEW.node;
END;

CREATE TRIGGER registration_change_is_overviewed AFTER UPDATE OF scrapped_ms ON registration
BEGIN
    UPDATE node_overview SET is_retired = NEW.scrapped_ms IS NOT NULL WHERE node = NEW.node;
END;

-- Energy that is believed, and time, by node: hours of the last weeks, days for good. Rows of a node lie together: they are read together.
CREATE TABLE node_hour(
    node INTEGER NOT NULL REFERENCES node(id),
    -- Since 1970.
    hour INTEGER NOT NULL,
    harvested_mwh INTEGER NOT NULL,
    delivered_mwh INTEGER NOT NULL,
    imported_mwh INTEGER NOT NULL,
    -- Seconds that readings cover, and seconds in which it served.
    metered_seconds INTEGER NOT NULL,
    served_seconds INTEGER NOT NULL,
    -- As the last reading said, permille.
    battery INTEGER NOT NULL,
    PRIMARY KEY(node, hour)
) WITHOUT ROWID;

CREATE TABLE node_day(
    node INTEGER NOT NULL REFERENCES node(id),
    -- Since 1970, UTC.
    day INTEGER NOT NULL,
    harvested_mwh INTEGER NOT NULL,
    delivered_mwh INTEGER NOT NULL,
    imported_mwh INTEGER NOT NULL,
    metered_seconds INTEGER NOT NULL,
    served_seconds INTEGER NOT NULL,
    battery INTEGER NOT NULL,
    PRIMARY KEY(node, day)
) WITHOUT ROWID;

-- Five weeks of hours are kept; a node's new day takes away what is older.
CREATE TRIGGER node_day_ends_old_hours AFTER INSERT ON node_day
BEGIN
    DELETE FROM node_hour WHERE node = NEW.node AND hour < (NEW.day - 35) * 24;
END;

-- The same of the whole fleet.
CREATE TABLE fleet_hour(
    hour INTEGER PRIMARY KEY,
    harvested_mwh INTEGER NOT NULL,
    delivered_mwh INTEGER NOT NULL,
    imported_mwh INTEGER NOT NULL,
    served_seconds INTEGER NOT NULL
);

INSERT INTO fleet_hour SELECT quarter / 4, sum(harvested_mwh), sum(delivered_mwh), 0, 0 FROM energy_quarter GROUP BY quarter / 4;

-- Pairings that began and ended on a day: with all before, how many nodes were to serve.
CREATE TABLE fleet_pairing(
    day INTEGER PRIMARY KEY,
    began INTEGER NOT NULL DEFAULT 0,
    ended INTEGER NOT NULL DEFAULT 0
);

INSERT INTO fleet_pairing(day, began, ended)
SELECT day, sum(began), sum(ended) FROM (SELECT from_unix / 86400 AS day, 1 AS began, 0 AS ended FROM pairing UNION ALL SELECT to_unix / 86400, 0, 1 FROM pairing WHERE to_unix IS NOT NULL) GROUP BY day;

CREATE TRIGGER pairing_is_counted AFTER INSERT ON pairing
BEGIN
    INSERT INTO fleet_pairing(day, began) VALUES(NEW.from_unix / 86400, 1) ON CONFLICT(day) DO UPDATE SET began = began + 1;
    INSERT INTO fleet_pairing(day, ended) SELECT NEW.to_unix / 86400, 1 WHERE NEW.to_unix IS NOT NULL ON CONFLICT(day) DO UPDATE SET ended = ended + 1;
END;

CREATE TRIGGER pairing_end_is_counted AFTER UPDATE OF to_unix ON pairing WHEN NEW.to_unix IS NOT OLD.to_unix
BEGIN
    UPDATE fleet_pairing SET ended = ended - 1 WHERE OLD.to_unix IS NOT NULL AND day = OLD.to_unix / 86400;
    INSERT INTO fleet_pairing(day, ended) SELECT NEW.to_unix / 86400, 1 WHERE NEW.to_unix IS NOT NULL ON CONFLICT(day) DO UPDATE SET ended = ended + 1;
END;
