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

-- People have their accounts from the pairing on: an empty statement answers why it is empty.
CREATE TRIGGER pairing_opens_accounts AFTER INSERT ON pairing
BEGIN
    INSERT INTO account(name) SELECT 'operator:' || NEW.operator WHERE NOT EXISTS(SELECT 1 FROM account WHERE name = 'operator:' || NEW.operator);
    INSERT INTO account(name) SELECT 'builder:' || NEW.capital_builder WHERE NOT EXISTS(SELECT 1 FROM account WHERE name = 'builder:' || NEW.capital_builder);
END;

-- What a batch earned between two changes of tariff, agreement or pairing, with all that anybody needs to compute it again.
CREATE TABLE segment(
    -- batch * 128 + number: in the order of the batches, and a batch has at most 96 readings.
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL REFERENCES batch(id),
    -- Sequence numbers of its first and last earning reading.
    first_reading INTEGER NOT NULL,
    last_reading INTEGER NOT NULL,
    operator_account INTEGER NOT NULL REFERENCES account(id),
    builder_account INTEGER NOT NULL REFERENCES account(id),
    operator_basis_points INTEGER NOT NULL,
    creditable_mwh INTEGER NOT NULL,
    served_seconds INTEGER NOT NULL,
    micro_per_kwh INTEGER NOT NULL,
    micro_per_hour INTEGER NOT NULL,
    energy_micro INTEGER NOT NULL CHECK(typeof(energy_micro) = 'integer' AND energy_micro >= 0),
    service_micro INTEGER NOT NULL CHECK(typeof(service_micro) = 'integer' AND service_micro >= 0)
);

CREATE TABLE transfer(
    n INTEGER PRIMARY KEY,
    -- SHA-256 of what the transfer is for: the same thing cannot be credited twice.
    id BLOB NOT NULL CHECK(length(id) = 32),
    kind TEXT NOT NULL CHECK(kind IN ('funding', 'energy', 'service')),
    state TEXT NOT NULL CHECK(state IN ('pending', 'posted', 'voided')),
    debit INTEGER NOT NULL REFERENCES account(id),
    credit INTEGER NOT NULL REFERENCES account(id),
    amount_micro INTEGER NOT NULL CHECK(typeof(amount_micro) = 'integer' AND amount_micro > 0),
    -- What earned it, null for funding.
    segment INTEGER NULL REFERENCES segment(id),
    -- Who paid in by which document, null for credit.
    reference TEXT NULL,
    made_ms INTEGER NOT NULL,
    CHECK(debit <> credit),
    CHECK((kind = 'funding') = (segment IS NULL) AND (kind = 'funding') = (reference IS NOT NULL))
);

CREATE UNIQUE INDEX transfer_by_id ON transfer(id);

CREATE INDEX transfer_by_credit ON transfer(credit, segment);

CREATE TRIGGER transfer_is_never_edited BEFORE UPDATE ON transfer
WHEN NEW.n IS NOT OLD.n OR NEW.id IS NOT OLD.id OR NEW.kind IS NOT OLD.kind OR NEW.debit IS NOT OLD.debit OR NEW.credit IS NOT OLD.credit
    OR NEW.amount_micro IS NOT OLD.amount_micro OR NEW.segment IS NOT OLD.segment OR NEW.reference IS NOT OLD.reference OR NEW.made_ms IS NOT OLD.made_ms
    OR OLD.state <> 'pending' OR NEW.state NOT IN ('posted', 'voided')
BEGIN
    SELECT RAISE(ABORT, 'a transfer is never edited: only pending becomes posted or voided');
END;

CREATE TRIGGER transfer_is_never_deleted BEFORE DELETE ON transfer
BEGIN
    SELECT RAISE(ABORT, 'a transfer is never deleted');
END;

CREATE TRIGGER segment_is_never_edited BEFORE UPDATE ON segment
BEGIN
    SELECT RAISE(ABORT, 'a segment is never edited: transfers were made from it');
END;

CREATE TRIGGER segment_is_never_deleted BEFORE DELETE ON segment
BEGIN
    SELECT RAISE(ABORT, 'a segment is never deleted: transfers were made from it');
END;
