-- Nodes that an open wave has still to take in: a large one takes them in several transactions.
ALTER TABLE rollout_wave ADD COLUMN to_take INTEGER NOT NULL DEFAULT 0;
