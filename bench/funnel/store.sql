-- A store with an organization, its project "bench" and the analyst who asks; and what its events can be.
-- Variables: users, how many people log in.
CREATE EXTENSION productgraph;
SELECT productgraph.setup() \g /dev/null
SELECT productgraph.create_organization('bench', 'Bench') AS org_id \gset
SELECT productgraph.create_project(:'org_id', 'bench') \g /dev/null
CREATE ROLE bench_analyst LOGIN IN ROLE productgraph_analyst;
SELECT productgraph.add_member('bench_analyst', :'org_id') \g /dev/null
SELECT productgraph.create_partitions('2026-06-01 00:00Z', '2026-07-01 00:00Z') \g /dev/null

-- What happens, in three variants of the journey, so in three times as many kinds of events. The last columns say how
-- often, of a thousand events each: the first two of a session (landing), up to the eighth (browsing), later (buying).
CREATE TABLE happenings (
  id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_type text NOT NULL, page_path text NOT NULL,
  component text, component_type text, action text, journey_step text, method text, api_path text, status integer,
  error_type text, landing integer NOT NULL, browsing integer NOT NULL, buying integer NOT NULL);
INSERT INTO happenings (event_type, page_path, landing, browsing, buying) VALUES
  ('page.view', '/', 237, 40, 10), ('page.view', '/products', 110, 90, 20),
  ('page.view', '/products/kitchen', 60, 90, 30), ('page.view', '/products/office', 40, 60, 20),
  ('page.view', '/products/travel', 30, 45, 15), ('page.view', '/search', 50, 55, 15),
  ('page.view', '/cart', 5, 45, 80), ('page.view', '/checkout', 1, 14, 90),
  ('page.view', '/checkout/payment', 0, 6, 70), ('page.view', '/checkout/confirmation', 0, 3, 45),
  ('page.view', '/login', 20, 15, 15), ('page.view', '/account', 15, 10, 20), ('page.view', '/help', 10, 10, 15),
  ('page.leave', '/products', 40, 30, 20), ('page.leave', '/help', 5, 5, 5);
INSERT INTO happenings (event_type, page_path, component, component_type, action, landing, browsing, buying) VALUES
  ('ui.click', '/', 'Navigation', 'link', 'navigate', 90, 60, 20),
  ('ui.click', '/products', 'ProductCard', 'card', 'open', 90, 110, 40),
  ('ui.click', '/products/kitchen', 'AddToCartButton', 'button', 'add_to_cart', 5, 60, 50),
  ('ui.click', '/cart', 'CheckoutButton', 'button', 'start_checkout', 0, 15, 70),
  ('ui.click', '/checkout/payment', 'PayButton', 'button', 'pay', 0, 5, 60),
  ('ui.input', '/search', 'SearchBox', 'input', 'search', 45, 50, 15),
  ('ui.scroll', '/products', 'ProductList', 'list', 'scroll', 60, 34, 9);
INSERT INTO happenings (event_type, page_path, journey_step, landing, browsing, buying) VALUES
  ('journey.step', '/products/kitchen', 'product', 15, 25, 15), ('journey.step', '/cart', 'cart', 2, 15, 35),
  ('journey.step', '/checkout', 'checkout', 0, 5, 40),
  ('journey.conversion', '/checkout/confirmation', 'confirmation', 0, 2, 40);
INSERT INTO happenings (event_type, page_path, method, api_path, status, landing, browsing, buying) VALUES
  ('api.response', '/products', 'GET', '/api/products', 200, 40, 40, 20),
  ('api.response', '/search', 'GET', '/api/search', 200, 20, 20, 10),
  ('api.response', '/cart', 'POST', '/api/cart/items', 201, 5, 30, 40),
  ('api.response', '/checkout/payment', 'POST', '/api/payments', 200, 0, 4, 45),
  ('api.response', '/checkout/payment', 'POST', '/api/payments', 402, 0, 1, 8),
  ('api.response', '/search', 'GET', '/api/search', 503, 1, 1, 1);
INSERT INTO happenings (event_type, page_path, error_type, landing, browsing, buying) VALUES
  ('error', '/products', 'TypeError', 4, 4, 4), ('error', '/checkout/payment', 'PaymentDeclined', 0, 1, 8);

-- An event is one of the thousand elements of an array.
CREATE TABLE draws AS
SELECT array_agg(id ORDER BY id) FILTER (WHERE part = 1) AS landing,
  array_agg(id ORDER BY id) FILTER (WHERE part = 2) AS browsing,
  array_agg(id ORDER BY id) FILTER (WHERE part = 3) AS buying
FROM happenings, unnest(ARRAY[landing, browsing, buying]) WITH ORDINALITY w (weight, part), generate_series(1, weight);

\ir events.sql
SELECT format('CREATE FUNCTION bench_org() RETURNS uuid LANGUAGE sql IMMUTABLE RETURN %L::uuid', :'org_id') \gexec
SELECT format('CREATE FUNCTION bench_users() RETURNS bigint LANGUAGE sql IMMUTABLE RETURN %s::bigint', :users) \gexec
