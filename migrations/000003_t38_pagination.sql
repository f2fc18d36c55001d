-- The order in which dumps are listed: newest first, ties by dump_id, rows without a date last. idx_dump_audit_date
-- cannot give it: NULLs sort to its other end, and a page inside a run of equal dates would sort the whole run.
CREATE INDEX idx_dump_audit_page ON t38_dump_audit (coalesce(date_creation, '-infinity'::timestamp), dump_id);
