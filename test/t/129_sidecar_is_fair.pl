# A key that floods delays and loses its own requests only: the keys take turns, in waiting and in a full queue.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
my ($noisy, $quiet) = map { Sidecar::create_key($node, $_) } qw(noisy quiet);
Sidecar::inject_faults($node);
my @one = ('--workers', 1, '--pool-size', 1, '--batch-requests', 4);
my $sidecar = Sidecar->start($node, @one, '--queue-requests', 40)->await_ready;

sub begin
{
	my ($id, $key, %more) = @_;
	my $socket = $sidecar->connect;
	print $socket Sidecar::compose('POST', '/v1/events', [ 'X-PG-API-Key' => $key ],
		'[' . JSON::PP::encode_json(Sidecar::event($id, %more)) . ']');
	return $socket;
}

my $hold = Sidecar::hold($node);
my $busy = begin('busy', $noisy, 'event.name' => 'HOLD');
Sidecar::await(sub { Sidecar::held($node) == 1 }, 'the only connection is busy');
my %noisy = map { ("n$_" => begin("n$_", $noisy)) } 1 .. 40;
Sidecar::await(sub { $sidecar->metric('queue_requests') == 40 }, 'one key fills the queue');
is(Sidecar::read_answer(begin('n41', $noisy))->{status}, 503, 'it gets no more in');
is($sidecar->metric('limits_reached_total{limit="queue-requests"}'), 1, 'which is counted');
my %quiet;
for (1 .. 6)
{
	$quiet{"q$_"} = begin("q$_", $quiet);
	Sidecar::await(sub { $sidecar->metric('limits_reached_total{limit="queue-requests"}') == 1 + $_ }, 'another key makes room');
}
is($sidecar->metric('queue_requests'), 40, 'the queue is full, not fuller');
Sidecar::release($hold);
my %status = map { my $socket = { %noisy, %quiet }->{$_}; ($_ => Sidecar::read_answer($socket)) } keys %noisy, keys %quiet;
is(Sidecar::read_answer($busy)->{status}, 202, 'the first one is served');
is(scalar(grep { $status{$_}{status} == 202 } keys %quiet), 6, 'all of the quiet key are served');
my @refused = grep { $status{$_}{status} == 503 } keys %noisy;
is_deeply([ sort @refused ], [ map { "n$_" } 35 .. 40 ], 'the newest of the noisy key made room');
is(scalar(grep { $status{$_}{headers}{'retry-after'} eq '1' } @refused), 6, 'and were told when to come back');
# Four requests a statement: with turns, the six of the quiet key are in the first three after the one that was held.
my $before = $node->safe_psql('postgres', q{SELECT count(DISTINCT received_at) FROM productgraph.events e
	WHERE event_id ~ '^[nq]' AND received_at <= (SELECT max(received_at) FROM productgraph.events WHERE event_id ~ '^q')});
cmp_ok($before, '<=', 3, 'the quiet key waited for no more than its turns');
$sidecar->stop;

# In bytes, too.
$sidecar = Sidecar->start($node, @one, '--max-body-bytes', 100_000, '--buffer-bytes', 1_000_000, '--queue-key-bytes', 200_000)->await_ready;
$hold = Sidecar::hold($node);
$busy = begin('busy2', $noisy, 'event.name' => 'HOLD');
Sidecar::await(sub { Sidecar::held($node) == 1 }, 'the connection is busy again');
my @large = map { begin("l$_", $noisy, metadata => { f => 'x' x 60_000 }) } 1 .. 3;
Sidecar::await(sub { $sidecar->metric('queue_requests') == 3 }, 'three large bodies wait');
my $answer = Sidecar::read_answer(begin('l4', $noisy, metadata => { f => 'x' x 60_000 }));
is($answer->{status}, 503, 'the fourth is beyond the share of a key');
is(Sidecar::json($answer)->{error}{code}, 'overloaded', 'with a code');
is($sidecar->metric('limits_reached_total{limit="queue-key-bytes"}'), 1, 'and counted');
my $other = begin('l5', $quiet, metadata => { f => 'x' x 60_000 });
Sidecar::await(sub { $sidecar->metric('queue_requests') == 4 }, 'another key has its own');
cmp_ok($sidecar->metric('queue_bytes'), '>', 240_000, 'what waits is measured');
Sidecar::release($hold);
is(scalar(grep { Sidecar::read_answer($_)->{status} == 202 } @large, $other, $busy), 5, 'all that waited is served');
done_testing();
