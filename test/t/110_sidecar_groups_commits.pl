# Requests that arrive while the database is busy are committed together.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
Sidecar::inject_faults($node);
my $sidecar = Sidecar->start($node, '--workers', 1, '--pool-size', 1, '--batch-requests', 16)->await_ready;
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
$sockets{"e$_"} = $send->("e$_") for 1 .. 40;
Sidecar::await(sub { $sidecar->metric('queue_requests') == 40 }, 'the others wait');
Sidecar::release($hold);
my $right = 0;
for my $id (keys %sockets)
{
	my $answer = Sidecar::read_answer($sockets{$id});
	++$right if $answer->{status} == 202 && $answer->{headers}{'x-request-id'} eq $id && Sidecar::json($answer)->{accepted} == 1;
}
is($right, 41, 'each gets its own answer');
is($node->safe_psql('postgres', 'SELECT string_agg(requests::text, $$,$$ ORDER BY requests) FROM calls'),
	'1,8,16,16', 'in four statements, up to the limit');
is($sidecar->metric('statement_requests_count'), 4, 'which the metrics tell too');
is($node->safe_psql('postgres', 'SELECT count(*) FROM productgraph.events'), 41, 'all events are stored');
done_testing();
