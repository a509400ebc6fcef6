-- The last checkpoint that outside witnesses signed beside the log, with their signatures; null where none did.
ALTER TABLE log_head ADD COLUMN cosigned TEXT NULL;
