-- One row for each judged batch; the readings that are not simply credited stand in detail, in runs of one name.
CREATE TABLE verdict(
    batch INTEGER PRIMARY KEY REFERENCES batch(id),
    node INTEGER NOT NULL REFERENCES node(id),
    opened_unix INTEGER NOT NULL,
    readings INTEGER NOT NULL,
    credited INTEGER NOT NULL,
    held INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    creditable_mwh INTEGER NOT NULL,
    served_seconds INTEGER NOT NULL,
    -- The tariff that was applied, so that anybody can compute the amounts again.
    micro_per_kwh INTEGER NOT NULL,
    micro_per_hour INTEGER NOT NULL,
    energy_micro INTEGER NOT NULL,
    service_micro INTEGER NOT NULL,
    -- JSON: [{first, count, outcome, name, figures}], null when every reading is credited.
    detail TEXT NULL,
    -- 1 while the credit waits for funds.
    unfunded INTEGER NOT NULL DEFAULT 0 CHECK(unfunded IN (0, 1)),
    CHECK(credited + held + refused = readings)
);

CREATE INDEX verdict_by_node ON verdict(node, batch);

CREATE INDEX verdict_unfunded ON verdict(batch) WHERE unfunded = 1;

CREATE INDEX verdict_with_detail ON verdict(batch) WHERE detail IS NOT NULL;

-- What judging a node's next batch needs of all before.
CREATE TABLE verdict_state(
    node INTEGER PRIMARY KEY REFERENCES node(id),
    harvested INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    imported INTEGER NOT NULL,
    covered_until INTEGER NOT NULL,
    day INTEGER NOT NULL,
    creditable_today INTEGER NOT NULL,
    grid_pool INTEGER NOT NULL
);

-- The batch up to which everything is judged and booked.
CREATE TABLE book(
    id INTEGER PRIMARY KEY CHECK(id = 1),
    cursor INTEGER NOT NULL
);

INSERT INTO book(id, cursor) VALUES(1, 0);

-- Sums kept with every booking, so that nobody counts tables: 'readings', 'credited', 'held:NAME', 'refused:NAME'.
CREATE TABLE tally(
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
);

-- Energy of the whole fleet in quarters of an hour since 1970, for plots.
CREATE TABLE energy_quarter(
    quarter INTEGER PRIMARY KEY,
    harvested_mwh INTEGER NOT NULL,
    delivered_mwh INTEGER NOT NULL
);
