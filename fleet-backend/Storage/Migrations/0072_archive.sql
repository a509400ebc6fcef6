-- The signed bytes stand apart from the rows that the books refer to: they are most of a batch, and may go to an archive.
CREATE TABLE batch_message(
    batch INTEGER PRIMARY KEY REFERENCES batch(id),
    message BLOB NOT NULL
);

INSERT INTO batch_message(batch, message) SELECT id, message FROM batch ORDER BY id;

ALTER TABLE batch DROP COLUMN message;

-- Files that hold signed bytes. Each goes on where the one before ended; a batch of an archive may have its bytes here too, while somebody may need them.
CREATE TABLE archive(
    first_batch INTEGER PRIMARY KEY CHECK(typeof(first_batch) = 'integer'),
    last_batch INTEGER NOT NULL CHECK(last_batch >= first_batch),
    file TEXT NOT NULL UNIQUE,
    sha256 TEXT NOT NULL CHECK(length(sha256) = 64),
    bytes INTEGER NOT NULL,
    batches INTEGER NOT NULL,
    first_arrived_ms INTEGER NOT NULL,
    last_arrived_ms INTEGER NOT NULL,
    made_ms INTEGER NOT NULL
);

CREATE TRIGGER archive_is_never_edited BEFORE UPDATE ON archive
BEGIN
    SELECT RAISE(ABORT, 'an archive is never edited');
END;

CREATE TRIGGER archive_is_never_deleted BEFORE DELETE ON archive
BEGIN
    SELECT RAISE(ABORT, 'an archive is never forgotten: it alone holds what it names');
END;

CREATE TRIGGER batch_message_is_never_edited BEFORE UPDATE ON batch_message
BEGIN
    SELECT RAISE(ABORT, 'what was signed is never edited');
END;

CREATE TRIGGER batch_message_goes_to_an_archive BEFORE DELETE ON batch_message
WHEN NOT EXISTS(SELECT 1 FROM archive WHERE OLD.batch BETWEEN first_batch AND last_batch)
BEGIN
    SELECT RAISE(ABORT, 'what was signed goes only when an archive holds it');
END;
