# A physical replica answers every question, from segments and from rows, as its primary does; promoted, it goes on.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Answers;
use Contents;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Store;
use Test::More;

my $node = Store::start('primary', '', allows_streaming => 1);
$node->backup('base');
my $replica = PostgreSQL::Test::Cluster->new('replica');
$replica->init_from_backup($node, 'base', has_streaming => 1);
$replica->start;
Store::furnish($node, 'postgres');
$node->wait_for_catchup($replica);

my $answers = Answers::both($node, 'postgres');
is(Answers::both($replica, 'postgres'), $answers, 'the same answers');
is(Answers::rows_because($replica, 'postgres'), '', 'they come from segments');
$replica->append_conf('postgresql.conf', "min_parallel_table_scan_size = 0\nmax_parallel_workers_per_gather = 2\nparallel_setup_cost = 0\n");
$replica->reload;
is(Answers::both($replica, 'postgres'), $answers, 'the same answers with parallel workers');
for my $question ("storage_report('shop')", "session_timeline('shop', 's1')", "export_user('shop', 'u1')", "funnel_actors('shop', '{page.view}')",
	"funnel_times('shop', '{page.view,custom}')", "funnel_correlation('shop', '{page.view,custom}')", "ingestion_issue_summary('shop')",
	"journey_report('shop', 'buying')")
{
	is($replica->safe_psql('postgres', "SELECT * FROM productgraph.$question"), $node->safe_psql('postgres', "SELECT * FROM productgraph.$question"), $question);
}
is($replica->safe_psql('postgres', q{SELECT count(*) > 20 FROM productgraph.store_status()}), 't', 'store_status()');
for my $change ('productgraph.maintain()', 'public.fill(5000, 5000)')
{
	my (undef, undef, $error) = $replica->psql('postgres', "SELECT $change");
	like($error, qr/read-only transaction|recovery is in progress/, "$change is refused");
}
# Sequences are logged ahead of what has been taken from them.
is(Contents::text($replica, 'postgres', sequences => 1), Contents::text($node, 'postgres', sequences => 1), 'the same rows');

$node->stop('immediate');
$replica->promote;
is($replica->safe_psql('postgres', 'SELECT public.fill(2990, 3010)'), '21', 'promoted: events are stored');
is($replica->safe_psql('postgres', 'SELECT count(*), count(DISTINCT event_id) FROM productgraph.events'), '3010|3010', 'promoted: repeats are known');
$replica->safe_psql('postgres', 'SELECT productgraph.maintain()');
is(Answers::both($replica, 'postgres'), $answers, 'promoted: the same answers when packing has gone on');
done_testing();
