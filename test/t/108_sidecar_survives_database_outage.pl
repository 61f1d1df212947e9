# Without a database events are refused with 503 at once, and taken again by themselves when it is back.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
my $sidecar = Sidecar->start($node)->await_ready;
is($sidecar->post([ Sidecar::event('before') ])->{status}, 202, 'events are taken');

# Idle connections notice by themselves: nothing is sent meanwhile.
$node->stop('fast');
Sidecar::await(sub { $sidecar->metric('pool_up') == 0 }, 'the outage is noticed without traffic');
my $answer = $sidecar->request('GET', '/ready');
is($answer->{status}, 503, '/ready fails');
my $ready = Sidecar::json($answer);
is($ready->{status}, 'unavailable', 'and says so');
like($ready->{reason}, qr/database/, 'with the reason');
unlike($ready->{reason}, qr/sidecar|\Q@{[ $node->host ]}\E/, 'that names no user and no host');
$answer = $sidecar->post([ Sidecar::event('during') ]);
is($answer->{status}, 503, 'events are refused');
is($answer->{headers}{'retry-after'}, 1, 'with Retry-After');
is(Sidecar::json($answer)->{error}{code}, 'unavailable', 'and a code');
is($sidecar->request('GET', '/health')->{status}, 200, '/health does not depend on the database');

$node->start;
$sidecar->await_ready;
Sidecar::await(sub { $sidecar->metric('pool_up') == $sidecar->metric('pool_size') }, 'all connections are back');
is($sidecar->post([ Sidecar::event('after') ])->{status}, 202, 'events are taken again');

# A backend that dies under a request: the answer is no lie and the next one is fine.
Sidecar::inject_faults($node);
my $hold = Sidecar::hold($node);
my $socket = $sidecar->connect;
my $body = '[' . JSON::PP::encode_json(Sidecar::event('killed', 'event.name' => 'HOLD')) . ']';
print $socket Sidecar::compose('POST', '/v1/events', [], $body);
Sidecar::await(sub { Sidecar::held($node) == 1 }, 'the request is in the database');
$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
is(Sidecar::read_answer($socket)->{status}, 503, 'a request whose backend died is answered 503');
Sidecar::release($hold);
is($sidecar->post($body)->{status}, 202, 'and can be sent again');
is($node->safe_psql('postgres', "SELECT count(*) FROM productgraph.events WHERE event_id = 'killed'"), 1, 'stored once');

# Without the store the sidecar says what to do.
$node->safe_psql('postgres', 'CREATE DATABASE bare');
my $bare = Sidecar->start($node->connstr('bare') . ' user=sidecar');
Sidecar::await(sub { $bare->request('GET', '/ready')->{body} =~ /run SELECT productgraph\.setup\(\)/ }, 'the missing store is named');
is($bare->post([])->{status}, 503, 'events are refused without a store');
$node->safe_psql('bare', 'CREATE EXTENSION productgraph; SELECT productgraph.setup()');
$bare->await_ready;
pass('and taken once it is there');
$node->safe_psql('bare', 'CREATE ROLE other; REASSIGN OWNED BY productgraph_owner TO other');
is($bare->post([])->{status}, 503, 'nor are they without an owner that finds keys: these are not called unknown');
$node->safe_psql('bare', 'SELECT productgraph.setup()');
Sidecar::await(sub { $bare->post([])->{status} == 202 }, 'setup() is all that takes');
done_testing();
