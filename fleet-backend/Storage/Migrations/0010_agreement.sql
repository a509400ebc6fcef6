-- Who shares a node's credit, in basis points, from a second on; never edited, the next version follows it.
CREATE TABLE agreement(
    id INTEGER PRIMARY KEY,
    node INTEGER NOT NULL REFERENCES node(id),
    from_unix INTEGER NOT NULL CHECK(typeof(from_unix) = 'integer'),
    operator_basis_points INTEGER NOT NULL CHECK(typeof(operator_basis_points) = 'integer'),
    capital_builder_basis_points INTEGER NOT NULL CHECK(typeof(capital_builder_basis_points) = 'integer'),
    CHECK(operator_basis_points >= 0 AND capital_builder_basis_points >= 0 AND operator_basis_points + capital_builder_basis_points = 10000)
);

CREATE UNIQUE INDEX agreement_by_node ON agreement(node, from_unix);

-- What energy and service of a profile earn, from a second on; never edited, the next version follows it.
CREATE TABLE tariff(
    id INTEGER PRIMARY KEY,
    profile INTEGER NOT NULL CHECK(typeof(profile) = 'integer'),
    from_unix INTEGER NOT NULL CHECK(typeof(from_unix) = 'integer'),
    micro_per_kwh INTEGER NOT NULL CHECK(typeof(micro_per_kwh) = 'integer' AND micro_per_kwh >= 0),
    micro_per_hour INTEGER NOT NULL CHECK(typeof(micro_per_hour) = 'integer' AND micro_per_hour >= 0)
);

CREATE UNIQUE INDEX tariff_by_profile ON tariff(profile, from_unix);

CREATE TRIGGER agreement_is_never_edited BEFORE UPDATE ON agreement
BEGIN
    SELECT RAISE(ABORT, 'an agreement is never edited: store its next version');
END;

CREATE TRIGGER tariff_is_never_edited BEFORE UPDATE ON tariff
BEGIN
    SELECT RAISE(ABORT, 'a tariff is never edited: store its next version');
END;

CREATE TRIGGER tariff_is_never_deleted BEFORE DELETE ON tariff
BEGIN
    SELECT RAISE(ABORT, 'a tariff is never deleted: what it credited goes by it');
END;
