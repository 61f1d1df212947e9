# A statement timeout stops long computations and questions promptly.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Store;
use Test::More;
use Time::HiRes qw(time);

my $node = Store::start();
$node->safe_psql('postgres', q{
	CREATE TABLE rows AS SELECT 'epoch'::timestamptz + make_interval(secs => n % 1000000) AS ts FROM generate_series(1, 2000000) n;
	CREATE TABLE body AS SELECT '[' || string_agg('{"event_id":"' || n || '","metadata":{"k":"' || repeat('x', 9000) || '"}}', ',') || ']' AS json
	FROM generate_series(1, 1000) n;
});
# A lot of events of one actor, and questions that would take seconds; compiling them cannot be stopped, so none is.
$node->safe_psql('postgres', q{
	SELECT productgraph.create_project(productgraph.create_organization('one', 'One'), 'one');
	INSERT INTO productgraph.events (org_id, received_at, event_id, project_id, session_id, event_type, timestamp, user_id, page_path)
	SELECT (SELECT id FROM productgraph.organizations WHERE slug = 'one'), now(), n, 'one', 's', 'page.view', '2024-05-01Z'::timestamptz + n * interval '3 seconds', 'u', '/' || n % 20
	FROM generate_series(1, 500000) n;
	ANALYZE productgraph.events;
});
my %long = (
	# The kernel runs over all rows so far for every row.
	'a funnel over a growing group' => [q{SELECT count(f) FROM (SELECT productgraph.window_funnel('1 h', 'strict_once', ts, true, ts IS NULL)
		OVER (ORDER BY ts) AS f FROM rows) r}, 3000],
	(map { ("$_ of one actor" => ["SET max_parallel_workers_per_gather = 0; SELECT count(*) FROM productgraph.$_", 150]) }
		"active_users('one')", "trend('one', period => 'hour', breakdown => 'page.path')", "retention_table('one', periods_by => 'rolling')",
		"paths('one')", "journey_graph('one')", "session_timeline('one', 's')",
		"export_user('one', 'u')", "forget_user('one', 'u')"),
	'ingestion' => [q{SELECT count(productgraph.ingest(json)) FROM body, generate_series(1, 1000)}, 300],
);
for my $name (sort keys %long)
{
	my ($statement, $timeout) = @{ $long{$name} };
	my $started = time;
	my ($status, undef, $error) = $node->psql('postgres', "SET statement_timeout = $timeout; $statement");
	my $late = time - $started - $timeout / 1000;
	like($error, qr/canceling statement due to statement timeout/, "$name is canceled");
	# The claim is a tenth of a second; a busy machine is allowed more before the test calls it broken.
	cmp_ok($late, '<', 1, sprintf '%s stops soon (%.3f s late, start of psql included)', $name, $late);
}
is($node->safe_psql('postgres', 'SELECT public.fill(1, 10)'), '10', 'the server is well');
done_testing();
