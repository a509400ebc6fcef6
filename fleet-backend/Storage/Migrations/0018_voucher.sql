-- A voucher for Wi-Fi use, sold or given away by whoever funds the fleet; only the hash of its code is kept.
CREATE TABLE voucher(
    code_hash BLOB PRIMARY KEY CHECK(length(code_hash) = 32),
    made_ms INTEGER NOT NULL CHECK(typeof(made_ms) = 'integer'),
    by TEXT NOT NULL,
    node INTEGER NULL REFERENCES node(id),
    redeemed_ms INTEGER NULL,
    CHECK((node IS NULL) = (redeemed_ms IS NULL))
);

CREATE TRIGGER voucher_is_redeemed_once BEFORE UPDATE ON voucher WHEN OLD.node IS NOT NULL OR NEW.code_hash <> OLD.code_hash
BEGIN
    SELECT RAISE(ABORT, 'a voucher is redeemed once');
END;
