-- What SQLite's SQL has and this database lacks, so that one text serves both.
CREATE FUNCTION hex(bytes BYTEA) RETURNS TEXT LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN upper(encode(bytes, 'hex'));

-- The larger and the smaller of two, null where one is.
CREATE FUNCTION max(one BIGINT, other BIGINT) RETURNS BIGINT LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN CASE WHEN one >= other THEN one ELSE other END;

CREATE FUNCTION min(one BIGINT, other BIGINT) RETURNS BIGINT LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN CASE WHEN one <= other THEN one ELSE other END;

-- The text at a path such as $.name or $.name[2].other; null where there is none. Numbers come as their digits.
CREATE FUNCTION json_extract(document TEXT, path TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN jsonb_path_query_first(document::jsonb, path::jsonpath) #>> '{}';

CREATE FUNCTION joined(so_far TEXT, next TEXT) RETURNS TEXT LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN so_far IS NULL THEN next WHEN next IS NULL THEN so_far ELSE so_far || ',' || next END;

CREATE AGGREGATE group_concat(TEXT) (SFUNC = joined, STYPE = TEXT);

-- What is never to happen, with the reason as the trigger's argument.
CREATE FUNCTION refuse() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER agreement_is_never_edited BEFORE UPDATE ON agreement FOR EACH ROW EXECUTE FUNCTION refuse('an agreement is never edited: store its next version');
CREATE TRIGGER agreement_is_never_deleted BEFORE DELETE ON agreement FOR EACH ROW EXECUTE FUNCTION refuse('an agreement is never deleted: what it shared goes by it');
CREATE TRIGGER tariff_is_never_edited BEFORE UPDATE ON tariff FOR EACH ROW EXECUTE FUNCTION refuse('a tariff is never edited: store its next version');
CREATE TRIGGER tariff_is_never_deleted BEFORE DELETE ON tariff FOR EACH ROW EXECUTE FUNCTION refuse('a tariff is never deleted: what it credited goes by it');
CREATE TRIGGER event_is_never_edited BEFORE UPDATE ON event FOR EACH ROW EXECUTE FUNCTION refuse('an event is never edited: record what followed it');
CREATE TRIGGER event_is_never_deleted BEFORE DELETE ON event FOR EACH ROW EXECUTE FUNCTION refuse('an event is never deleted');
CREATE TRIGGER loan_terms_are_never_edited BEFORE UPDATE ON loan FOR EACH ROW
WHEN (NEW.node <> OLD.node OR NEW.lender <> OLD.lender OR NEW.from_unix <> OLD.from_unix OR NEW.principal_micro <> OLD.principal_micro
    OR NEW.basis_points <> OLD.basis_points OR NEW.monthly_micro <> OLD.monthly_micro OR NEW.repaid_micro < OLD.repaid_micro)
EXECUTE FUNCTION refuse('a loan is only ever repaid');
CREATE TRIGGER transfer_is_never_edited BEFORE UPDATE ON transfer FOR EACH ROW
WHEN (NEW.n <> OLD.n OR NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.debit <> OLD.debit OR NEW.credit <> OLD.credit
    OR NEW.amount_micro <> OLD.amount_micro OR NEW.segment IS DISTINCT FROM OLD.segment OR NEW.reference IS DISTINCT FROM OLD.reference OR NEW.made_ms <> OLD.made_ms
    OR OLD.state <> 'pending' OR NEW.state NOT IN ('posted', 'voided') OR NEW.settled_ms < OLD.made_ms)
EXECUTE FUNCTION refuse('a transfer is never edited: only pending becomes posted or voided');
CREATE TRIGGER transfer_is_never_deleted BEFORE DELETE ON transfer FOR EACH ROW EXECUTE FUNCTION refuse('a transfer is never deleted');
CREATE TRIGGER account_is_never_deleted BEFORE DELETE ON account FOR EACH ROW EXECUTE FUNCTION refuse('an account is never deleted');
CREATE TRIGGER account_opens_empty BEFORE INSERT ON account FOR EACH ROW WHEN (NEW.pending_micro <> 0 OR NEW.posted_micro <> 0 OR NEW.owed_micro <> 0)
EXECUTE FUNCTION refuse('an account opens empty: only transfers move balances');
CREATE TRIGGER segment_is_never_edited BEFORE UPDATE ON segment FOR EACH ROW EXECUTE FUNCTION refuse('a segment is never edited: transfers were made from it');
CREATE TRIGGER segment_is_never_deleted BEFORE DELETE ON segment FOR EACH ROW EXECUTE FUNCTION refuse('a segment is never deleted: transfers were made from it');
CREATE TRIGGER hold_is_decided_once BEFORE UPDATE ON hold FOR EACH ROW WHEN (OLD.state <> 'open' OR NEW.state = 'open') EXECUTE FUNCTION refuse('a hold is decided once');
CREATE TRIGGER payout_ends_once BEFORE UPDATE ON payout FOR EACH ROW
WHEN ((OLD.state IN ('paid', 'failed') AND (NEW.state <> OLD.state OR coalesce(NEW.result_ms, -1) <> coalesce(OLD.result_ms, -1) OR NEW.phone <> 'erased'))
    OR NEW.reference <> OLD.reference OR NEW.run <> OLD.run OR NEW.amount_micro <> OLD.amount_micro OR NEW.account <> OLD.account OR (NEW.phone <> OLD.phone AND NEW.phone <> 'erased'))
EXECUTE FUNCTION refuse('a payout that was paid or failed is never changed');
CREATE TRIGGER change_is_decided_once BEFORE UPDATE ON change FOR EACH ROW
WHEN ((OLD.state <> 'proposed' AND (NEW.state <> OLD.state OR coalesce(NEW.decided_by, '') <> coalesce(OLD.decided_by, '') OR coalesce(NEW.decided_ms, -1) <> coalesce(OLD.decided_ms, -1)
        OR NOT (OLD.kind = 'payee' AND coalesce(json_extract(NEW.content, '$.phone'), '') = 'erased')))
    OR NEW.kind <> OLD.kind OR NEW.reason <> OLD.reason OR NEW.proposed_by <> OLD.proposed_by OR NEW.proposed_ms <> OLD.proposed_ms
    OR (NEW.content <> OLD.content AND NOT (OLD.kind = 'payee' AND coalesce(json_extract(NEW.content, '$.phone'), '') = 'erased'
        AND json_extract(NEW.content, '$.account') IS NOT DISTINCT FROM json_extract(OLD.content, '$.account'))))
EXECUTE FUNCTION refuse('a proposed change is approved or withdrawn once and never edited');
CREATE TRIGGER log_entry_is_never_edited BEFORE UPDATE ON log_entry FOR EACH ROW EXECUTE FUNCTION refuse('the log only ever grows');
CREATE TRIGGER log_entry_is_never_deleted BEFORE DELETE ON log_entry FOR EACH ROW EXECUTE FUNCTION refuse('the log only ever grows');
CREATE TRIGGER log_never_shrinks BEFORE UPDATE ON log_head FOR EACH ROW WHEN (NEW.size < OLD.size) EXECUTE FUNCTION refuse('the log only ever grows');
CREATE TRIGGER voucher_is_redeemed_once BEFORE UPDATE ON voucher FOR EACH ROW WHEN (OLD.node IS NOT NULL OR NEW.code_hash <> OLD.code_hash)
EXECUTE FUNCTION refuse('a voucher is redeemed once');
CREATE TRIGGER production_run_is_never_edited BEFORE UPDATE ON production_run FOR EACH ROW EXECUTE FUNCTION refuse('a purchase is never edited: record another run');
CREATE TRIGGER registration_flag_is_never_deleted BEFORE DELETE ON registration_flag FOR EACH ROW EXECUTE FUNCTION refuse('a refusal is never forgotten');
CREATE TRIGGER link_is_used_once BEFORE UPDATE ON link FOR EACH ROW WHEN (OLD.used_ms IS NOT NULL) EXECUTE FUNCTION refuse('a link works once');
CREATE TRIGGER audit_is_never_edited BEFORE UPDATE ON audit FOR EACH ROW EXECUTE FUNCTION refuse('the audit log only ever grows');
CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse('the audit log only ever grows');
CREATE TRIGGER update_release_is_never_edited BEFORE UPDATE ON update_release FOR EACH ROW EXECUTE FUNCTION refuse('a release is never edited: sign another one');
CREATE TRIGGER update_release_is_never_deleted BEFORE DELETE ON update_release FOR EACH ROW EXECUTE FUNCTION refuse('a release is never deleted: recall it');
CREATE TRIGGER rollout_ends_once BEFORE UPDATE ON rollout FOR EACH ROW WHEN (OLD.state = 'stopped' OR (OLD.state = 'done' AND NEW.state <> 'stopped'))
EXECUTE FUNCTION refuse('a rollout that ended stays so');
CREATE TRIGGER rollout_is_never_deleted BEFORE DELETE ON rollout FOR EACH ROW EXECUTE FUNCTION refuse('a rollout is never deleted');
CREATE TRIGGER rollout_end_is_never_edited BEFORE UPDATE ON rollout_end FOR EACH ROW EXECUTE FUNCTION refuse('how an attempt ended stays');
CREATE TRIGGER api_write_is_never_edited BEFORE UPDATE ON api_write FOR EACH ROW
WHEN (OLD.status IS NOT NULL OR NEW.status IS NULL OR OLD.n <> NEW.n OR OLD.at_ms <> NEW.at_ms OR OLD.person <> NEW.person OR coalesce(OLD.token, 0) <> coalesce(NEW.token, 0)
    OR OLD.method <> NEW.method OR OLD.route <> NEW.route OR OLD.about <> NEW.about)
EXECUTE FUNCTION refuse('the list of writes only ever grows');
CREATE TRIGGER api_write_is_never_deleted BEFORE DELETE ON api_write FOR EACH ROW EXECUTE FUNCTION refuse('the list of writes only ever grows');

-- Transfers move balances, once for each account and statement: a booking writes thousands in one.
CREATE FUNCTION move_balances() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE account a SET pending_micro = a.pending_micro + moved.pending, posted_micro = a.posted_micro + moved.posted
    FROM (SELECT side.account, sum(side.pending)::bigint AS pending, sum(side.posted)::bigint AS posted
          FROM (SELECT debit AS account, CASE state WHEN 'pending' THEN -amount_micro ELSE 0 END AS pending, CASE state WHEN 'posted' THEN -amount_micro ELSE 0 END AS posted FROM added
                UNION ALL SELECT credit, CASE state WHEN 'pending' THEN amount_micro ELSE 0 END, CASE state WHEN 'posted' THEN amount_micro ELSE 0 END FROM added) side
          GROUP BY side.account) moved
    WHERE a.id = moved.account;
    RETURN NULL;
END $$;

CREATE TRIGGER transfer_moves_balances AFTER INSERT ON transfer REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION move_balances();

-- Only pending transfers change at all, and only to posted or voided.
CREATE FUNCTION settle_balances() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE account a SET pending_micro = a.pending_micro + moved.pending, posted_micro = a.posted_micro + moved.posted
    FROM (SELECT side.account, sum(side.pending)::bigint AS pending, sum(side.posted)::bigint AS posted
          FROM (SELECT debit AS account, amount_micro AS pending, CASE state WHEN 'posted' THEN -amount_micro ELSE 0 END AS posted FROM changed
                UNION ALL SELECT credit, -amount_micro, CASE state WHEN 'posted' THEN amount_micro ELSE 0 END FROM changed) side
          GROUP BY side.account) moved
    WHERE a.id = moved.account;
    RETURN NULL;
END $$;

CREATE TRIGGER transfer_is_settled AFTER UPDATE ON transfer REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION settle_balances();

-- People have their accounts from the pairing on: an empty statement answers why it is empty.
CREATE FUNCTION open_accounts() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO account(name) VALUES('operator:' || NEW.operator), ('builder:' || NEW.capital_builder) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER pairing_opens_accounts AFTER INSERT ON pairing FOR EACH ROW EXECUTE FUNCTION open_accounts();

CREATE FUNCTION open_manager_account() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO account(name) VALUES('manager:' || NEW.manager) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER agreement_opens_an_account AFTER INSERT ON agreement FOR EACH ROW WHEN (NEW.manager IS NOT NULL) EXECUTE FUNCTION open_manager_account();

CREATE FUNCTION open_lender_account() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO account(name) VALUES('lender:' || NEW.lender) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE TRIGGER loan_opens_an_account AFTER INSERT ON loan FOR EACH ROW EXECUTE FUNCTION open_lender_account();

-- Whatever judging goes by is read again when it changes.
CREATE FUNCTION change_terms() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE book SET terms_version = terms_version + 1;
    RETURN NULL;
END $$;

CREATE TRIGGER pairing_changes_terms AFTER INSERT OR UPDATE ON pairing FOR EACH ROW EXECUTE FUNCTION change_terms();
CREATE TRIGGER agreement_changes_terms AFTER INSERT ON agreement FOR EACH ROW EXECUTE FUNCTION change_terms();
CREATE TRIGGER tariff_changes_terms AFTER INSERT ON tariff FOR EACH ROW EXECUTE FUNCTION change_terms();
CREATE TRIGGER suspension_changes_terms AFTER INSERT OR UPDATE ON suspension FOR EACH ROW EXECUTE FUNCTION change_terms();
CREATE TRIGGER visit_changes_terms AFTER INSERT ON visit FOR EACH ROW EXECUTE FUNCTION change_terms();
CREATE TRIGGER firmware_release_changes_terms AFTER INSERT OR UPDATE ON firmware_release FOR EACH ROW EXECUTE FUNCTION change_terms();

-- Labels that were replaced: who shows one is told so.
CREATE FUNCTION keep_replaced_claim() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO replaced_claim(hash, node, replaced_ms) VALUES(OLD.hash, OLD.node, NEW.made_ms);
    RETURN NULL;
END $$;

CREATE TRIGGER claim_is_replaced AFTER UPDATE OF hash ON claim FOR EACH ROW WHEN (NEW.hash <> OLD.hash) EXECUTE FUNCTION keep_replaced_claim();

-- The overview is kept as it changes, so that nobody looks through batches.
CREATE FUNCTION overview_node() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO node_overview(node, node_id, profile) VALUES(NEW.id, NEW.node_id, NEW.profile);
    RETURN NULL;
END $$;

CREATE TRIGGER node_is_overviewed AFTER INSERT ON node FOR EACH ROW EXECUTE FUNCTION overview_node();

CREATE FUNCTION overview_pairing() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE node_overview SET (place, operator, capital_builder, latitude, longitude) =
        (SELECT coalesce(max(place), ''), coalesce(max(operator), ''), coalesce(max(capital_builder), ''), max(latitude), max(longitude) FROM pairing WHERE node = NEW.node AND to_unix IS NULL)
    WHERE node = NEW.node;
    RETURN NULL;
END $$;

CREATE TRIGGER pairing_is_overviewed AFTER INSERT OR UPDATE ON pairing FOR EACH ROW EXECUTE FUNCTION overview_pairing();

CREATE FUNCTION overview_suspension() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE node_overview SET is_suspended = (SELECT count(*) FROM (SELECT FROM suspension WHERE node = NEW.node AND to_ms IS NULL LIMIT 1) AS now) WHERE node = NEW.node;
    RETURN NULL;
END $$;

CREATE TRIGGER suspension_is_overviewed AFTER INSERT OR UPDATE ON suspension FOR EACH ROW EXECUTE FUNCTION overview_suspension();

CREATE FUNCTION overview_tickets() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE node_overview SET (tickets, due_ms, is_silent) =
        (SELECT count(*), min(due_ms), coalesce(max(CASE WHEN cause = 'silent' THEN 1 END), 0) FROM ticket WHERE node = NEW.node AND closed_ms IS NULL)
    WHERE node = NEW.node;
    RETURN NULL;
END $$;

CREATE TRIGGER ticket_is_overviewed AFTER INSERT OR UPDATE ON ticket FOR EACH ROW EXECUTE FUNCTION overview_tickets();

CREATE FUNCTION overview_hold() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE node_overview SET held = held + CASE WHEN NEW.state = 'open' THEN NEW.readings ELSE -NEW.readings END WHERE node = NEW.node;
    RETURN NULL;
END $$;

CREATE TRIGGER hold_is_overviewed AFTER INSERT ON hold FOR EACH ROW WHEN (NEW.state = 'open') EXECUTE FUNCTION overview_hold();
CREATE TRIGGER hold_decision_is_overviewed AFTER UPDATE OF state ON hold FOR EACH ROW WHEN (OLD.state = 'open' AND NEW.state <> 'open') EXECUTE FUNCTION overview_hold();

CREATE FUNCTION overview_firmware() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE node_overview SET firmware = coalesce(NEW.firmware, '') WHERE node = NEW.node;
    RETURN NULL;
END $$;

CREATE TRIGGER firmware_is_overviewed AFTER INSERT OR UPDATE OF firmware ON node_update FOR EACH ROW EXECUTE FUNCTION overview_firmware();

CREATE FUNCTION overview_registration() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE node_overview SET board_serial = NEW.board_serial, is_retired = CASE WHEN NEW.scrapped_ms IS NULL THEN 0 ELSE 1 END WHERE node = NEW.node;
    RETURN NULL;
END $$;

CREATE TRIGGER registration_is_overviewed AFTER INSERT OR UPDATE OF scrapped_ms ON registration FOR EACH ROW EXECUTE FUNCTION overview_registration();

-- Five weeks of hours are kept; a node's new day takes away what is older.
CREATE FUNCTION end_old_hours() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM node_hour WHERE node = NEW.node AND hour < (NEW.day - 35) * 24;
    RETURN NULL;
END $$;

CREATE TRIGGER node_day_ends_old_hours AFTER INSERT ON node_day FOR EACH ROW EXECUTE FUNCTION end_old_hours();

CREATE FUNCTION count_pairing() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO fleet_pairing(day, began) VALUES(NEW.from_unix / 86400, 1) ON CONFLICT(day) DO UPDATE SET began = fleet_pairing.began + 1;
    ELSIF OLD.to_unix IS NOT NULL THEN
        UPDATE fleet_pairing SET ended = ended - 1 WHERE day = OLD.to_unix / 86400;
    END IF;

    IF NEW.to_unix IS NOT NULL THEN
        INSERT INTO fleet_pairing(day, ended) VALUES(NEW.to_unix / 86400, 1) ON CONFLICT(day) DO UPDATE SET ended = fleet_pairing.ended + 1;
    END IF;

    RETURN NULL;
END $$;

CREATE TRIGGER pairing_is_counted AFTER INSERT ON pairing FOR EACH ROW EXECUTE FUNCTION count_pairing();
CREATE TRIGGER pairing_end_is_counted AFTER UPDATE OF to_unix ON pairing FOR EACH ROW WHEN (NEW.to_unix IS DISTINCT FROM OLD.to_unix) EXECUTE FUNCTION count_pairing();

-- What lists of nodes are searched for, by any three letters in a row: id, site, operator, capital builder and board.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX node_overview_words ON node_overview USING gin (lower((node_id || ' ' || place || ' ' || operator || ' ' || capital_builder || ' ' || board_serial) COLLATE "und-x-icu") gin_trgm_ops);

-- What stands at the beginning.
INSERT INTO account(id, name, may_owe) VALUES(1, 'funders', 1), (2, 'issued', 0), (3, 'reserve', 0), (4, 'payouts', 0), (5, 'paid', 0);
ALTER TABLE account ALTER COLUMN id RESTART WITH 6;
INSERT INTO book(id, cursor, terms_version) VALUES(1, 0, 0);
INSERT INTO log_head(id, size, batch, transfer, event) VALUES(1, 0, 0, 0, 0);
INSERT INTO notice_cursor(source, at) VALUES('ticket', 0), ('overdue', 0), ('event', 0);
