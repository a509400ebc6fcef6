-- Who shares a node's credit, in basis points.
CREATE TABLE agreement(
    id INTEGER PRIMARY KEY,
    node INTEGER NOT NULL UNIQUE REFERENCES node(id),
    operator_basis_points INTEGER NOT NULL CHECK(typeof(operator_basis_points) = 'integer'),
    capital_builder_basis_points INTEGER NOT NULL CHECK(typeof(capital_builder_basis_points) = 'integer'),
    CHECK(operator_basis_points >= 0 AND capital_builder_basis_points >= 0 AND operator_basis_points + capital_builder_basis_points = 10000)
);
