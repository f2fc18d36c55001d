-- What an execution of a workflow has journalled as its failure, so that it is journalled once.
CREATE INDEX idx_dump_evenement_execution ON t39_dump_evenement
    (substring(detail from '"execution":"([^"]*)"'))
    WHERE evenement IN ('ECHEC', 'REJETE');
