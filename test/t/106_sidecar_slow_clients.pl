# A client that stops in the middle of a request is told so and cut off; one that waits between requests is only
# cut off; neither holds a connection longer than the deadline.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
my $sidecar = Sidecar->start($node, '--header-timeout-ms', 200, '--body-timeout-ms', 200, '--idle-timeout-ms', 300,
	'--write-timeout-ms', 300)->await_ready;

like($sidecar->raw("GET /health HTTP/1.1\r\nHo"), qr/^HTTP\/1\.1 408 .*"request_timeout"/s, 'slow headers');
like($sidecar->raw("POST /v1/events HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n[1"),
	qr/^HTTP\/1\.1 408 .*X-Request-ID: .*"request_timeout"/s, 'slow body');
like($sidecar->raw("POST /v1/events HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n["),
	qr/^HTTP\/1\.1 408 /, 'slow chunks');
is($sidecar->raw(''), '', 'an idle connection is closed without a word');
like($sidecar->raw("GET /health HTTP/1.1\r\nHost: h\r\n\r\n"), qr/^HTTP\/1\.1 200 .*\{"status":"ok"\}$/s,
	'also one that was used');

# A byte now and then does not help.
my $drip = $sidecar->connect;
local $SIG{PIPE} = 'IGNORE';
print $drip "GET /health HTTP/1.1\r\n";
my $answer = '';
Sidecar::await(sub {
	print $drip 'X';
	return 0 unless IO::Select->new($drip)->can_read(0);
	sysread $drip, $answer, 4096;
	return 1;
}, 'the drip is cut off');
like($answer, qr/^HTTP\/1\.1 408 /, 'dripping headers');

# A client that asks a lot and reads nothing.
my $deaf = $sidecar->connect;
setsockopt $deaf, Socket::SOL_SOCKET(), Socket::SO_RCVBUF(), 1024;
my $asked = 0;
$deaf->blocking(0);
Sidecar::await(sub {
	my $sent = syswrite $deaf, "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n" x 100;
	$asked += $sent // 0;
	return !defined $sent && !$!{EAGAIN};
}, 'a client that does not read is cut off');
cmp_ok($asked, '>', 0, 'it was served for a while');

Sidecar::await(sub { $sidecar->metric('connections') == 1 }, 'only the asking connection is left');
is($sidecar->request('GET', '/health')->{status}, 200, 'it still serves');
done_testing();
