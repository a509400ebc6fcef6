-- Terms with all who share. What stood before keeps its shares.
CREATE TABLE agreement_of_four(
    id INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES node(id),
    from_unix INTEGER NOT NULL CHECK(typeof(from_unix) = 'integer'),
    operator_basis_points INTEGER NOT NULL CHECK(typeof(operator_basis_points) = 'integer' AND operator_basis_points >= 0),
    capital_builder_basis_points INTEGER NOT NULL CHECK(typeof(capital_builder_basis_points) = 'integer' AND capital_builder_basis_points >= 0),
    manager_basis_points INTEGER NOT NULL CHECK(typeof(manager_basis_points) = 'integer' AND manager_basis_points >= 0),
    reserve_basis_points INTEGER NOT NULL CHECK(typeof(reserve_basis_points) = 'integer' AND reserve_basis_points >= 0),
    -- Who keeps a region's nodes supplied; null where nobody has a share as such.
    manager TEXT NULL,
    CHECK(operator_basis_points + capital_builder_basis_points + manager_basis_points + reserve_basis_points = 10000),
    CHECK(manager IS NOT NULL OR manager_basis_points = 0)
);

INSERT INTO agreement_of_four(id, node, from_unix, operator_basis_points, capital_builder_basis_points, manager_basis_points, reserve_basis_points)
SELECT id, node, from_unix, operator_basis_points, capital_builder_basis_points, 0, 0 FROM agreement;

DROP TABLE agreement;
ALTER TABLE agreement_of_four RENAME TO agreement;
CREATE UNIQUE INDEX agreement_by_node ON agreement(node, from_unix);

CREATE TRIGGER agreement_is_never_edited BEFORE UPDATE ON agreement
BEGIN
    SELECT RAISE(ABORT, 'an agreement is never edited: store its next version');
END;

CREATE TRIGGER agreement_is_never_deleted BEFORE DELETE ON agreement
BEGIN
    SELECT RAISE(ABORT, 'an agreement is never deleted: what it shared goes by it');
END;

CREATE TRIGGER agreement_begins AFTER INSERT ON agreement
BEGIN
    UPDATE book SET terms_version = terms_version + 1;
    INSERT INTO account(name) SELECT 'manager:' || NEW.manager WHERE NEW.manager IS NOT NULL AND NOT EXISTS(SELECT 1 FROM account WHERE name = 'manager:' || NEW.manager);
END;

ALTER TABLE tariff ADD COLUMN micro_per_voucher INTEGER NOT NULL DEFAULT 0 CHECK(micro_per_voucher >= 0);

-- Money lent for a node, repaid out of the operator's part as it is posted.
CREATE TABLE loan(
    id INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES node(id),
    lender TEXT NOT NULL,
    from_unix INTEGER NOT NULL CHECK(typeof(from_unix) = 'integer'),
    principal_micro INTEGER NOT NULL CHECK(typeof(principal_micro) = 'integer' AND principal_micro > 0),
    -- Share of the operator's part.
    basis_points INTEGER NOT NULL CHECK(basis_points BETWEEN 1 AND 10000),
    -- What the schedule expects in a month of 30 days; less repaid is behind, more ahead.
    monthly_micro INTEGER NOT NULL CHECK(typeof(monthly_micro) = 'integer' AND monthly_micro > 0),
    repaid_micro INTEGER NOT NULL DEFAULT 0 CHECK(typeof(repaid_micro) = 'integer' AND repaid_micro BETWEEN 0 AND principal_micro)
);

CREATE UNIQUE INDEX loan_open ON loan(node) WHERE repaid_micro < principal_micro;

CREATE TRIGGER loan_opens_an_account AFTER INSERT ON loan
BEGIN
    INSERT INTO account(name) SELECT 'lender:' || NEW.lender WHERE NOT EXISTS(SELECT 1 FROM account WHERE name = 'lender:' || NEW.lender);
END;

CREATE TRIGGER loan_terms_are_never_edited BEFORE UPDATE ON loan
WHEN NEW.node <> OLD.node OR NEW.lender <> OLD.lender OR NEW.from_unix <> OLD.from_unix OR NEW.principal_micro <> OLD.principal_micro
    OR NEW.basis_points <> OLD.basis_points OR NEW.monthly_micro <> OLD.monthly_micro OR NEW.repaid_micro < OLD.repaid_micro
BEGIN
    SELECT RAISE(ABORT, 'a loan is only ever repaid');
END;

-- Time for which a node's infrastructure was down on schedule: it does not count against the operator.
CREATE TABLE downtime(
    id INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES node(id),
    from_unix INTEGER NOT NULL CHECK(typeof(from_unix) = 'integer'),
    to_unix INTEGER NOT NULL CHECK(typeof(to_unix) = 'integer' AND to_unix > from_unix),
    reason TEXT NOT NULL,
    by TEXT NOT NULL
);

CREATE INDEX downtime_by_node ON downtime(node, from_unix);
