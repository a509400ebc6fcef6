-- What releasing a hold does not overrule: the next rule that speaks against its readings (a verdict's name, and the figures of the
-- first of them), and for readings without a date up to which second others were known when they came. Null for what was held before.
ALTER TABLE hold ADD COLUMN beneath TEXT NULL;
ALTER TABLE hold ADD COLUMN beneath_figures TEXT NULL;
ALTER TABLE hold ADD COLUMN covered_unix INTEGER NULL;
