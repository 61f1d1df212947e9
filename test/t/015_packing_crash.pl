# Packing beside ingestion, killed again and again: every event is in segments or is read as a row, and never both.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use IPC::Run;
use PostgreSQL::Test::Utils;
use Store;
use Test::More;

my $node = Store::start();
$node->append_conf('postgresql.conf', "restart_after_crash = on\n");
$node->reload;
mkdir $node->backup_dir;
# The weeks that fill() fills.
$node->safe_psql('postgres', q{SELECT productgraph.create_partitions('2023-11-13', '2024-04-30')});

# Runs a script in a session of its own until it ends or the server does.
sub run_beside
{
	my ($name, @statements) = @_;
	my $script = $node->backup_dir . "/$name.sql";
	append_to_file($script, "$_;\n") for @statements;
	my $seen = { out => '', err => '' };
	$seen->{run} = IPC::Run::start(
		['psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', $script],
		'<', \undef, '>', \$seen->{out}, '2>', \$seen->{err});
	return $seen;
}

# What is packed or read as a row, what there is, and events that segments have but rows do not or the other way round.
my $counts = q{
	WITH weeks AS (SELECT p.org_id, r.* FROM (SELECT DISTINCT org_id, project_id FROM productgraph.packed_weeks) p,
		productgraph.readable_weeks(p.org_id, p.project_id, '-infinity', 'infinity') r),
	packed AS (SELECT d.actor, d.timestamp, count(*) AS events FROM productgraph.segments s JOIN weeks w USING (org_id, week),
		productgraph.segment_events(s.content, s.sessions) d GROUP BY 1, 2),
	behind AS (SELECT coalesce(user_id, user_anonymous_id, session_id) AS actor, e.timestamp, count(*) AS events
		FROM productgraph.events e JOIN weeks w ON e.org_id = w.org_id AND e.timestamp >= w.week
			AND e.timestamp < w.week + interval '7 days' AND e.received_at < w.packed_until GROUP BY 1, 2)
	SELECT (SELECT coalesce(sum(events), 0) FROM packed) = (SELECT coalesce(sum(events), 0) FROM behind),
		(SELECT count(*) FROM packed p FULL JOIN behind b USING (actor, timestamp) WHERE p.events IS DISTINCT FROM b.events)};

my $next = 0;
for my $round (1 .. 6)
{
	my $writer = run_beside("write$round", map { sprintf 'SELECT public.fill(%d, %d)', $_ * 10, $_ * 10 + 9 } $next .. $next + 500);
	my $packer = run_beside("pack$round", ('SELECT packed FROM productgraph.pack_events()') x 2000);
	# On a machine that is busy one of them may have begun when the other was done, and packs less often.
	$packer->{run}->pump while $packer->{run}->pumpable && $packer->{out} !~ /(?:^[1-9]\d*\n(?:.*\n)*?){$round}/m;
	# Once all of the server, once the session that packs.
	if ($round % 2)
	{
		$node->stop('immediate');
	}
	else
	{
		my $pid = $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE query ~ '^SELECT packed'});
		kill 'KILL', $pid if $pid;
	}
	$_->{run}->finish for $writer, $packer;
	$round % 2 ? $node->start : $node->poll_query_until('postgres', 'SELECT true');
	my @answered = $writer->{out} =~ /^10$/mg;
	ok(@answered > 0, "round $round: events were stored, " . @answered . ' batches of them');
	is($node->safe_psql('postgres', $counts), 't|0', "round $round: segments hold what the rows behind them say");
	$node->safe_psql('postgres', 'SELECT productgraph.pack_events()');
	is($node->safe_psql('postgres', $counts), 't|0', "round $round: so they do when packing goes on");
	is($node->safe_psql('postgres', 'SELECT (SELECT sum(events) FROM productgraph.segments) = (SELECT count(*) FROM productgraph.events)'),
		't', "round $round: nothing is left out");
	$next += 501;
}
done_testing();
