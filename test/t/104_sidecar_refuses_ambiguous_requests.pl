# A request whose end two servers could see in different places is answered 400 and the connection closed, so that
# what follows is never read as a request.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Sidecar;
use Test::More;

my $sidecar = Sidecar->start('host=/nowhere');
my $smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

for my $headers (
	"Content-Length: 6\r\nTransfer-Encoding: chunked",
	"Transfer-Encoding: chunked\r\nContent-Length: 6",
	'Transfer-Encoding: identity',
	'Transfer-Encoding: gzip',
	'Transfer-Encoding: gzip, chunked',
	'Transfer-Encoding: chunked, x',
	'Transfer-Encoding: chunked, chunked',
	"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
	"Transfer-Encoding: \x0bchunked",
	'Transfer-Encoding : chunked',
	"Content-Length: 0\r\nContent-Length: 5",
	"Content-Length: 5\r\nContent-Length: 5",
	'Content-Length: 5, 5',
	'Content-Length: +5',
	'Content-Length: 0x5',
	'Content-Length: -5',
	"Content-Length : 5",
	"Host: other\r\nContent-Length: 0",
	"Content-Length: 5\nX: y",
	"no colon")
{
	my $answer = $sidecar->raw("POST /v1/events HTTP/1.1\r\nHost: h\r\n$headers\r\n\r\n0\r\n\r\n$smuggled");
	(my $name = $headers) =~ s/\r?\n/ | /;
	like($answer, qr/^HTTP\/1\.1 400 /, "$name: 400");
	like($answer, qr/\r\nX-Request-ID: \S+\r\n/, "$name: request id");
	like($answer, qr/\r\nConnection: close\r\n/, "$name: closes");
	unlike($answer, qr/HTTP\/1.*HTTP\/1/s, "$name: one answer");
}
like($sidecar->raw("GET /health HTTP/1.1\r\n\r\n"), qr/^HTTP\/1\.1 400 /, 'no Host');
like($sidecar->raw("POST /v1/events HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), qr/^HTTP\/1\.[01] 400 /, 'chunks in HTTP/1.0');
like($sidecar->raw("GET /health HTTP/2.0\r\nHost: h\r\n\r\n"), qr/^HTTP\/1\.1 505 /, 'another version');
like($sidecar->raw("GET /health HTTP/1.0\r\n\r\n"), qr/^HTTP\/1\.0 200 /, 'HTTP/1.0 needs no Host');
like($sidecar->raw("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), qr/^HTTP\/1\.1 400 /, 'TLS to a plain port');
is($sidecar->metric('requests_total{route="other",status="404"}'), 0, 'nothing smuggled was served');
is($sidecar->request('GET', '/health')->{status}, 200, 'it still serves');
done_testing();
