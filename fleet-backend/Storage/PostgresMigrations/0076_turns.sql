-- From here on ingest has a turn of its own to write (Storage/Database.cs). An older version knows one turn for all: beside this one it would commit batches out of the order of
-- their ids, and whoever follows them would miss some. So it must not start on this schema, nor run on while this one starts.
COMMENT ON TABLE batch IS 'written in the turn of ingest';
COMMENT ON TABLE batch_message IS 'written in the turn of ingest';
COMMENT ON TABLE chain IS 'written in the turn of ingest';
COMMENT ON TABLE gap IS 'written in the turn of ingest';
COMMENT ON TABLE evidence IS 'written in the turn of ingest';
COMMENT ON TABLE quarantine IS 'written in the turn of ingest';
