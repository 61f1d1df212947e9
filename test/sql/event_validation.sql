-- validate_event() and is_valid_event().
SET search_path = productgraph, public;
SELECT * FROM validate_event('{"event_id":"e1","project_id":"p","session.id":"s","event.type":"page.view","event.timestamp":"2024-01-15T10:30:00Z"}');
SELECT is_valid_event('{"event_id":"e1","project_id":"p","session.id":"s","event.type":"page.view","event.timestamp":"2024-01-15T10:30:00Z"}');
SELECT * FROM validate_event('{}');
SELECT * FROM validate_event('{"event_id":"","project_id":7,"session.id":null,"event.type":"page.veiw","event.timestamp":"yesterday"}');
SELECT * FROM validate_event('[]');
SELECT * FROM validate_event('"text"');
SELECT * FROM validate_event(NULL);
SELECT is_valid_event(NULL), is_valid_event('{}');
-- Every field with a value of the wrong type, one at a time.
SELECT f.field, v.code, v.message
FROM event_fields() f,
LATERAL validate_event(jsonb_build_object('event_id', 'e', 'project_id', 'p', 'session.id', 's', 'event.type', 'custom',
  'event.timestamp', 1705314600000) || jsonb_build_object(f.field, CASE WHEN f.data_type = 'text' THEN '12'::jsonb ELSE '[true]' END)) v;
-- As a constraint.
CREATE TEMP TABLE incoming (event jsonb CHECK (productgraph.is_valid_event(event)));
INSERT INTO incoming VALUES ('{"event_id":"e1","product_id":"p","session.id":"s","event.type":"custom","event.timestamp":1705314600000.5}');
INSERT INTO incoming VALUES ('{"event_id":"e1"}');
DROP TABLE incoming;
