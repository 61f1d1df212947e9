# Two sidecars maintain the store, one of them at a time and not more often than said, over an outage of the database, while
# ingestion goes on.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Sidecar;
use Test::More;
use Time::HiRes qw(time);

my $node = Sidecar::start_store();
$node->safe_psql('postgres', 'CREATE ROLE keeper LOGIN IN ROLE productgraph_owner');
my $url = $node->connstr('postgres') . ' user=keeper';
my @maintain = ('--maintain-interval-seconds', 1, '--maintain-database-url', $url);
my $sum = sub { my ($name, @of) = @_; my $total = 0; $total += $_->metric($name) for @of; return $total };
my $done = sub { return $sum->('maintain_runs_total{result="done"}', @_) };

my $off = Sidecar->start($node)->await_ready;
unlike($off->request('GET', '/metrics')->{body}, qr/maintain/, 'nothing is said of maintenance where it is off');
$off->stop;

my @two = map { Sidecar->start($node, @maintain)->await_ready } 1, 2;
my $started = time;
Sidecar::await(sub { $done->(@two) >= 4 }, 'the store is maintained');
# Rounds are at least 0.9 s apart at each, and at both together no closer than 0.8 s.
cmp_ok($done->(@two), '<=', 3 + (time - $started) / 0.8, 'not more often by two than by one');
my $runs = $node->safe_psql('postgres', q{SELECT count(*) FROM productgraph.maintenance_runs WHERE task = 'tasks failed' AND role = 'keeper'});
cmp_ok($runs, '>=', 4, 'by the role of its own');
Sidecar::await(sub { $sum->('maintain_runs_total{result="recent"}', @two) > 0 }, 'what one did lately the other leaves');
cmp_ok(abs($two[0]->metric('maintain_last_success_timestamp_seconds') - time), '<', 30, 'both know when it was done');
cmp_ok($sum->('maintain_seconds_count', @two), '==', $done->(@two), 'and how long it took');
like($two[0]->log_text . $two[1]->log_text, qr/"message":"maintained the store","calls":\d+,"failed_tasks":0/, 'the log tells');

# What another session does.
my $other = $node->background_psql('postgres');
$other->query_safe('BEGIN; SELECT * FROM productgraph.maintain()');
my $busy = 'maintain_runs_total{result="busy"}';
Sidecar::await(sub { $_->metric($busy) > 0 } , 'one that is at it is not waited for') for @two;
$other->query_safe('ROLLBACK');

# While maintenance stands still, events are taken, and a sidecar stops; its session ends.
$other->query_safe('BEGIN; LOCK TABLE productgraph.organization_members IN ACCESS EXCLUSIVE MODE');
my $waits = q{SELECT count(*) FROM pg_stat_activity WHERE usename = 'keeper' AND wait_event_type = 'Lock'};
Sidecar::await(sub { $node->safe_psql('postgres', $waits) == 1 }, 'maintenance is held up');
is($_->request('GET', '/ready')->{status}, 200, 'a sidecar is ready meanwhile') for @two;
is($_->post([])->{status}, 202, 'and answers') for @two;
my $stopping = time;
is($_->stop, 0, 'it stops') for @two;
cmp_ok(time - $stopping, '<', 10, 'at once');
Sidecar::await(sub { $node->safe_psql('postgres', $waits) == 0 }, 'and its session ends with it');
$other->query_safe('ROLLBACK');
$other->quit;

# An outage.
my $one = Sidecar->start($node, @maintain)->await_ready;
Sidecar::await(sub { $done->($one) > 0 }, 'a new one maintains');
$node->stop('fast');
Sidecar::await(sub { $one->metric('maintain_runs_total{result="unreachable"}') > 0 }, 'an outage is counted');
$node->start;
my $before = $done->($one);
Sidecar::await(sub { $done->($one) > $before }, 'and survived');

# A task that fails, and a role that may not.
$node->safe_psql('postgres', 'ALTER FUNCTION productgraph.forget_event_keys(timestamptz, bigint, bigint) RENAME TO forget');
Sidecar::await(sub { $one->metric('maintain_runs_total{result="failed"}') > 0 }, 'a task that fails is counted');
like($one->log_text, qr/"level":"warning","message":"maintained the store","calls":1,"failed_tasks":1/, 'and logged');
my $powerless = Sidecar->start($node, '--maintain-interval-seconds', 1, '--maintain-database-url', $node->connstr('postgres') . ' user=sidecar')->await_ready;
Sidecar::await(sub { $powerless->log_text =~ /"message":"maintain\(\) failed","sqlstate":"42501","detail":"the role .* grant it productgraph_owner, and run SELECT productgraph\.setup\(\)"/ }, 'the role that takes events may not maintain');

# The alerts are about metrics that there are.
my $rules = slurp_file("$FindBin::RealBin/../../packaging/prometheus/productgraph.rules.yml");
my %named = map { $_ => 1 } $rules =~ /\b(productgraph_sidecar_[a-z_]+)/g;
my $metrics = $one->request('GET', '/metrics')->{body};
cmp_ok(scalar keys %named, '>', 5, 'the alerts name metrics');
like($metrics, qr/^# TYPE \Q@{[ $_ =~ s{_bucket$}{}r ]}\E /m, "$_ exists") for sort keys %named;
done_testing();
