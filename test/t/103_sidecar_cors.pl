# A page of another origin may send events with credentials, when its origin is allowed.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Sidecar;
use Test::More;

my $origin = 'https://shop.example';
my @preflight = (
	'Origin' => $origin,
	'Access-Control-Request-Method' => 'POST',
	'Access-Control-Request-Headers' => 'content-type,x-pg-api-key,x-session-id');

# No database is needed to answer a browser.
my $any = Sidecar->start('host=/nowhere');
my $answer = $any->request('OPTIONS', '/v1/events', \@preflight);
is($answer->{status}, 204, 'preflight');
is($answer->{headers}{'access-control-allow-origin'}, $origin, 'the origin is echoed, not *');
is($answer->{headers}{'access-control-allow-credentials'}, 'true', 'credentials are allowed');
is($answer->{headers}{'access-control-max-age'}, 86400, 'the preflight may be cached');
like($answer->{headers}{'access-control-allow-methods'}, qr/\bPOST\b/, 'POST is allowed');
like($answer->{headers}{'access-control-allow-headers'}, qr/\b$_\b/i, "$_ is allowed")
  for 'Content-Type', 'Content-Encoding', 'X-PG-API-Key', 'Authorization', 'X-Session-ID', 'X-Request-ID';
is($answer->{headers}{vary}, 'Origin', 'caches keep origins apart');

$answer = $any->post([], 'Origin' => $origin);
is($answer->{status}, 503, 'there is no database');
is($answer->{headers}{'access-control-allow-origin'}, $origin, 'a page can read errors too');
like($answer->{headers}{'access-control-expose-headers'}, qr/X-Request-ID/, 'and the request id');
$answer = $any->raw("GET /health HTTP/1.1\r\nOrigin: $origin\r\n\r\n");
like($answer, qr/^HTTP\/1.1 400 .*Access-Control-Allow-Origin: \Q$origin\E\r/s, 'even of a malformed request');

my $some = Sidecar->start('host=/nowhere', '--cors-origins', "https://a.example, $origin");
is($some->request('OPTIONS', '/v1/events', \@preflight)->{headers}{'access-control-allow-origin'},
	$origin, 'a listed origin is allowed');
$preflight[1] = 'https://evil.example';
$answer = $some->request('OPTIONS', '/v1/events', \@preflight);
ok(!exists $answer->{headers}{'access-control-allow-origin'}, 'another one is not');
done_testing();
