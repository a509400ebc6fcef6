-- A phone number and a name of who is paid can be forgotten once the money arrived; everything else of a payout and of a change stays as it was.
DROP TRIGGER payout_ends_once;

CREATE TRIGGER payout_ends_once BEFORE UPDATE ON payout
WHEN (OLD.state IN ('paid', 'failed') AND (NEW.state <> OLD.state OR coalesce(NEW.result_ms, -1) <> coalesce(OLD.result_ms, -1) OR NEW.phone <> 'erased'))
    OR NEW.reference <> OLD.reference OR NEW.run <> OLD.run OR NEW.amount_micro <> OLD.amount_micro OR NEW.account <> OLD.account OR (NEW.phone <> OLD.phone AND NEW.phone <> 'erased')
BEGIN
    SELECT RAISE(ABORT, 'a payout that was paid or failed is never changed');
END;

DROP TRIGGER change_is_decided_once;

CREATE TRIGGER change_is_decided_once BEFORE UPDATE ON change
WHEN (OLD.state <> 'proposed' AND (NEW.state <> OLD.state OR coalesce(NEW.decided_by, '') <> coalesce(OLD.decided_by, '') OR coalesce(NEW.decided_ms, -1) <> coalesce(OLD.decided_ms, -1)
        OR NOT (OLD.kind = 'payee' AND json_extract(NEW.content, '$.phone') = 'erased')))
    OR NEW.kind <> OLD.kind OR NEW.reason <> OLD.reason OR NEW.proposed_by <> OLD.proposed_by OR NEW.proposed_ms <> OLD.proposed_ms
    OR (NEW.content <> OLD.content AND NOT (OLD.kind = 'payee' AND json_extract(NEW.content, '$.phone') = 'erased' AND json_extract(NEW.content, '$.account') = json_extract(OLD.content, '$.account')))
BEGIN
    SELECT RAISE(ABORT, 'a proposed change is approved or withdrawn once and never edited');
END;
