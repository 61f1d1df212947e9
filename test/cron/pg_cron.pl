# pg_cron runs the statements of docs/operations.md: hourly maintenance by a role of its own. Needs the package of pg_cron.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../t/lib";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Sidecar;
use Test::More;

$Sidecar::TIMEOUT = 120;
my $node = Sidecar::start_store('cron', "shared_preload_libraries = 'pg_cron'\ncron.database_name = 'postgres'\ncron.host = '" . PostgreSQL::Test::Cluster->new('unused')->host . "'\n");
my @blocks = grep { /productgraph_keeper/ } slurp_file("$FindBin::RealBin/../../docs/operations.md") =~ /^```sql\n(.*?)^```$/msg;
cmp_ok(scalar @blocks, '>', 0, 'there are statements for it and its role');
for my $block (@blocks)
{
	my ($status, undef, $error) = $node->psql('postgres', $block, on_error_stop => 1);
	is($status, 0, (split /\n/, $block)[0]) or diag($error);
}
is($node->safe_psql('postgres', 'SELECT username, schedule, command FROM cron.job'), 'productgraph_keeper|17 * * * *|CALL productgraph.run_maintenance()', 'scheduled');
# pg_cron wakes up each minute.
$node->safe_psql('postgres', q{SELECT cron.alter_job(jobid, schedule => '* * * * *') FROM cron.job});
my $ended = q{SELECT status || ' ' || return_message FROM cron.job_run_details WHERE end_time IS NOT NULL ORDER BY runid LIMIT 1};
Sidecar::await(sub { $node->safe_psql('postgres', $ended) ne '' }, 'it was called');
like($node->safe_psql('postgres', $ended), qr/^succeeded/, 'and went well');
is($node->safe_psql('postgres', q{SELECT count(*), min(role) FROM productgraph.maintenance_runs WHERE task = 'tasks failed' AND done = 0}), '1|productgraph_keeper', 'by its role');
done_testing();
