# What waits is bounded: in number, in bytes, in time and in connections. Beyond that clients hear 503 and when to
# come back, and whoever waits within it is served.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
Sidecar::inject_faults($node);
my @one = ('--workers', 1, '--pool-size', 1);
my $begin = sub {
	my ($sidecar, $id, $filler) = @_;
	my $socket = $sidecar->connect;
	print $socket Sidecar::compose('POST', '/v1/events', [],
		'[' . JSON::PP::encode_json(Sidecar::event($id, 'event.name' => 'HOLD', 'metadata' => { f => 'x' x ($filler // 0) })) . ']');
	return $socket;
};
my $is_overloaded = sub {
	my ($answer, $code, $what) = @_;
	is($answer->{status}, 503, "$what: 503") or diag $answer->{body};
	is($answer->{headers}{'retry-after'}, 1, "$what: Retry-After");
	is(Sidecar::json($answer)->{error}{code}, $code, "$what: code");
};

my $sidecar = Sidecar->start($node, @one, '--queue-requests', 3)->await_ready;
my $hold = Sidecar::hold($node);
my @busy = $begin->($sidecar, 'n0');
Sidecar::await(sub { Sidecar::held($node) == 1 }, 'the connection is busy');
push @busy, $begin->($sidecar, "n$_") for 1 .. 3;
Sidecar::await(sub { $sidecar->metric('queue_requests') == 3 }, 'the queue is full');
$is_overloaded->($sidecar->post([ Sidecar::event('n4') ]), 'overloaded', 'a full queue');
Sidecar::release($hold);
is(scalar(grep { Sidecar::read_answer($_)->{status} == 202 } @busy), 4, 'those in the queue are served');
is($sidecar->post([ Sidecar::event('n4') ])->{status}, 202, 'and then the one that was refused');
$sidecar->stop;

$sidecar = Sidecar->start($node, @one, '--max-body-bytes', 65536, '--buffer-bytes', 100_000)->await_ready;
$hold = Sidecar::hold($node);
@busy = $begin->($sidecar, 'b0', 60_000);
Sidecar::await(sub { Sidecar::held($node) == 1 }, 'a large body is held');
$is_overloaded->($sidecar->post([ Sidecar::event('b1', metadata => { f => 'x' x 60_000 }) ]), 'overloaded', 'too many bytes');
Sidecar::release($hold);
is(Sidecar::read_answer($busy[0])->{status}, 202, 'the first body is stored');
is($sidecar->metric('buffer_bytes'), 0, 'its bytes are given back');
$sidecar->stop;

$sidecar = Sidecar->start($node, @one, '--request-timeout-ms', 300)->await_ready;
$hold = Sidecar::hold($node);
@busy = $begin->($sidecar, 't0');
$is_overloaded->(Sidecar::read_answer($busy[0]), 'timeout', 'a database that does not answer');
$is_overloaded->($sidecar->post([ Sidecar::event('t1') ]), 'timeout', 'waiting behind it');
my $ready = Sidecar->start($node, @one, '--ready-timeout-ms', 200)->await_ready;
@busy = $begin->($ready, 't2');
Sidecar::await(sub { Sidecar::held($node) == 2 }, 'another sidecar is busy');
is($ready->request('GET', '/ready')->{status}, 503, '/ready is bounded too');
Sidecar::release($hold);
$ready->await_ready;
$_->stop for $ready, $sidecar;

$sidecar = Sidecar->start($node, @one, '--statement-timeout-ms', 200)->await_ready;
$hold = Sidecar::hold($node);
$is_overloaded->(Sidecar::read_answer($begin->($sidecar, 's0')), 'unavailable', 'a statement that takes too long');
Sidecar::release($hold);
is($sidecar->post([ Sidecar::event('s0') ])->{status}, 202, 'the connection goes on');
$sidecar->stop;

$sidecar = Sidecar->start($node, @one, '--max-connections', 5)->await_ready;
Sidecar::await(sub { $sidecar->metric('connections') == 1 }, 'all earlier connections are gone');
my @idle = map { $sidecar->connect } 1 .. 5;
# The kernel has connected them; taken they are in order, so the sixth comes after all of them.
my $answer = Sidecar::read_answer($sidecar->connect);
$is_overloaded->($answer, 'overloaded', 'too many connections');
undef @idle;
Sidecar::await(sub { eval { $sidecar->request('GET', '/health')->{status} == 200 } }, 'connections that ended make room');
done_testing();
