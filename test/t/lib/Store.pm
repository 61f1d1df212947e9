# A PostgreSQL with the store set up, and a way to fill it.
package Store;

use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;

# A running node whose database postgres has the store, organization "demo" and the keyless project "shop".
sub start
{
	my ($name) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name // 'store');
	$node->init;
	$node->append_conf('postgresql.conf', "fsync = on\n");
	$node->start;
	$node->safe_psql('postgres', q{
		CREATE EXTENSION productgraph;
		SELECT productgraph.setup();
		SELECT productgraph.create_project(productgraph.create_organization('demo', 'Demo'), 'shop',
			settings => '{"open_ingest": true}');
		CREATE FUNCTION public.fill(first int, last int) RETURNS int LANGUAGE sql AS $$
			SELECT (productgraph.ingest(jsonb_agg(jsonb_build_object('project_id', 'shop',
				'session.id', 's' || n / 10, 'user.id', 'u' || n / 20, 'event.type',
				(ARRAY['page.view', 'ui.click', 'custom'])[1 + n % 3], 'event.timestamp', 1700000000000 + n * 60000)
				|| jsonb_build_object('event_id', n::text))) ->> 'accepted')::int
			FROM generate_series(first, last) n
		$$;
	});
	return $node;
}

1;
