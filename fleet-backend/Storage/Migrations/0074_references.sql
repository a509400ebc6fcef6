-- What others refer to stays; segments, accounts, agreements and tariffs do already.
CREATE TRIGGER node_stays BEFORE DELETE ON node BEGIN SELECT RAISE(ABORT, 'a node is never deleted: retire it'); END;
CREATE TRIGGER pairing_stays BEFORE DELETE ON pairing BEGIN SELECT RAISE(ABORT, 'a pairing is never deleted: end it'); END;
CREATE TRIGGER batch_stays BEFORE DELETE ON batch BEGIN SELECT RAISE(ABORT, 'a batch is never deleted: its signed bytes may go to an archive'); END;
CREATE TRIGGER node_keeps_its_number BEFORE UPDATE OF id ON node BEGIN SELECT RAISE(ABORT, 'a node keeps its number'); END;
CREATE TRIGGER pairing_keeps_its_number BEFORE UPDATE OF id ON pairing BEGIN SELECT RAISE(ABORT, 'a pairing keeps its number'); END;
CREATE TRIGGER batch_keeps_its_number BEFORE UPDATE OF id ON batch BEGIN SELECT RAISE(ABORT, 'a batch keeps its number'); END;
CREATE TRIGGER account_keeps_its_number BEFORE UPDATE OF id ON account BEGIN SELECT RAISE(ABORT, 'an account keeps its number'); END;
