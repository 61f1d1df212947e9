# Connections that send overlapping batches at once, in every order: no deadlock, each event is stored once, and what was told of
# repeats adds up.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Store;
use Test::More;

my $node = Store::start();
# Half of the ids carry their time, half are random; of two organizations, so that a batch holds keys of both.
$node->safe_psql('postgres', q{
	SELECT productgraph.create_project(productgraph.create_organization(name, name), name, settings => '{"open_ingest": true}')
	FROM unnest('{one,two}'::text[]) name;
	CREATE TABLE told (accepted bigint, duplicates bigint);
	CREATE FUNCTION send(first int) RETURNS void LANGUAGE sql AS $$
		INSERT INTO told SELECT sum((answer ->> 'accepted')::int), sum((answer ->> 'duplicates')::int)
		FROM (SELECT productgraph.ingest(jsonb_agg(jsonb_build_object('project_id', CASE WHEN i % 3 = 0 THEN 'two' ELSE 'one' END,
				'event_id', CASE WHEN i % 2 = 0 THEN format('017f22e2-79b0-7000-8000-%s', lpad(i::text, 12, '0')) ELSE md5(i::text) END,
				'session.id', 's' || i % 7, 'event.type', 'custom', 'event.timestamp', 1700000000000) ORDER BY random())) AS answer
			FROM generate_series(first, first + 299) i) sent
	$$;
});
my $script = PostgreSQL::Test::Utils::tempdir() . '/send.sql';
append_to_file($script, "\\set first random(1, 3000)\nSELECT send(:first);\n");
$node->command_ok([ 'pgbench', '--no-vacuum', '--client=12', '--transactions=30', '--random-seed=7', "--file=$script", 'postgres' ],
	'nobody fails or waits in a circle');
is($node->safe_psql('postgres', 'SELECT sum(accepted) FROM told'), 12 * 30 * 300, 'all are answered for');
my $stored = $node->safe_psql('postgres', 'SELECT count(*) FROM productgraph.events');
is($node->safe_psql('postgres', 'SELECT count(DISTINCT (org_id, event_id)) FROM productgraph.events'), $stored, 'each is stored once');
is($node->safe_psql('postgres', 'SELECT count(*) FROM productgraph.event_keys'), $stored, 'with one key');
is($node->safe_psql('postgres', 'SELECT sum(events) FROM productgraph.sessions'), $stored, 'and counted once in its session');
is($node->safe_psql('postgres', 'SELECT sum(accepted - duplicates) FROM told'), $stored, 'all others were told to be repeats');
cmp_ok($stored, '>', 3000, 'there were new ones all the time');
$node->stop;
done_testing();
