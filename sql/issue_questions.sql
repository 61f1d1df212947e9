-- What went wrong at ingestion, from the samples in ingestion_issues.

CREATE FUNCTION ingestion_issue_summary(
  project text, since timestamptz DEFAULT '-infinity',
  OUT code text, OUT field text, OUT rejected boolean, OUT samples bigint, OUT first_noticed_at timestamptz,
  OUT last_noticed_at timestamptz, OUT last_message text, OUT last_event_id text, OUT last_sample text)
RETURNS SETOF record
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 20
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  org uuid := productgraph.project_org(project);
BEGIN
  RETURN QUERY
    WITH summed AS (
      SELECT i.code, i.field, i.rejected, count(*) AS samples, min(i.noticed_at) AS first_at, max(i.id) AS last_id
      FROM productgraph.ingestion_issues i
      WHERE i.org_id = org AND i.project_id = project AND i.noticed_at >= since
      GROUP BY i.code, i.field, i.rejected
    )
    SELECT s.code, s.field, s.rejected, s.samples, s.first_at, l.noticed_at, l.message, l.event_id, l.sample
    FROM summed s JOIN productgraph.ingestion_issues l
      ON l.org_id = org AND l.project_id = project AND l.id = s.last_id
    ORDER BY s.rejected DESC, s.samples DESC, s.code, s.field;
END
$$;
COMMENT ON FUNCTION ingestion_issue_summary(text, timestamptz) IS
'What ingestion rejected, and what it changed before storing it, by code and field, with the newest example of each. '
'samples counts rows of ingestion_issues, which has at most 10 a minute of each code and the newest 1,000 of a project: '
'how many events there were is in the sidecar''s metrics. Error: 42704 unknown project.';
