-- Of its own, so that hearing of a node changes nothing that an index looks at.
ALTER TABLE node_overview ADD COLUMN is_new INTEGER NOT NULL DEFAULT 1;
UPDATE node_overview SET is_new = 0 WHERE heard_ms > 0;
DROP INDEX node_overview_new;
CREATE INDEX node_overview_new ON node_overview(node) WHERE is_new = 1;
