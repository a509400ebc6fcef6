-- Of its own, so that hearing of a node changes nothing that an index looks at: a row then stays in its page, and no index gets a new entry for it.
ALTER TABLE node_overview ADD COLUMN is_new BIGINT NOT NULL DEFAULT 1;
UPDATE node_overview SET is_new = 0 WHERE heard_ms > 0;
DROP INDEX node_overview_new;
CREATE INDEX node_overview_new ON node_overview(node) WHERE is_new = 1;

-- Rows that change with every batch need room in their pages for that.
ALTER TABLE node_overview SET (fillfactor = 80);
ALTER TABLE chain SET (fillfactor = 80);
ALTER TABLE verdict_state SET (fillfactor = 80);
ALTER TABLE account SET (fillfactor = 80);
