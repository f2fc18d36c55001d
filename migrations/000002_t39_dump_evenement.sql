-- T39_DUMP_EVENEMENT (Journal des dumps): append-only, hash-chained; docs/journal.md has the format.
-- detail and changements are TEXT, not JSONB: they are hashed, so their bytes must come back as they went in.
CREATE TABLE t39_dump_evenement (
    seq BIGINT PRIMARY KEY,            -- 1, 2, 3... without a gap
    evenement VARCHAR(20) NOT NULL,    -- 'INITIALISE', 'CREE', 'VERIFIE', 'PROUVE', 'SUPPRIME'...
    dump_id BIGINT,
    date_evenement TIMESTAMP NOT NULL, -- UTC
    utilisateur VARCHAR(100),
    detail TEXT NOT NULL,              -- canonical JSON object
    changements TEXT NOT NULL,         -- canonical JSON array: the changes to T38 to T42 that the event stands for
    hash_precedent VARCHAR(64) NOT NULL,
    hash VARCHAR(64) NOT NULL
);

CREATE INDEX idx_dump_evenement_dump ON t39_dump_evenement(dump_id);

-- Nobody registers a dump between the count of the legacy rows and the commit.
LOCK TABLE t38_dump_audit IN SHARE ROW EXCLUSIVE MODE;

-- Rows that named their own dump_id left the sequence behind them; the next dump must not collide with one.
SELECT setval(counter.name, legacy.highest)
FROM (SELECT pg_get_serial_sequence('t38_dump_audit', 'dump_id') AS name) AS counter,
     (SELECT max(dump_id) AS highest FROM t38_dump_audit) AS legacy
WHERE legacy.highest > coalesce(pg_sequence_last_value(counter.name::regclass), 0);

-- The first event opens the chain. It names this journal, and says which rows are older than it: by dump_id, because
-- date_creation holds the local time of whoever wrote the row.
WITH genesis AS MATERIALIZED (
    SELECT date_trunc('second', now() AT TIME ZONE 'UTC') AS at,
           format('{"journal":"%s","legacyMaxDumpId":%s,"legacyRows":%s}',
                  gen_random_uuid(), coalesce(max(dump_id), 0), count(*)) AS detail,
           repeat('0', 64) AS origin
    FROM t38_dump_audit
)
INSERT INTO t39_dump_evenement (seq, evenement, date_evenement, detail, changements, hash_precedent, hash)
SELECT 1, 'INITIALISE', at, detail, '[]', origin,
       encode(sha256(convert_to(format(
           '{"at":"%s","changes":[],"detail":%s,"dumpId":null,"event":"INITIALISE","format":1,"previousHash":"%s","seq":1,"user":null}',
           to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), detail, origin), 'UTF8')), 'hex')
FROM genesis;
