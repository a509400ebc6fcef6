-- Labels that were replaced: who shows one is told so, and pairs nothing with it.
CREATE TABLE replaced_claim(
    hash BLOB PRIMARY KEY CHECK(length(hash) = 32),
    node INTEGER NOT NULL REFERENCES node(id),
    replaced_ms INTEGER NOT NULL CHECK(typeof(replaced_ms) = 'integer')
);

CREATE INDEX replaced_claim_by_node ON replaced_claim(node);

CREATE TRIGGER claim_is_replaced AFTER UPDATE OF hash ON claim WHEN NEW.hash <> OLD.hash
BEGIN
    INSERT INTO replaced_claim(hash, node, replaced_ms) VALUES(OLD.hash, OLD.node, NEW.made_ms);
END;
