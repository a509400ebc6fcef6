-- The books anew, with settlement, holds, payouts and more rules. All credit so far was pending and follows from the batches: it is
-- judged and booked again from the first one. What funders paid in is kept.
CREATE TABLE funding_kept AS SELECT id, amount_micro, reference, made_ms FROM transfer WHERE kind = 'funding';
CREATE TABLE account_kept AS SELECT name FROM account WHERE id > 3 ORDER BY id;

DROP TABLE transfer;
DROP TABLE segment;
DROP TABLE verdict;
DROP TABLE verdict_state;
DROP TABLE account;
DELETE FROM tally;
DELETE FROM energy_quarter;
UPDATE book SET cursor = 0;

-- Who has what, in micro-credits. Only transfers move balances (see their triggers), each from one account to another, so all
-- balances add up to 0 at every instant.
CREATE TABLE account(
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    pending_micro INTEGER NOT NULL DEFAULT 0 CHECK(typeof(pending_micro) = 'integer'),
    posted_micro INTEGER NOT NULL DEFAULT 0 CHECK(typeof(posted_micro) = 'integer'),
    -- What a reversal could not take back; recovered from later credit.
    owed_micro INTEGER NOT NULL DEFAULT 0 CHECK(typeof(owed_micro) = 'integer' AND owed_micro >= 0),
    -- Only the funders' account may be below zero: it is the world outside, where the money comes from.
    may_owe INTEGER NOT NULL DEFAULT 0 CHECK(may_owe IN (0, 1)),
    CHECK(may_owe = 1 OR (pending_micro + posted_micro >= 0 AND posted_micro >= 0))
);

-- issued: what may still be credited. payouts: money handed to a payout run. paid: money that reached people.
INSERT INTO account(id, name, may_owe) VALUES(1, 'funders', 1), (2, 'issued', 0), (3, 'reserve', 0), (4, 'payouts', 0), (5, 'paid', 0);
INSERT INTO account(name) SELECT name FROM account_kept;
DROP TABLE account_kept;

-- What a batch earned between two changes of tariff, agreement or pairing.
CREATE TABLE segment(
    -- batch * 128 + number of its first reading: in the order of the batches, and a batch has at most 96 readings.
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL REFERENCES batch(id),
    -- Sequence numbers of its first and last earning reading.
    first_reading INTEGER NOT NULL,
    last_reading INTEGER NOT NULL,
    pairing INTEGER NOT NULL REFERENCES pairing(id),
    agreement INTEGER NOT NULL REFERENCES agreement(id),
    tariff INTEGER NOT NULL REFERENCES tariff(id),
    -- When its first reading opened: the month its service is settled with.
    opened_unix INTEGER NOT NULL,
    creditable_mwh INTEGER NOT NULL,
    served_seconds INTEGER NOT NULL,
    energy_micro INTEGER NOT NULL CHECK(typeof(energy_micro) = 'integer' AND energy_micro >= 0),
    service_micro INTEGER NOT NULL CHECK(typeof(service_micro) = 'integer' AND service_micro >= 0)
);

CREATE TABLE transfer(
    n INTEGER PRIMARY KEY,
    -- SHA-256 of what the transfer is for: the same thing cannot be credited twice.
    id BLOB NOT NULL CHECK(length(id) = 32),
    kind TEXT NOT NULL CHECK(kind IN ('funding', 'energy', 'service', 'voucher', 'availability', 'repayment', 'reversal', 'recovery', 'payout', 'paid', 'returned')),
    state TEXT NOT NULL CHECK(state IN ('pending', 'posted', 'voided')),
    debit INTEGER NOT NULL REFERENCES account(id),
    credit INTEGER NOT NULL REFERENCES account(id),
    amount_micro INTEGER NOT NULL CHECK(typeof(amount_micro) = 'integer' AND amount_micro > 0),
    -- What earned it, null for all that follows from something else.
    segment INTEGER NULL REFERENCES segment(id),
    -- By which document, loan, month, transfer or payout; null for credit of a segment.
    reference TEXT NULL,
    made_ms INTEGER NOT NULL CHECK(typeof(made_ms) = 'integer'),
    -- When it was posted or voided: with it, the balance of any moment can be told.
    settled_ms INTEGER NULL CHECK(typeof(settled_ms) IN ('integer', 'null')),
    CHECK((state = 'pending') = (settled_ms IS NULL)),
    CHECK(debit <> credit),
    CHECK((kind IN ('energy', 'service')) = (segment IS NOT NULL)),
    CHECK((segment IS NULL) = (reference IS NOT NULL)),
    -- Only credit waits for the long checks.
    CHECK(kind IN ('energy', 'service') OR state <> 'pending')
);

CREATE UNIQUE INDEX transfer_by_id ON transfer(id);
-- A segment's transfers are found by those who share it: one index less on the hot path.
CREATE INDEX transfer_by_credit ON transfer(credit, segment);
CREATE INDEX transfer_of_no_segment ON transfer(debit, kind) WHERE segment IS NULL;
CREATE INDEX transfer_by_reference ON transfer(reference) WHERE reference IS NOT NULL;
CREATE INDEX transfer_pending ON transfer(kind, made_ms) WHERE state = 'pending';

CREATE TRIGGER transfer_moves_balances AFTER INSERT ON transfer WHEN NEW.state = 'pending'
BEGIN
    UPDATE account SET pending_micro = pending_micro - NEW.amount_micro WHERE id = NEW.debit;
    UPDATE account SET pending_micro = pending_micro + NEW.amount_micro WHERE id = NEW.credit;
END;

CREATE TRIGGER transfer_moves_posted_balances AFTER INSERT ON transfer WHEN NEW.state = 'posted'
BEGIN
    UPDATE account SET posted_micro = posted_micro - NEW.amount_micro WHERE id = NEW.debit;
    UPDATE account SET posted_micro = posted_micro + NEW.amount_micro WHERE id = NEW.credit;
END;

CREATE TRIGGER transfer_is_never_edited BEFORE UPDATE ON transfer
WHEN NEW.n IS NOT OLD.n OR NEW.id IS NOT OLD.id OR NEW.kind IS NOT OLD.kind OR NEW.debit IS NOT OLD.debit OR NEW.credit IS NOT OLD.credit
    OR NEW.amount_micro IS NOT OLD.amount_micro OR NEW.segment IS NOT OLD.segment OR NEW.reference IS NOT OLD.reference OR NEW.made_ms IS NOT OLD.made_ms
    OR OLD.state <> 'pending' OR NEW.state NOT IN ('posted', 'voided') OR NEW.settled_ms < OLD.made_ms
BEGIN
    SELECT RAISE(ABORT, 'a transfer is never edited: only pending becomes posted or voided');
END;

CREATE TRIGGER transfer_is_posted AFTER UPDATE OF state ON transfer WHEN NEW.state = 'posted'
BEGIN
    UPDATE account SET pending_micro = pending_micro + NEW.amount_micro, posted_micro = posted_micro - NEW.amount_micro WHERE id = NEW.debit;
    UPDATE account SET pending_micro = pending_micro - NEW.amount_micro, posted_micro = posted_micro + NEW.amount_micro WHERE id = NEW.credit;
END;

CREATE TRIGGER transfer_is_voided AFTER UPDATE OF state ON transfer WHEN NEW.state = 'voided'
BEGIN
    UPDATE account SET pending_micro = pending_micro + NEW.amount_micro WHERE id = NEW.debit;
    UPDATE account SET pending_micro = pending_micro - NEW.amount_micro WHERE id = NEW.credit;
END;

CREATE TRIGGER transfer_is_never_deleted BEFORE DELETE ON transfer
BEGIN
    SELECT RAISE(ABORT, 'a transfer is never deleted');
END;

CREATE TRIGGER account_is_never_deleted BEFORE DELETE ON account
BEGIN
    SELECT RAISE(ABORT, 'an account is never deleted');
END;

CREATE TRIGGER account_opens_empty BEFORE INSERT ON account WHEN NEW.pending_micro <> 0 OR NEW.posted_micro <> 0 OR NEW.owed_micro <> 0
BEGIN
    SELECT RAISE(ABORT, 'an account opens empty: only transfers move balances');
END;

CREATE TRIGGER segment_is_never_edited BEFORE UPDATE ON segment
BEGIN
    SELECT RAISE(ABORT, 'a segment is never edited: transfers were made from it');
END;

CREATE TRIGGER segment_is_never_deleted BEFORE DELETE ON segment
BEGIN
    SELECT RAISE(ABORT, 'a segment is never deleted: transfers were made from it');
END;

INSERT INTO transfer(id, kind, state, debit, credit, amount_micro, reference, made_ms, settled_ms) SELECT id, 'funding', 'posted', 1, 2, amount_micro, reference, made_ms, made_ms FROM funding_kept;
DROP TABLE funding_kept;

-- Segments whose credit waits for funds, oldest first.
CREATE TABLE unfunded(
    segment INTEGER PRIMARY KEY REFERENCES segment(id),
    -- Earning readings in it.
    readings INTEGER NOT NULL CHECK(readings > 0)
);

-- Posted credit that a reversal took back, and what of it the balance did not hold.
CREATE TABLE reversed(
    transfer INTEGER PRIMARY KEY REFERENCES transfer(n),
    owed_micro INTEGER NOT NULL CHECK(typeof(owed_micro) = 'integer' AND owed_micro >= 0)
);

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
    -- JSON: [{first, count, outcome, name, figures, uncreditedMilliwattHours, decision}], null when every reading is simply credited.
    detail TEXT NULL,
    -- Readings among the held ones that wait for funds alone; detail does not list them.
    unfunded INTEGER NOT NULL DEFAULT 0 CHECK(unfunded BETWEEN 0 AND held),
    CHECK(credited + held + refused = readings)
);

CREATE INDEX verdict_by_node ON verdict(node, batch);
CREATE INDEX verdict_not_credited ON verdict(batch) WHERE held + refused > 0;

-- Runs of readings that wait for a decision.
CREATE TABLE hold(
    -- batch * 128 + number of its first reading.
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL REFERENCES batch(id),
    node INTEGER NOT NULL REFERENCES node(id),
    name TEXT NOT NULL,
    readings INTEGER NOT NULL CHECK(readings > 0),
    creditable_mwh INTEGER NOT NULL,
    served_seconds INTEGER NOT NULL,
    -- JSON: [mWh, seconds, mWh, seconds, …] of each reading, as it would earn.
    parts TEXT NOT NULL,
    made_ms INTEGER NOT NULL CHECK(typeof(made_ms) = 'integer'),
    -- When it is decided by itself; null for what stays until a visit.
    deadline_ms INTEGER NULL,
    state TEXT NOT NULL DEFAULT 'open' CHECK(state IN ('open', 'released', 'refused'))
);

CREATE INDEX hold_open ON hold(node, name) WHERE state = 'open';
CREATE INDEX hold_due ON hold(deadline_ms) WHERE state = 'open' AND deadline_ms IS NOT NULL;

CREATE TRIGGER hold_is_decided_once BEFORE UPDATE ON hold WHEN OLD.state <> 'open' OR NEW.state = 'open'
BEGIN
    SELECT RAISE(ABORT, 'a hold is decided once');
END;

-- What judging a node's next batch needs of all before; see StateBytes.
CREATE TABLE verdict_state(
    node INTEGER PRIMARY KEY REFERENCES node(id),
    state BLOB NOT NULL CHECK(length(state) <= 512)
);

-- Something about a node that a person has to look at, beside what is held.
CREATE TABLE review(
    id INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES node(id),
    kind TEXT NOT NULL CHECK(kind IN ('clone', 'neighbours')),
    evidence TEXT NOT NULL,
    opened_ms INTEGER NOT NULL CHECK(typeof(opened_ms) = 'integer'),
    deadline_ms INTEGER NOT NULL,
    closed_ms INTEGER NULL,
    closed_by TEXT NULL,
    reason TEXT NULL
);

CREATE UNIQUE INDEX review_open ON review(node, kind) WHERE closed_ms IS NULL;

-- What a node served in a month and what of it was earned, after the last settlement.
CREATE TABLE availability(
    node INTEGER NOT NULL REFERENCES node(id),
    -- Months since year 0: year * 12 + month - 1.
    month INTEGER NOT NULL,
    served_seconds INTEGER NOT NULL,
    expected_seconds INTEGER NOT NULL,
    service_micro INTEGER NOT NULL,
    earned_micro INTEGER NOT NULL,
    PRIMARY KEY(node, month)
);

-- Where an account's money is sent; the latest one that took effect counts.
CREATE TABLE payee(
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account(id),
    phone TEXT NOT NULL,
    from_ms INTEGER NOT NULL CHECK(typeof(from_ms) = 'integer')
);

CREATE INDEX payee_by_account ON payee(account, from_ms);

CREATE TABLE payout_run(
    id INTEGER PRIMARY KEY,
    made_ms INTEGER NOT NULL,
    by TEXT NOT NULL
);

-- One person's money in one run. Its reference stays the same until it is paid or returned.
CREATE TABLE payout(
    reference TEXT PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES payout_run(id),
    account INTEGER NOT NULL REFERENCES account(id),
    phone TEXT NOT NULL,
    amount_micro INTEGER NOT NULL CHECK(typeof(amount_micro) = 'integer' AND amount_micro > 0),
    state TEXT NOT NULL DEFAULT 'sent' CHECK(state IN ('sent', 'unknown', 'paid', 'failed')),
    result_ms INTEGER NULL
);

CREATE INDEX payout_open ON payout(account) WHERE state IN ('sent', 'unknown');

CREATE TRIGGER payout_ends_once BEFORE UPDATE ON payout
WHEN OLD.state IN ('paid', 'failed') OR NEW.reference <> OLD.reference OR NEW.amount_micro <> OLD.amount_micro OR NEW.account <> OLD.account OR NEW.phone <> OLD.phone
BEGIN
    SELECT RAISE(ABORT, 'a payout that was paid or failed is never changed');
END;
