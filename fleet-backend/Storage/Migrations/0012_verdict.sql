-- One row for each judged batch; the readings that are not simply credited stand in detail, in runs of one name.
CREATE TABLE verdict(
    batch INTEGER PRIMARY KEY REFERENCES batch(id),
    node INTEGER NOT NULL REFERENCES node(id),
    -- When the first reading opened, or seems to have where the clock was never set.
    opened_unix INTEGER NOT NULL,
    readings INTEGER NOT NULL,
    credited INTEGER NOT NULL,
    held INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    -- What the batch earned, or waits for where it is unfunded; the sum of its segments.
    creditable_mwh INTEGER NOT NULL,
    served_seconds INTEGER NOT NULL,
    energy_micro INTEGER NOT NULL,
    service_micro INTEGER NOT NULL,
    -- JSON: [{first, count, outcome, name, figures, uncreditedMilliwattHours}], null when every reading is simply credited.
    detail TEXT NULL,
    -- Readings among the held ones that wait for funds alone; detail does not list them.
    unfunded INTEGER NOT NULL DEFAULT 0 CHECK(unfunded BETWEEN 0 AND held),
    CHECK(credited + held + refused = readings)
);

CREATE INDEX verdict_by_node ON verdict(node, batch);

CREATE INDEX verdict_unfunded ON verdict(batch) WHERE unfunded > 0;

CREATE INDEX verdict_not_credited ON verdict(batch) WHERE held + refused > 0;

-- What judging a node's next batch needs of all before.
CREATE TABLE verdict_state(
    node INTEGER PRIMARY KEY REFERENCES node(id),
    harvested_mwh INTEGER NOT NULL,
    delivered_mwh INTEGER NOT NULL,
    imported_mwh INTEGER NOT NULL,
    covered_until_unix INTEGER NOT NULL,
    day INTEGER NOT NULL,
    credited_that_day_mwh INTEGER NOT NULL,
    grid_pool_mwh INTEGER NOT NULL
);

-- Every chunk of batches asks who is suspended.
CREATE INDEX node_suspended ON node(suspended_from_ms) WHERE suspended_from_ms IS NOT NULL;

CREATE TABLE book(
    id INTEGER PRIMARY KEY CHECK(id = 1),
    -- The batch up to which everything is judged and booked.
    cursor INTEGER NOT NULL,
    -- Rises with every pairing, agreement and tariff, so that nobody goes by old ones.
    terms_version INTEGER NOT NULL
);

INSERT INTO book(id, cursor, terms_version) VALUES(1, 0, 0);

CREATE TRIGGER pairing_begins AFTER INSERT ON pairing
BEGIN
    UPDATE book SET terms_version = terms_version + 1;
END;

CREATE TRIGGER pairing_changes AFTER UPDATE ON pairing
BEGIN
    UPDATE book SET terms_version = terms_version + 1;
END;

CREATE TRIGGER agreement_begins AFTER INSERT ON agreement
BEGIN
    UPDATE book SET terms_version = terms_version + 1;
END;

CREATE TRIGGER tariff_begins AFTER INSERT ON tariff
BEGIN
    UPDATE book SET terms_version = terms_version + 1;
END;

-- Sums kept with every booking, so that nobody counts tables: 'batches', 'readings', 'credited', 'held:NAME', 'refused:NAME'.
CREATE TABLE tally(
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
);

-- Energy of the whole fleet in quarters of an hour since 1970, for plots; without readings that were refused or are disputed.
CREATE TABLE energy_quarter(
    quarter INTEGER PRIMARY KEY,
    harvested_mwh INTEGER NOT NULL,
    delivered_mwh INTEGER NOT NULL
);
