-- What was bought: boards exist only for a recorded purchase. Overpriced or imagined hardware is this field's oldest fraud.
CREATE TABLE production_run(
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    profile INTEGER NOT NULL,
    bought INTEGER NOT NULL CHECK(bought BETWEEN 1 AND 100000),
    unit_price_usd_cents INTEGER NOT NULL CHECK(typeof(unit_price_usd_cents) = 'integer' AND unit_price_usd_cents >= 0),
    -- The account name of who paid: their nodes these are.
    payer TEXT NOT NULL,
    invoice TEXT NOT NULL,
    by TEXT NOT NULL,
    made_ms INTEGER NOT NULL CHECK(typeof(made_ms) = 'integer')
);

CREATE TRIGGER production_run_is_never_edited BEFORE UPDATE ON production_run
BEGIN
    SELECT RAISE(ABORT, 'a purchase is never edited: record another run');
END;

-- What the bench found of a node.
CREATE TABLE registration(
    node INTEGER PRIMARY KEY REFERENCES node(id),
    run INTEGER NOT NULL REFERENCES production_run(id),
    board_serial TEXT NOT NULL,
    -- JSON
    parts TEXT NOT NULL,
    firmware TEXT NOT NULL,
    -- JSON
    self_test TEXT NOT NULL,
    by TEXT NOT NULL,
    made_ms INTEGER NOT NULL CHECK(typeof(made_ms) = 'integer'),
    -- The node whose key this one succeeds on the same board.
    succeeds INTEGER NULL REFERENCES node(id),
    scrapped_ms INTEGER NULL,
    scrapped_by TEXT NULL,
    scrapped_reason TEXT NULL
);

CREATE INDEX registration_by_serial ON registration(board_serial);
CREATE INDEX registration_by_run ON registration(run);
CREATE INDEX registration_succession ON registration(succeeds) WHERE succeeds IS NOT NULL;

-- What a label's owner shows that they hold it; only the hash is kept, and it works once.
CREATE TABLE claim(
    node INTEGER PRIMARY KEY REFERENCES node(id),
    hash BLOB NOT NULL CHECK(length(hash) = 32),
    made_ms INTEGER NOT NULL CHECK(typeof(made_ms) = 'integer'),
    used_ms INTEGER NULL
);

-- Boards that were refused, and runs: for whoever looks for fraud.
CREATE TABLE registration_flag(
    n INTEGER PRIMARY KEY,
    at_ms INTEGER NOT NULL CHECK(typeof(at_ms) = 'integer'),
    by TEXT NOT NULL,
    refusal TEXT NOT NULL,
    run TEXT NOT NULL,
    board_serial TEXT NOT NULL,
    detail TEXT NOT NULL
);

CREATE TRIGGER registration_flag_is_never_deleted BEFORE DELETE ON registration_flag
BEGIN
    SELECT RAISE(ABORT, 'a refusal is never forgotten');
END;

-- A loan goes on with the node that succeeds its node.
ALTER TABLE loan ADD COLUMN succeeded_ms INTEGER NULL;
