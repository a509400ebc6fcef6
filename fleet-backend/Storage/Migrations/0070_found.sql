-- What lists of nodes are searched for, by any three letters in a row: id, site, operator, capital builder and board. The triggers keep it.
CREATE VIRTUAL TABLE node_text USING fts5(words, content = '', tokenize = 'trigram');

INSERT INTO node_text(rowid, words) SELECT node, node_id || ' ' || place || ' ' || operator || ' ' || capital_builder || ' ' || board_serial FROM node_overview;

CREATE TRIGGER overview_is_found AFTER INSERT ON node_overview
BEGIN
    INSERT INTO node_text(rowid, words) VALUES(NEW.node, NEW.node_id || ' ' || NEW.place || ' ' || NEW.operator || ' ' || NEW.capital_builder || ' ' || NEW.board_serial);
END;

CREATE TRIGGER overview_change_is_found AFTER UPDATE OF place, operator, capital_builder, board_serial ON node_overview
WHEN (NEW.place, NEW.operator, NEW.capital_builder, NEW.board_serial) IS NOT (OLD.place, OLD.operator, OLD.capital_builder, OLD.board_serial)
BEGIN
    INSERT INTO node_text(node_text, rowid, words) VALUES('delete', OLD.node, OLD.node_id || ' ' || OLD.place || ' ' || OLD.operator || ' ' || OLD.capital_builder || ' ' || OLD.board_serial);
    INSERT INTO node_text(rowid, words) VALUES(NEW.node, NEW.node_id || ' ' || NEW.place || ' ' || NEW.operator || ' ' || NEW.capital_builder || ' ' || NEW.board_serial);
END;

CREATE INDEX node_overview_new ON node_overview(node) WHERE heard_ms = 0;
CREATE INDEX node_overview_spare ON node_overview(node) WHERE latitude IS NULL;
