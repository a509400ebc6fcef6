-- The signed bytes stand apart from the rows that the books refer to: they are most of a batch, and may go to an archive. Ids rise with time, so a partition is a time, and
-- what is archived goes with it as a whole. No foreign key: one statement writes both rows under one id, and looking each of them up again costs 20 microseconds a batch.
CREATE TABLE batch_message(
    batch BIGINT NOT NULL,
    message BYTEA NOT NULL,
    CONSTRAINT batch_message_pkey PRIMARY KEY(batch)
) PARTITION BY RANGE(batch);

-- Takes what no other partition does, so that nothing is refused for want of one; and the few bytes that somebody needs still of a partition that went.
CREATE TABLE batch_message_rest PARTITION OF batch_message DEFAULT;

-- Makes the partitions for these batches where they are missing, of 4,194,304 ids each; how many. A range of which rows are in the rest stays there.
CREATE FUNCTION keep_message_partitions(first_batch BIGINT, last_batch BIGINT) RETURNS BIGINT LANGUAGE plpgsql AS $$
DECLARE
    width CONSTANT BIGINT := 4194304;
    made BIGINT := 0;
    part TEXT;
BEGIN
    FOR n IN first_batch / width .. last_batch / width LOOP
        part := 'batch_message_' || lpad(n::text, 6, '0');
        CONTINUE WHEN to_regclass(part) IS NOT NULL OR EXISTS(SELECT FROM batch_message_rest WHERE batch >= n * width AND batch < (n + 1) * width);
        -- In two steps: a table that is made as a partition locks readers out of all others, one that is attached only those of the rest.
        EXECUTE format('CREATE TABLE %I(LIKE batch_message INCLUDING ALL)', part);
        EXECUTE format('ALTER TABLE batch_message ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', part, n * width, (n + 1) * width);
        made := made + 1;
    END LOOP;

    RETURN made;
END $$;

SELECT keep_message_partitions(coalesce(min(id), 0), coalesce(max(id), 0)) FROM batch;
INSERT INTO batch_message(batch, message) SELECT id, message FROM batch ORDER BY id;
ALTER TABLE batch DROP COLUMN message;

-- Files that hold signed bytes. Each goes on where the one before ended; a batch of an archive may have its bytes here too, while somebody may need them.
CREATE TABLE archive(
    first_batch BIGINT PRIMARY KEY,
    last_batch BIGINT NOT NULL CHECK(last_batch >= first_batch),
    file TEXT COLLATE "C" NOT NULL UNIQUE,
    sha256 TEXT COLLATE "C" NOT NULL CHECK(length(sha256) = 64),
    bytes BIGINT NOT NULL,
    batches BIGINT NOT NULL,
    first_arrived_ms BIGINT NOT NULL,
    last_arrived_ms BIGINT NOT NULL,
    made_ms BIGINT NOT NULL
);

CREATE FUNCTION refuse_unless_archived() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS(SELECT FROM archive WHERE OLD.batch BETWEEN first_batch AND last_batch) THEN
        RAISE EXCEPTION 'what was signed goes only when an archive holds it' USING ERRCODE = 'integrity_constraint_violation';
    END IF;

    RETURN OLD;
END $$;

CREATE TRIGGER archive_is_never_edited BEFORE UPDATE ON archive FOR EACH ROW EXECUTE FUNCTION refuse('an archive is never edited');
CREATE TRIGGER archive_is_never_deleted BEFORE DELETE ON archive FOR EACH ROW EXECUTE FUNCTION refuse('an archive is never forgotten: it alone holds what it names');
CREATE TRIGGER batch_message_is_never_edited BEFORE UPDATE ON batch_message FOR EACH ROW EXECUTE FUNCTION refuse('what was signed is never edited');
CREATE TRIGGER batch_message_goes_to_an_archive BEFORE DELETE ON batch_message FOR EACH ROW EXECUTE FUNCTION refuse_unless_archived();
