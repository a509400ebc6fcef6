-- Who has what, in micro-credits. Every transfer takes from one account what it gives to another, so all balances add up to 0.
CREATE TABLE account(
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    pending_micro INTEGER NOT NULL DEFAULT 0 CHECK(typeof(pending_micro) = 'integer'),
    posted_micro INTEGER NOT NULL DEFAULT 0 CHECK(typeof(posted_micro) = 'integer'),
    -- Only the funders' account may be below zero: it is the world outside, where the money comes from.
    may_owe INTEGER NOT NULL DEFAULT 0 CHECK(may_owe IN (0, 1)),
    CHECK(may_owe = 1 OR pending_micro + posted_micro >= 0)
);

INSERT INTO account(id, name, may_owe) VALUES(1, 'funders', 1), (2, 'issued', 0), (3, 'reserve', 0);

CREATE TABLE transfer(
    n INTEGER PRIMARY KEY,
    -- SHA-256 of what the transfer is for: the same thing cannot be credited twice.
    id BLOB NOT NULL CHECK(length(id) = 32),
    kind TEXT NOT NULL CHECK(kind IN ('funding', 'energy', 'service')),
    state TEXT NOT NULL CHECK(state IN ('pending', 'posted', 'voided')),
    debit INTEGER NOT NULL REFERENCES account(id),
    credit INTEGER NOT NULL REFERENCES account(id),
    amount_micro INTEGER NOT NULL CHECK(typeof(amount_micro) = 'integer' AND amount_micro > 0),
    -- The batch that earned it, null for funding.
    batch INTEGER NULL REFERENCES batch(id),
    reference TEXT NULL,
    made_ms INTEGER NOT NULL,
    CHECK(debit <> credit)
);

CREATE UNIQUE INDEX transfer_by_id ON transfer(id);

CREATE INDEX transfer_by_batch ON transfer(batch) WHERE batch IS NOT NULL;

CREATE INDEX transfer_by_credit ON transfer(credit, n);

CREATE TRIGGER transfer_is_never_edited BEFORE UPDATE ON transfer
WHEN NEW.id IS NOT OLD.id OR NEW.kind IS NOT OLD.kind OR NEW.debit IS NOT OLD.debit OR NEW.credit IS NOT OLD.credit
    OR NEW.amount_micro IS NOT OLD.amount_micro OR NEW.batch IS NOT OLD.batch OR NEW.made_ms IS NOT OLD.made_ms
    OR OLD.state <> 'pending' OR NEW.state NOT IN ('posted', 'voided')
BEGIN
    SELECT RAISE(ABORT, 'a transfer is never edited: only pending becomes posted or voided');
END;

CREATE TRIGGER transfer_is_never_deleted BEFORE DELETE ON transfer
BEGIN
    SELECT RAISE(ABORT, 'a transfer is never deleted');
END;
