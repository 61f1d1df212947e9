-- What the demo shows, asked by an analyst: of the last 24 hours, under row-level security.
\set QUIET on
\pset footer off
SELECT set_current_org(:'org_id') \g /dev/null

\echo 'How far do visitors get?  SELECT … FROM funnel(''proj_demo'', ARRAY[…], within => ''1 day'')'
SELECT step, name, actors, dropped,
       round(100 * conversion_from_start, 1) AS "% of start", round(100 * conversion_from_previous, 1) AS "% of previous",
       date_trunc('second', median_time) AS median_time
  FROM funnel('proj_demo',
              ARRAY['{"name":"Product list","event.type":"page.view","page.path":"/products"}',
                    '{"name":"Added to cart","event.type":"ui.click","ui.action":"add_to_cart"}',
                    '{"name":"Checkout","event.type":"page.view","page.path":"/checkout"}',
                    '{"name":"Payment","event.type":"page.view","page.path":"/checkout/payment"}',
                    '{"name":"Order","event.type":"journey.conversion"}'],
              within => '1 day', since => date_trunc('hour', now()) - interval '1 day');

\echo 'Where do sessions begin?  SELECT … FROM sessions'
SELECT entry_page, count(*) AS sessions, round(avg(pages), 1) AS pages,
       date_trunc('second', percentile_cont(0.5) WITHIN GROUP (ORDER BY duration)) AS median_time,
       round(100.0 * count(converted_at) / count(*), 1) AS "% with order"
  FROM sessions
 WHERE project_id = 'proj_demo' AND started_at >= date_trunc('hour', now()) - interval '1 day'
 GROUP BY entry_page ORDER BY sessions DESC, entry_page LIMIT 5;
