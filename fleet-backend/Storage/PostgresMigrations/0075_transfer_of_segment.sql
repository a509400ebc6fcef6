-- The ids of transfers are hashes: in an index of their own each falls into another page, which a large ledger reads from the disk and writes back for one entry.
-- An id is a hash over the payload of its segment's batch and the segment's number, so it can meet itself only within one segment: looked at there, entries follow one another.
DROP INDEX transfer_by_id;
CREATE UNIQUE INDEX transfer_of_segment ON transfer(segment, id) WHERE segment IS NOT NULL;
CREATE UNIQUE INDEX transfer_by_id ON transfer(id) WHERE segment IS NULL;
