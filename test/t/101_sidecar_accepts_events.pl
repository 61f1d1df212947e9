# Events sent in every way the contract names are answered 202 and are in the table.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use IO::Compress::Gzip qw(gzip);
use JSON::PP ();
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
my $key = $node->safe_psql('postgres',
	"SELECT productgraph.create_api_key((SELECT id FROM productgraph.organizations), 'proj_demo', 'test')");
my $sidecar = Sidecar->start($node)->await_ready;
my $encode = sub { JSON::PP->new->utf8->canonical->encode($_[0]) };

my $answer = $sidecar->post({ events => [ Sidecar::event('object') ] }, 'X-Request-ID' => 'my-id');
is($answer->{status}, 202, 'an object with events');
is_deeply(Sidecar::json($answer), { accepted => 1, rejected => 0, duplicates => 0, errors => [] }, 'its answer');
is($answer->{headers}{'x-request-id'}, 'my-id', 'the request id comes back');
is($answer->{headers}{'content-type'}, 'application/json', 'the answer is JSON');

my %ways = (
	'array' => [ $encode->([ Sidecar::event('array') ]) ],
	'no-type' => [ $encode->([ Sidecar::event('no-type') ]), 'Content-Type' => '' ],
	'charset' => [ $encode->([ Sidecar::event('charset') ]), 'Content-Type' => 'application/json; charset=utf-8' ],
	'ndjson' => [ $encode->(Sidecar::event('ndjson')) . "\n", 'Content-Type' => 'application/x-ndjson' ],
	'key' => [ $encode->([ Sidecar::event('key') ]), 'X-PG-API-Key' => $key ],
	'bearer' => [ $encode->([ Sidecar::event('bearer') ]), 'Authorization' => "Bearer $key" ],
);
my $plain = $encode->([ Sidecar::event('gzip') ]);
gzip(\$plain => \my $compressed);
$ways{gzip} = [ $compressed, 'Content-Encoding' => 'gzip' ];
for my $way (sort keys %ways)
{
	$answer = $sidecar->post(@{ $ways{$way} });
	is($answer->{status}, 202, "$way is accepted") or diag $answer->{body};
}

$answer = $sidecar->request(
	'POST', "/v1/events?api_key=$key",
	[ 'Content-Type' => 'text/plain;charset=UTF-8', 'Origin' => 'https://shop.example' ],
	$encode->({ events => [ Sidecar::event('beacon') ] }));
is($answer->{status}, 202, 'a beacon with its key in the query is accepted');

my $chunks = $encode->([ Sidecar::event('chunked') ]);
$chunks = sprintf("5\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", substr($chunks, 0, 5), length($chunks) - 5, substr $chunks, 5);
$answer = $sidecar->post($chunks, 'Transfer-Encoding' => 'chunked');
is($answer->{status}, 202, 'chunks are put together');

is( $node->safe_psql('postgres', 'SELECT string_agg(event_id, \',\' ORDER BY event_id COLLATE "C") FROM productgraph.events'),
	'array,beacon,bearer,charset,chunked,gzip,key,ndjson,no-type,object',
	'all are in the table');

$answer = Sidecar::json($sidecar->post([ Sidecar::event('object'), Sidecar::event('') ]));
is($answer->{duplicates}, 1, 'a repeated event is a duplicate');
is($answer->{accepted}, 1, 'and counts as accepted');
is($answer->{errors}[0]{error}, 'event_id: required', 'a bad event is rejected alone');

# What a client does that waits to be asked for the body.
my $socket = $sidecar->connect;
my $body = $encode->([ Sidecar::event('asked') ]);
print $socket Sidecar::compose('POST', '/v1/events', [ 'Expect' => '100-continue', 'Content-Length' => length $body ]);
is(Sidecar::read_answer($socket)->{status}, 100, 'Expect: 100-continue is answered');
print $socket $body;
is(Sidecar::read_answer($socket)->{status}, 202, 'and then the body is taken');

is($sidecar->metric('events_accepted_total'), 12, 'accepted events are counted, duplicates too');
is($sidecar->metric('events_duplicates_total'), 1, 'duplicates are counted');
is($sidecar->metric('events_rejected_total'), 1, 'rejected events are counted');
done_testing();
