# No body makes the sidecar hold more than the limit, whatever the client claims or hides in gzip.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use IO::Compress::Gzip qw(gzip);
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
my $sidecar = Sidecar->start($node, '--max-body-bytes', 100_000)->await_ready;
my @json = ('Content-Type' => 'application/json');
my $rss = sub { open my $f, '<', "/proc/$sidecar->{pid}/status"; my ($kb) = map { /VmRSS:\s+(\d+)/ } <$f>; $kb };
my $before = $rss->();

my $bomb = "\0" x 50_000_000;
gzip(\$bomb => \my $compressed, -Level => 9);
cmp_ok(length $compressed, '<', 100_000, 'the bomb is small');
is($sidecar->post($compressed, 'Content-Encoding' => 'gzip')->{status}, 413, 'a gzip bomb');

my $text = '[' . ' ' x 99_998 . ']';
is($sidecar->post($text)->{status}, 202, 'a body of exactly the limit');
gzip(\$text => \$compressed);
is($sidecar->post($compressed, 'Content-Encoding' => 'gzip')->{status}, 202, 'the same inflated');
is($sidecar->post("$text ")->{status}, 413, 'one byte more');
$text .= ' ';
gzip(\$text => \my $longer);
is($sidecar->post($longer, 'Content-Encoding' => 'gzip')->{status}, 413, 'the same inflated');

is($sidecar->post(substr($compressed, 0, -9), 'Content-Encoding' => 'gzip')->{status}, 400, 'truncated gzip');
is($sidecar->post($compressed . 'x', 'Content-Encoding' => 'gzip')->{status}, 400, 'rubbish after gzip');

my $chunk = "8000\r\n" . ' ' x 0x8000 . "\r\n";
is($sidecar->request('POST', '/v1/events', [ @json, 'Transfer-Encoding' => 'chunked' ], $chunk x 4 . "0\r\n\r\n")->{status},
	413, 'chunks beyond the limit');
is($sidecar->request('POST', '/v1/events', [ @json, 'Transfer-Encoding' => 'chunked' ], "zz\r\n[]\r\n0\r\n\r\n")->{status},
	400, 'a chunk without a size');
is($sidecar->request('POST', '/v1/events', [ @json, 'Transfer-Encoding' => 'chunked' ], "ffffffffffffffff\r\n[]\r\n")->{status},
	413, 'a chunk that announces all the bytes there are');

# The claim is longer than what is sent.
my $socket = $sidecar->connect;
print $socket Sidecar::compose('POST', '/v1/events', [ @json, 'Content-Length' => 90_000 ], '[]');
shutdown $socket, 1;
is(Sidecar::read_answer($socket)->{status}, 400, 'a body shorter than its Content-Length');

# The claim is shorter: what is too much is not part of the body, and no request either.
my $answer = $sidecar->raw(Sidecar::compose('POST', '/v1/events', [ @json, 'Content-Length' => 2 ], "[]more\r\n\r\n"));
like($answer, qr/^HTTP\/1\.1 202 .*HTTP\/1\.1 400 /s, 'a body longer than its Content-Length');

cmp_ok($rss->() - $before, '<', 20_000, 'memory grew by less than 20 MB');
is($sidecar->metric('buffer_bytes'), 0, 'no bytes are left behind');
done_testing();
