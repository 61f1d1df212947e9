# A request that makes the statement fail does not fail those it was to be committed with.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
Sidecar::inject_faults($node);
my $sidecar = Sidecar->start($node, '--workers', 1, '--pool-size', 1)->await_ready;
my $hold = Sidecar::hold($node);
my $send = sub {
	my ($id, @more) = @_;
	my $socket = $sidecar->connect;
	print $socket Sidecar::compose('POST', '/v1/events', [ 'X-Request-ID' => $id ],
		'[' . JSON::PP::encode_json(Sidecar::event($id, @more)) . ']');
	return $socket;
};
my %sockets = (first => $send->('first', 'event.name' => 'HOLD'));
Sidecar::await(sub { Sidecar::held($node) == 1 }, 'the only connection is busy');
$sockets{"e$_"} = $send->("e$_", 'event.name' => $_ == 5 ? 'POISON' : 'fine') for 1 .. 10;
Sidecar::await(sub { $sidecar->metric('queue_requests') == 10 }, 'the others wait');
Sidecar::release($hold);
my %answers = map { $_ => Sidecar::read_answer($sockets{$_}) } keys %sockets;
my $poisoned = delete $answers{e5};
is($poisoned->{status}, 500, 'the poison is answered 500');
is(Sidecar::json($poisoned)->{error}{code}, 'internal', 'with a code');
is(Sidecar::json($poisoned)->{error}{request_id}, 'e5', 'and its request id');
is(scalar(grep { $_->{status} == 202 } values %answers), 10, 'all others are accepted');
is($node->safe_psql('postgres', 'SELECT count(*) FROM productgraph.events'), 10, 'and stored');
like($sidecar->log_text, qr/"sqlstate":"XX000","request_id":"e5"/, 'the log names it');
is($sidecar->request('GET', '/ready')->{status}, 200, 'the sidecar stays ready');
$sidecar->stop;

# So it is with one that takes too long: it is told to come back, the others are done.
$sidecar = Sidecar->start($node, '--workers', 1, '--pool-size', 1, '--statement-timeout-ms', 500)->await_ready;
$hold = Sidecar::hold($node);
%sockets = (slow1 => $send->("slow1", "event.name" => "HOLD"));
Sidecar::await(sub { Sidecar::held($node) == 1 }, "the only connection is busy");
$sockets{$_} = $send->($_, "event.name" => /slow/ ? "HOLD" : "fine") for "f1", "f2", "slow2", "f3";
%answers = map { $_ => Sidecar::read_answer($sockets{$_})->{status} } keys %sockets;
is_deeply(\%answers, { slow1 => 503, slow2 => 503, f1 => 202, f2 => 202, f3 => 202 }, "only the slow ones are refused");
Sidecar::release($hold);

# A constraint of one's own, or a partition that is not there, refuses the whole request, and no other.
my $stored = 'SELECT count(*) FROM productgraph.events WHERE event_id ~ $$^c$$';
sub status_of
{
	return $sidecar->request('POST', '/v1/events', [], '[' . join(',', map { JSON::PP::encode_json($_) } @_) . ']')->{status};
}
$node->safe_psql('postgres', q{ALTER TABLE productgraph.events ADD CONSTRAINT mine CHECK (event_name <> 'bad')});
is(status_of(Sidecar::event('c1', 'event.name' => 'fine'), Sidecar::event('c2', 'event.name' => 'bad')), 500, 'an event that violates a constraint');
is($node->safe_psql('postgres', $stored), 0, 'nothing of its request is stored');
is(status_of(Sidecar::event('c1', 'event.name' => 'fine')), 202, 'without it the rest is');
$node->safe_psql('postgres', 'ALTER TABLE productgraph.events DROP CONSTRAINT mine; ALTER TABLE productgraph.events DETACH PARTITION productgraph.events_default');
is(status_of(Sidecar::event('c3'), Sidecar::event('c4', 'event.timestamp' => '1970-06-01T00:00:00Z')), 500, 'an event for which there is no partition');
is($node->safe_psql('postgres', $stored), 1, 'nothing of its request is stored either');
done_testing();
