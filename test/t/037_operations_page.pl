# The statements of docs/operations.md run: each block of SQL, in order, by a superuser; those for pg_cron are tested with it
# (test/cron). So does the command of the systemd service.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Store;
use Test::More;

my $node = Store::start();
$node->safe_psql('postgres', q{SELECT productgraph.create_partitions('2023-11-13', '2023-11-20'), public.fill(1, 100)});
my @blocks = slurp_file("$FindBin::RealBin/../../docs/operations.md") =~ /^```sql\n(.*?)^```$/msg;
@blocks = grep { !/\bcron\./ } @blocks;
cmp_ok(scalar @blocks, '>=', 5, 'there are statements');
for my $block (@blocks)
{
	my ($status, undef, $error) = $node->psql('postgres', $block, on_error_stop => 1);
	is($status, 0, (split /\n/, $block)[0]) or diag($error);
}
my ($retention) = grep { /retention_days/ } @blocks;
$node->safe_psql('postgres', q{CREATE ROLE backend LOGIN IN ROLE productgraph_service; UPDATE productgraph.projects SET settings = settings - 'retention_days'});
$node->safe_psql('postgres', $retention, extra_params => ['-U', 'backend']);
is($node->safe_psql('postgres', q{SELECT settings -> 'retention_days' FROM productgraph.projects}), '400', 'a service role sets how long a project keeps');
$node->safe_psql('postgres', q{UPDATE productgraph.projects SET settings = settings - 'retention_days'});

my ($command) = slurp_file("$FindBin::RealBin/../../packaging/systemd/productgraph-maintain.service") =~ m{^ExecStart=/usr/bin/((?:.*\\\n)*.*)}m;
sub run_service
{
	local @ENV{qw(PGHOST PGPORT PGDATABASE PGUSER)} = ($node->host, $node->port, 'postgres', 'productgraph_keeper');
	return system('sh', '-c', "$command 2>/dev/null");
}
$node->safe_psql('postgres', 'SELECT public.fill(101, 250)');
is(run_service(), 0, 'the service maintains the store') or diag($command);
is($node->safe_psql('postgres', q{SELECT sum(done) FROM productgraph.maintenance_runs WHERE role = 'productgraph_keeper' AND task = 'events packed'}),
	150, 'by its role');
$node->safe_psql('postgres', q{ALTER FUNCTION productgraph.forget_event_keys(timestamptz, bigint, bigint) RENAME TO forget});
isnt(run_service(), 0, 'and fails when a task failed');
done_testing();
