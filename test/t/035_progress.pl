# Another session sees how far an operation is that takes long, while it runs.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Store;
use Test::More;
use Time::HiRes qw(sleep time);

my $node = Store::start();
$node->safe_psql('postgres', q{
	CREATE ROLE watcher LOGIN IN ROLE pg_monitor;
	CREATE ROLE nobody LOGIN;
	SELECT productgraph.create_partitions('2023-11-13', '2023-12-13');
	SELECT sum(public.fill(n, n + 999)) FROM generate_series(1, 19001, 1000) n;
	INSERT INTO productgraph.events (org_id, event_id, project_id, session_id, event_type, timestamp, user_id)
	SELECT id, 'm' || n, 'shop', 's' || n / 100, 'page.view', timestamptz '2023-11-14Z' + n * interval '1 second', 'u' || n / 1000
	FROM productgraph.organizations, generate_series(1, 200000) n;
});
my $choose = q{SELECT productgraph.set_current_org(id) FROM productgraph.organizations \g /dev/null} . "\n";
my $progress = sub { return $node->safe_psql('postgres', "SELECT $_[0] FROM productgraph.progress()", extra_params => [ '-U', $_[1] // 'watcher' ]) };
is($progress->('count(*)'), 0, 'nothing goes on');

# Waits, with an operation under way in another session, until that says something.
sub await_step
{
	my ($pattern) = @_;
	my ($end, $seen) = (time + 60, '');
	do { die "not seen: $pattern; last: $seen" if time > $end; $seen = $progress->(q{concat_ws('|', step, done, total, statement)}); } until $seen =~ $pattern;
	return $seen;
}

# Runs a statement that another session holds up, by a row or a table it locks.
sub held_up
{
	my ($lock, $statement, $pattern, $claim) = @_;
	my $holder = $node->background_psql('postgres');
	$holder->query_safe("BEGIN; $lock");
	my $worker = $node->background_psql('postgres');
	$worker->query_until(qr/started/, "${choose}\\echo started\n$statement;\n");
	like(await_step($pattern), $pattern, $claim);
	is($progress->('count(*)', 'nobody'), 0, 'which others do not see');
	$holder->query_safe('ROLLBACK');
	$holder->quit;
	$worker->quit;
	is($progress->('count(*)'), 0, 'and which ends with it');
}
my $oldest = q{SELECT FROM productgraph.events WHERE event_id = '1' FOR UPDATE};
held_up($oldest, q{SELECT productgraph.forget_user('shop', 'u0')},
	qr/^forgetting a user of project "shop": deleting events, by week\|\d+\|\d+\|SELECT productgraph\.forget_user\('shop', 'u0'\);$/, 'forget_user() tells the week');
held_up($oldest, q{BEGIN; SELECT productgraph.drop_project('shop')}, qr/^deleting events of project "shop", by week\|\d+\|\d+\|SELECT productgraph\.drop_project/,
	'drop_project() tells the week');
held_up('LOCK TABLE productgraph.organization_members', 'SELECT productgraph.maintain()',
	qr/^maintain\(\): members without a role removed\|SELECT productgraph\.maintain\(\);$/, 'maintain() tells the task');
$node->safe_psql('postgres', q{UPDATE productgraph.projects SET settings = settings || '{"retention_days": 30}'});
held_up(q{SELECT FROM productgraph.sessions FOR UPDATE},
	'BEGIN; SELECT productgraph.delete_expired_rows(1000)', qr/^deleting expired rows of project "shop"\|0\|1000\|/, 'deletion of what has expired tells the project');

# Nothing holds up packing without failing it, so it is watched at work.
my $watcher = $node->background_psql('postgres', extra_params => [ '-U', 'watcher' ]);
$watcher->query_until(qr/started/, q{\echo started
DO $$
DECLARE
	seen record;
BEGIN
	LOOP
		PERFORM pg_stat_clear_snapshot();
		SELECT * INTO seen FROM productgraph.progress() WHERE step ~ '^packing events of project "shop" from the week of 2023-11-13' AND done > 0 AND done < total;
		EXIT WHEN FOUND;
	END LOOP;
	RAISE NOTICE 'seen % at % of %', seen.statement, seen.done, seen.total;
END $$;
\echo done
});
my $end = time + 120;
until ($watcher->{stderr} =~ /NOTICE/ || time > $end)
{
	$node->safe_psql('postgres', "${choose}SELECT productgraph.rebuild_segments('shop')");
	$watcher->{run}->pump_nb;
}
like($watcher->{stderr}, qr/seen SELECT productgraph\.rebuild_segments\('shop'\);? at \d+ of 2\d+/, 'rebuild_segments() tells how many rows it has read');
$watcher->quit;
is($node->safe_psql('postgres', 'SET track_activities = off; SELECT count(*) FROM productgraph.maintain(), productgraph.progress()'), 0,
	'track_activities = off shows nothing');
done_testing();
