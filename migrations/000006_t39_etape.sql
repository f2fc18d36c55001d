-- Guarded steps: those that may be under way are few at any time, and are asked for by when their hold on the tables
-- ends; what has become of one, by the number of the event that began it. In canonical JSON a quote inside a string has
-- a backslash, so that only the name of a member has this text.
CREATE INDEX idx_dump_evenement_etape ON t39_dump_evenement
    ((substring(detail from '"until":"([^"]*)"')) COLLATE "C")
    WHERE evenement IN ('COMMENCE', 'ECHOUE');
CREATE INDEX idx_dump_evenement_etape_suite ON t39_dump_evenement
    ((substring(detail from '"lease":([0-9]{1,15})')::bigint))
    WHERE evenement IN ('ECHOUE', 'TERMINE');
