# Even the most talkative log has no key, no query string and no body in it, and is JSON in every line.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use JSON::PP ();
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
Sidecar::inject_faults($node);
my $sidecar = Sidecar->start($node, '--log-level', 'debug')->await_ready;
my $body = JSON::PP::encode_json([ Sidecar::event('CANARY-BODY') ]);
$sidecar->post($body, 'X-PG-API-Key' => 'CANARY-KEY');
$sidecar->post($body, 'Authorization' => 'Bearer CANARY-KEY');
$sidecar->request('POST', '/v1/events?api_key=CANARY-KEY&x=CANARY-QUERY', [], $body);
$sidecar->request('GET', '/CANARY-PATH?CANARY-QUERY');
$sidecar->post('POISON CANARY-BODY');
$sidecar->raw("CANARY-HEADER: x\r\n\r\n");
$node->stop('fast');
Sidecar::await(sub { $sidecar->log_text =~ /database connection is down/ }, 'the outage is logged');
$sidecar->stop;

my $log = $sidecar->log_text;
unlike($log, qr/CANARY/, 'no canary');
my $whole = eval { JSON::PP::decode_json($_) for split /\n/, $log; 1 };
ok($whole, 'every line is JSON') or diag $@;
like($log, qr/"message":"request","route":"\/v1\/events","status":401/, 'requests are logged by route and status');
done_testing();
