# A PostgreSQL with the store set up, and a way to fill it.
package Store;

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

# A running node whose database postgres has the store, organization "demo" and the keyless project "shop". settings are
# further lines of postgresql.conf, init arguments of initdb as Cluster.pm takes them.
sub start
{
	my ($name, $settings, %init) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name // 'store');
	$node->init(%init);
	$node->append_conf('postgresql.conf', "fsync = on\n" . ($settings // ''));
	$node->start;
	set_up($node, 'postgres');
	return $node;
}

# Makes the store in a database, by the extension's newest version or another.
sub set_up
{
	my ($node, $database, $version) = @_;
	$node->safe_psql($database, 'CREATE EXTENSION productgraph' . ($version ? " VERSION '$version'" : '') . q{;
		SELECT productgraph.setup();
		SELECT productgraph.create_project(productgraph.create_organization('demo', 'Demo'), 'shop',
			settings => '{"open_ingest": true}');
		CREATE FUNCTION public.fill(first int, last int) RETURNS int LANGUAGE sql AS $$
			SELECT (productgraph.ingest(jsonb_agg(jsonb_build_object('project_id', 'shop',
				'session.id', 's' || n / 10, 'user.id', 'u' || n / 20, 'event.type',
				(ARRAY['page.view', 'ui.click', 'custom'])[1 + n % 3], 'event.timestamp', 1700000000000 + n * 60000::bigint)
				|| jsonb_build_object('event_id', n::text))) ->> 'accepted')::int
			FROM generate_series(first, last) n
		$$;
	});
	return;
}

# The weeks that fill() fills from 1 on, in segments and in rows that are not packed yet: 2,700 events, their keys and
# sessions, an issue, a journey, settings, a member, and an index and a policy that are the user's own.
sub furnish
{
	my ($node, $database) = @_;
	$node->safe_psql($database, q{
		SELECT productgraph.create_partitions('2023-11-13', '2023-11-27');
		SELECT public.fill(n, n + 899) FROM generate_series(1, 1801, 900) n;
		SELECT productgraph.maintain();
		SELECT public.fill(2000, 2999);
		SELECT productgraph.ingest('[{"event_id": "x", "project_id": "shop"}]');
		SELECT productgraph.set_current_org(id) FROM productgraph.organizations;
		SELECT productgraph.create_journey('shop', 'buying', '{page.view,ui.click}');
		SELECT productgraph.set_redaction('shop', hash_fields => '{user.email}');
		SELECT productgraph.create_api_key(productgraph.current_org_id(), 'shop', 'a key');
		SELECT productgraph.add_member('pg_monitor', productgraph.current_org_id());
		INSERT INTO productgraph.snapshots (org_id, project_id, session_id, sequence, captured_at, content)
			VALUES (productgraph.current_org_id(), 'shop', 's1', 1, now(), '\x00ff');
		CREATE INDEX mine ON productgraph.events (user_id);
		CREATE POLICY mine ON productgraph.sessions FOR SELECT TO productgraph_service USING (events > 5);
	});
	return;
}

1;
