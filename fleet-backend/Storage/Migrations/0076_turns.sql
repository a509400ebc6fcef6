-- PostgreSQL has two turns to write from here on. Here one is for all; the number is the same for both.
SELECT 1;
