-- Hashes fall anywhere: each batch wrote into another page of this index, which a large fleet reads from the disk for it. Who has a hash has the node and the sequence too,
-- and batch_by_place finds those.
DROP INDEX batch_by_payload;
