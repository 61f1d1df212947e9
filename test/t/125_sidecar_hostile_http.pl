# Clients that mean harm cost no more than their own connection: others are served meanwhile, memory stays bounded, and
# nothing of it is taken for events.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
my $sidecar = Sidecar->start($node, '--max-body-bytes', 1_000_000, '--body-timeout-ms', 2000, '--max-connections', 6000)->await_ready;
my $memory = sub { open my $f, '<', "/proc/$sidecar->{pid}/status"; my ($kb) = map { /VmRSS:\s+(\d+)/ } <$f>; $kb };
my @json = ('Content-Type' => 'application/json');
my $serves = sub { is($sidecar->post([ Sidecar::event("$_[0] $$") ])->{status}, 202, "$_[0]: others are served") };
local $SIG{PIPE} = 'IGNORE';

# Writes until it has said all or nobody listens; what was answered.
sub insist
{
	my ($head, $piece, $times) = @_;
	my $socket = $sidecar->connect;
	print $socket $head;
	for (1 .. $times)
	{
		last if IO::Select->new($socket)->can_read(0) || !print $socket $piece;
	}
	my $answer = eval { Sidecar::read_answer($socket) };
	return $answer ? $answer->{status} : 'closed';
}

my $before = $memory->();
my $head = "POST /v1/events HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n";
my $chunked = "${head}Transfer-Encoding: chunked\r\n\r\n";
my $megabyte = ' ' x 1_048_576;

is(insist("${head}Content-Length: 104857600\r\n\r\n", $megabyte, 100), 413, '100 MB that are announced');
is(insist($chunked, sprintf("%x\r\n%s\r\n", length $megabyte, $megabyte), 100), 413, '100 MB in chunks');
is(insist($chunked, "1\r\n \r\n" x 1000, 2000), 413, 'two million chunks of a byte');
is(insist($chunked, "1;" . 'x' x 60_000 . "\r\n \r\n", 1000), 400, 'chunks with long extensions');
is(insist("${chunked}2\r\n[]\r\n0\r\n", 'X-Trailer: ' . 'x' x 1000 . "\r\n", 10_000), 400, 'trailers without end');
is(insist($chunked, '0' x 100_000, 100), 400, 'a size of many digits');
is(insist('', 'X' x 65536, 1000), 431, 'a request line without end');
is(insist("GET /health HTTP/1.1\r\nHost: h\r\n", "X-Filler: x\r\n", 1_000_000), 431, 'headers without end');
is(insist("GET /health HTTP/1.1\r\nHost: h\r\nX-Fold: a\r\n", " folded\r\n", 1_000_000), 431, 'a folded header without end');
$serves->('floods');
cmp_ok($memory->() - $before, '<', 30_000, 'memory grew by less than 30 MB');

# What is wrong in other ways.
for (
	[ "GET /health HTTP/1.1\nHost: h\n\n", 505, 'bare line feeds' ],
	[ "GET /health HTTP/1.1\r\nHost: h\r\nX-Null: a\0b\r\n\r\n", 400, 'NUL in a header' ],
	[ "GET /hea\0lth HTTP/1.1\r\nHost: h\r\n\r\n", 400, 'NUL in the target' ],
	[ "GET /health HTTP/1.1\r\nHost: h\r\nX\x80: a\r\n\r\n", 400, 'bytes in a header name' ],
	[ "GET  /health HTTP/1.1\r\nHost: h\r\n\r\n", 400, 'two blanks' ],
	[ "GET /health\r\n\r\n", 400, 'HTTP/0.9' ],
	[ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, 'the preface of HTTP/2' ],
	[ "\r\n\r\n\r\n\r\nGET /health HTTP/1.1\r\nHost: h\r\n\r\n", 400, 'empty lines before a request' ],
	[ "CONNECT example.com:443 HTTP/1.1\r\nHost: h\r\n\r\n", 404, 'CONNECT' ],
	[ "TRACE /v1/events HTTP/1.1\r\nHost: h\r\nX-PG-API-Key: secret\r\n\r\n", 405, 'TRACE' ],
	[ "GET http://evil.example/health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 200, 'a target with a host of its own' ],
	[ "GET /../../etc/passwd HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", 404, 'a path upwards' ],
	[ "POST /v1/events?api_key=%00 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]", 401, 'NUL in a key' ],
	[ "POST /v1/events HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551616\r\n\r\n[]", 400, 'a length beyond 64 bits' ],
	[ "POST /v1/events HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551615\r\n\r\n[]", 413, 'a length of all the bytes there are' ],
	[ "POST /v1/events HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Type: text/html\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]", 415, 'two content types' ])
{
	my ($bytes, $status, $name) = @$_;
	my $answer = $sidecar->raw($bytes =~ s/HTTP\/1.1\r\n(?!.*Connection)/HTTP\/1.1\r\nConnection: close\r\n/sr);
	like($answer, qr/^HTTP\/1\.[01] $status /, $name);
	unlike($answer, qr/secret/, "$name: nothing is echoed");
}

# Answers cannot be split by what is echoed.
my $answer = $sidecar->raw("GET /health HTTP/1.1\r\nHost: h\r\nX-Request-ID: a\r\n Set-Cookie: x=y\r\nOrigin: http://a\r\n\tX: y\r\nConnection: close\r\n\r\n");
unlike($answer, qr/^(Set-Cookie|X):/m, 'folded headers make no headers in the answer');
$answer = $sidecar->request('GET', '/health', [ 'X-Request-ID' => 'one', 'X-Request-ID' => 'two' ]);
like($answer->{headers}{'x-request-id'}, qr/^[0-9a-f-]{36}$/, 'two request ids are replaced by a third');

# Thousands that say nothing, and hundreds that stop in the middle of a body.
# They come from processes of their own, each with the descriptors it may have.
my ($each, $processes) = (900, 5);
$before = $memory->();
pipe(my $wait, my $go) or die $!;
my @idlers;
for my $process (1 .. $processes)
{
	my $pid = fork // die "fork: $!";
	push @idlers, $pid;
	next if $pid;
	close $go;
	eval {
		my @sockets = map { $sidecar->connect } 1 .. $each;
		for my $socket (@sockets[ 0 .. 39 ]) { print $socket "${head}Content-Length: 900000\r\n\r\n["; }
		sysread $wait, my $byte, 1;
	};
	print STDERR "# $@" if $@;
	POSIX::_exit(0);
}
my $sockets = $each * $processes;
Sidecar::await(sub { $sidecar->metric('connections') > $sockets - 40 * $processes }, 'thousands of sockets are open');
$serves->('idle sockets');
cmp_ok(($memory->() - $before) / $sockets, '<', 16, 'an idle socket takes less than 16 kB');
close $go;
waitpid $_, 0 for @idlers;
Sidecar::await(sub { $sidecar->metric('connections') == 1 }, 'they are gone');
is($sidecar->metric('buffer_bytes'), 0, 'no bytes are left behind');
is($node->safe_psql('postgres', 'SELECT count(*) FROM productgraph.events'), 2, 'nothing but our own events was stored');
done_testing();
