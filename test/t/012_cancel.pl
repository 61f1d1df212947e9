# A statement timeout stops long computations promptly.
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
my %long = (
	# The kernel runs over all rows so far for every row.
	'a funnel over a growing group' => [q{SELECT count(f) FROM (SELECT productgraph.window_funnel('1 h', 'strict_once', ts, true, ts IS NULL)
		OVER (ORDER BY ts) AS f FROM rows) r}, 3000],
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
