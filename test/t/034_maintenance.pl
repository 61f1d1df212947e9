# Maintenance beside maintenance, in several transactions, and with something that fails: one session does it, what is finished stays, and
# store_status() tells what was not done.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Store;
use Test::More;

my $node = Store::start(undef, 'max_prepared_transactions = 2');
$node->safe_psql('postgres', q{
	CREATE ROLE keeper LOGIN IN ROLE productgraph_owner;
	SELECT productgraph.create_partitions('2023-11-13', '2023-12-13');
	SELECT sum(public.fill(n, n + 999)) FROM generate_series(1, 19001, 1000) n;
});
my @keeper = (extra_params => [ '-U', 'keeper' ]);
my $weeks = $node->safe_psql('postgres', q{SELECT count(DISTINCT date_trunc('week', timestamp, 'UTC')) FROM productgraph.events});
cmp_ok($weeks, '>', 1, "events of $weeks weeks");

# As many transactions as it takes.
my ($status, $out, $error) = $node->psql('postgres', 'CALL productgraph.run_maintenance(pack_most => 1)', @keeper);
is($status, 0, 'run_maintenance() by a member of productgraph_owner') or diag($error);
is($node->safe_psql('postgres', q{SELECT sum(done), count(*) FROM productgraph.maintenance_runs WHERE task = 'events packed'}),
	'20000|' . ($weeks + 1), 'goes on until nothing is left, a transaction a call');
is($node->safe_psql('postgres', q{SELECT string_agg(done::text, ' ' ORDER BY run_at) FROM productgraph.maintenance_runs WHERE task = 'tasks left unfinished'}),
	join(' ', (1) x $weeks, 0), 'as its result tells');
$node->safe_psql('postgres', 'SELECT public.fill(20001, 20003)');
$node->safe_psql('postgres', q{CALL productgraph.run_maintenance('0', 1)}, @keeper);
is($node->safe_psql('postgres', q{SELECT status, hint ~ 'run_maintenance' FROM productgraph.store_status() WHERE subject = 'unfinished'}),
	'warning|t', 'out of time it leaves the rest, and the status says so');
$node->safe_psql('postgres', 'CALL productgraph.run_maintenance()', @keeper);
is($node->safe_psql('postgres', q{SELECT status, value FROM productgraph.store_status() WHERE subject = 'unfinished'}),
	'ok|0 tasks left', 'until it is called again');
my $run_count = $node->safe_psql('postgres', 'SELECT count(*) FROM productgraph.maintenance_runs');
for my $inside ([ '-c', 'BEGIN', '-c', 'CALL productgraph.run_maintenance()' ], [ '-1', '-c', 'CALL productgraph.run_maintenance()' ],
	[ '-c', q{SET lock_timeout = '5s'; CALL productgraph.run_maintenance()} ],
	[ '-c', q{SELECT 1; DO $$ BEGIN CALL productgraph.run_maintenance(); END $$} ])
{
	my (undef, $said) = run_command([ 'psql', '-XqAt', '-d', $node->connstr('postgres') . ' user=keeper', @$inside ]);
	like($said, qr/ERROR:  run_maintenance\(\) cannot run inside of a transaction\nHINT:  Send CALL as a statement of its own/, "not inside of a transaction: @$inside");
}
is($node->safe_psql('postgres', 'SELECT count(*) FROM productgraph.maintenance_runs'), $run_count, 'and nothing was done before that was seen');
command_ok([ 'psql', '-XqAt', '-d', $node->connstr('postgres') . ' user=keeper', '-c', q{SET lock_timeout = '5s'}, '-c', 'CALL productgraph.run_maintenance()' ],
	'settings before it');

# Beside another.
my $other = $node->background_psql('postgres');
$other->query_safe('BEGIN; SELECT * FROM productgraph.maintain()');
my $runs = $node->safe_psql('postgres', 'SELECT count(*) FROM productgraph.maintenance_runs');
is($node->safe_psql('postgres', 'SELECT * FROM productgraph.maintain()', @keeper), 'left to another session|1', 'one session maintains');
(undef, undef, $error) = $node->psql('postgres', 'CALL productgraph.run_maintenance()', @keeper);
like($error, qr/NOTICE:  another session maintains the store/, 'the other is no error');
unlike($error, qr/ERROR/, 'none at all');
is($node->safe_psql('postgres', 'SELECT count(*) FROM productgraph.maintenance_runs'), $runs, 'and no run');
$other->query_safe('COMMIT');
is($node->safe_psql('postgres', q{SELECT count(*) FROM productgraph.maintain() WHERE task = 'events packed'}, @keeper), 1, 'then it does');

# Who keeps it from packing: a writer, and one that nobody is connected for.
my ($pid) = $other->query_safe('SELECT pg_backend_pid()') =~ /(\d+)/;
$node->safe_psql('postgres', q{BEGIN; SELECT public.fill(30001, 30001); PREPARE TRANSACTION 'left'});
$other->query_safe('BEGIN; SELECT public.fill(40001, 40001)');
$node->safe_psql('postgres', 'SELECT productgraph.maintain()', @keeper);
like($node->safe_psql('postgres', q{SELECT error FROM productgraph.maintenance_runs WHERE task = 'events packed' ORDER BY run_at DESC LIMIT 1}),
	qr/lock timeout: waited for prepared transaction "left" of postgres since [^,]*, process $pid of postgres$/, 'the error says who was in the way');
is($node->safe_psql('postgres', q{SELECT productgraph.writers_of_events() ~ '^prepared transaction "left" .*, process [0-9]+ of postgres, idle in transaction since '}), 't',
	'and what they are at, to those who may see it');
like($node->safe_psql('postgres', q{SELECT value FROM productgraph.store_status() WHERE subject = 'oldest open'}), qr/prepared transaction "left"$/,
	'the oldest open transaction is the prepared one');
$node->safe_psql('postgres', q{ROLLBACK PREPARED 'left'});
like($node->safe_psql('postgres', q{SELECT value FROM productgraph.store_status() WHERE subject = 'oldest open'}), qr/process $pid$/, 'then the other');
$other->query_safe('ROLLBACK');
is($node->safe_psql('postgres', q{SELECT productgraph.writers_of_events() IS NULL}), 't', 'none is left');

# What fails keeps nothing from being done, and is told: a table that an operator locked, and a function that is not there.
$node->safe_psql('postgres', 'SELECT public.fill(20004, 20004); ALTER FUNCTION productgraph.forget_event_keys(timestamptz, bigint, bigint) RENAME TO forget');
$other->query_safe('BEGIN; SELECT FROM productgraph.packed_weeks FOR UPDATE');
($status, $out, $error) = $node->psql('postgres', 'SET productgraph.retention_days = 0; CALL productgraph.run_maintenance()', @keeper);
$other->query_safe('COMMIT');
$other->quit;
like($error, qr/WARNING:  events of project "shop" .* could not be packed: canceling statement due to lock timeout/, 'a week that is locked is left');
like($error, qr/WARNING:  maintain\(\): "event keys forgotten" failed: function productgraph\.forget_event_keys\(/, 'a task that fails warns');
like($error, qr/ERROR:  tasks of maintenance that failed: 1/, 'and is an error at the end');
is($node->safe_psql('postgres', q{SELECT string_agg(task, ',' ORDER BY task) FROM productgraph.maintenance_runs
	WHERE error IS NULL AND run_at = (SELECT max(run_at) FROM productgraph.maintenance_runs)}),
	'events packed,expired rows deleted,expired weeks dropped,members without a role removed,partitions created,segments merged,tasks failed,tasks left unfinished',
	'the other tasks are done');
is($node->safe_psql('postgres', q{SELECT status, details ->> 'of_last_run', hint ~ 'maintenance_runs' FROM productgraph.store_status() WHERE subject = 'errors'}),
	'problem|2|t', 'the status tells of both');
$node->safe_psql('postgres', 'ALTER FUNCTION productgraph.forget(timestamptz, bigint, bigint) RENAME TO forget_event_keys');
$node->safe_psql('postgres', 'CALL productgraph.run_maintenance()', @keeper);
is($node->safe_psql('postgres', q{SELECT status, value ~ '^3 in 7 days' FROM productgraph.store_status() WHERE subject = 'errors'}), 'ok|t',
	'until a run goes well');
is($node->safe_psql('postgres', q{SELECT (SELECT sum(events) FROM productgraph.segments), (SELECT count(*) FROM productgraph.events)}),
	'20004|20004', 'everything is packed in the end');
done_testing();
