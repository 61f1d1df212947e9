# On SIGTERM the sidecar answers what it has begun, takes nothing new and exits with 0; a second signal ends it now.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
Sidecar::inject_faults($node);
my $sidecar = Sidecar->start($node)->await_ready;
my $begin = sub {
	my ($id) = @_;
	my $socket = $sidecar->connect;
	print $socket Sidecar::compose('POST', '/v1/events', [],
		'[' . JSON::PP::encode_json(Sidecar::event($id, 'event.name' => 'HOLD')) . ']');
	Sidecar::await(sub { Sidecar::held($node) == 1 }, "$id is in the database");
	return $socket;
};

my $idle = $sidecar->connect;
print $idle Sidecar::compose('GET', '/health', []);
Sidecar::read_answer($idle);
my $hold = Sidecar::hold($node);
my $busy = $begin->('in-flight');
my $half = $sidecar->connect;
print $half "GET /ready HTTP/1.1\r\n";
# Its bytes must have been read before the signal.
Sidecar::await(sub { $sidecar->metric('connections') == 4 }, 'all are connected');

$sidecar->signal('TERM');
is(Sidecar::read_all($idle), '', 'an idle connection is closed');
Sidecar::await(sub {
	my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $sidecar->{port});
	return !$socket;
}, 'new connections are refused');
print $half "Host: h\r\n\r\n";
my $answer = Sidecar::read_answer($half);
is($answer->{status}, 503, '/ready fails while stopping');
is($answer->{headers}{connection}, 'close', 'and the connection ends');

Sidecar::release($hold);
$answer = Sidecar::read_answer($busy);
is($answer->{status}, 202, 'what was in flight is answered');
is($answer->{headers}{connection}, 'close', 'and its connection ends');
is($sidecar->ended, 0, 'exit code 0');
is($node->safe_psql('postgres', "SELECT count(*) FROM productgraph.events WHERE event_id = 'in-flight'"), 1, 'it is stored');
like($sidecar->log_text, qr/"message":"stopped"}\n\z/, 'the end is logged');

$sidecar->launch;
$sidecar->await_ready;
$hold = Sidecar::hold($node);
$busy = $begin->('interrupted');
$sidecar->signal('TERM');
Sidecar::await(sub { $sidecar->log_text =~ /"stopping"}\n\z/ }, 'the first signal is heard');
is($sidecar->stop('INT'), 0, 'a second signal ends it at once, with 0');
is(Sidecar::read_answer($busy), undef, 'without an answer');
Sidecar::release($hold);

$sidecar = Sidecar->start($node, '--stop-timeout-ms', 200)->await_ready;
$hold = Sidecar::hold($node);
$busy = $begin->('too-long');
is($sidecar->stop('TERM'), 0, 'the wait is bounded');
Sidecar::release($hold);
done_testing();
