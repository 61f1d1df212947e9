# A PostgreSQL with the store and two tenants in it, a and b: each has rows with its canary, "canary-a" or "canary-b", in
# every table, and the same event and session ids. Login roles: a and b (analysts, members of their own organization), service,
# ingest, keeper (in productgraph_owner), nobody.
package Tenants;

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

sub start
{
	my ($name) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name // 'tenants');
	$node->init;
	$node->start;
	$node->safe_psql('postgres', q{
		CREATE EXTENSION productgraph;
		SELECT productgraph.setup();
		CREATE ROLE a LOGIN IN ROLE productgraph_analyst;
		CREATE ROLE b LOGIN IN ROLE productgraph_analyst;
		CREATE ROLE service LOGIN IN ROLE productgraph_service;
		CREATE ROLE ingest LOGIN IN ROLE productgraph_ingest;
		CREATE ROLE keeper LOGIN IN ROLE productgraph_owner;
		CREATE ROLE nobody LOGIN;
		CREATE TABLE public.keys (org text, key text);
		CREATE PROCEDURE public.fill(letter text, actors int) LANGUAGE plpgsql SET search_path = productgraph, pg_catalog AS $$
		DECLARE
			canary text := 'canary-' || letter;
			org uuid := create_organization(letter, canary);
			api_key text;
		BEGIN
			PERFORM set_current_org(org, true);
			PERFORM create_project(org, 'shared', canary), create_project(org, 'of-' || letter, canary, '{"open_ingest": true}');
			PERFORM add_member(letter::regrole, org);
			api_key := create_api_key(org, 'shared', canary);
			INSERT INTO public.keys VALUES (letter, api_key);
			PERFORM ingest(jsonb_agg(jsonb_build_object('event_id', 'event-' || n, 'project_id', 'shared', 'session.id', 'session-' || n % 50,
					'user.id', canary || '-' || n % actors, 'event.type', (ARRAY['page.view', 'ui.click', 'state.change', 'journey.step'])[1 + n % 4],
					'event.timestamp', CASE WHEN n % 100 = 0 THEN timestamptz '2002-02-05' ELSE date_trunc('hour', now()) - n * interval '1 minute' END,
					'event.sequence', n, 'page.path', '/' || canary, 'ui.state.key', canary, 'ui.state.after', canary, 'duration_ms', n,
					'gen_ai.journey.id', 'journey', 'gen_ai.journey.step.id', 'step-' || n % 3, 'metadata', jsonb_build_object('plan', canary))),
				api_key) FROM generate_series(1, 400) n;
			PERFORM create_journey('shared', 'journey', '["page.view", "ui.click"]', canary);
			INSERT INTO snapshots (org_id, project_id, session_id, sequence, captured_at, page_path, content)
				VALUES (org, 'shared', 'session-1', 1, now(), canary, canary::bytea);
			INSERT INTO segments VALUES (org, canary, now(), 1, 0, 0, now(), now(), 1, 1, '', '');
			INSERT INTO kinds (org_id, project_id, kind, page_path) VALUES (org, 'shared', 0, canary);
			INSERT INTO ingestion_issues (org_id, project_id, noticed_at, field, code, message) VALUES (org, 'shared', now(), 'x', 'x', canary);
		END $$;
		CALL public.fill('a', 20);
		CALL public.fill('b', 20);
	});
	$node->safe_psql('postgres', 'VACUUM ANALYZE');
	return $node;
}

# The id of an organization, by its letter.
sub id
{
	my ($node, $letter) = @_;
	return $node->safe_psql('postgres', "SELECT id FROM productgraph.organizations WHERE slug = '$letter'");
}

1;
