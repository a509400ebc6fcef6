-- Mobile-money providers compare the name of who is paid; null where none was given.
ALTER TABLE payee ADD COLUMN name TEXT NULL;
ALTER TABLE payout ADD COLUMN payee_name TEXT NULL;
