# Whoever sends more often than the operator allows hears 429, which limit it was and when to come back; nobody else is
# held back, and without being told to the sidecar limits nobody.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
my %key = map { $_ => Sidecar::create_key($node, $_) } qw(one two);
my $sidecar;
# How many of so many requests are accepted, and the last refusal.
my $send = sub {
	my ($count, @headers) = @_;
	my ($accepted, $refusal) = (0, undef);
	for (1 .. $count)
	{
		my $answer = $sidecar->post('[]', @headers);
		$answer->{status} == 202 ? ++$accepted : ($refusal = $answer);
	}
	return ($accepted, $refusal);
};
my $is_refusal = sub {
	my ($answer, $limit) = @_;
	is($answer->{status}, 429, "$limit: the status");
	like($answer->{headers}{'retry-after'}, qr/^[1-9]\d?$/, "$limit: when to come back");
	my $error = Sidecar::json($answer)->{error};
	is($error->{code}, 'rate_limited', "$limit: the code");
	is($error->{limit}, $limit, "$limit: which limit");
	is($error->{request_id}, $answer->{headers}{'x-request-id'}, "$limit: the request id");
	cmp_ok($sidecar->metric("rate_limited_total{limit=\"$limit\"}"), '>', 0, "$limit: is counted");
};
# One request a second and six at once: a test that takes less than some seconds sees about six.
my @slow = ('--rate-limit-burst-seconds', 6);
my $limited = qr/^[6-9]$/;

$sidecar = Sidecar->start($node)->await_ready;
is(($send->(200, 'X-PG-API-Key' => $key{one}, 'X-Session-ID' => 's'))[0], 200, 'nobody is limited by default');
$sidecar->stop;

$sidecar = Sidecar->start($node, @slow, '--rate-limit-key', 1)->await_ready;
my ($accepted, $refusal) = $send->(30, 'X-PG-API-Key' => $key{one});
like($accepted, $limited, 'a key is limited');
$is_refusal->($refusal, 'key');
is($sidecar->post('[]', 'Authorization' => "Bearer $key{one}")->{status}, 429, 'however it is sent');
is($sidecar->post('[]', 'X-PG-API-Key' => $key{two})->{status}, 202, 'another one is not');
is($sidecar->post('[]')->{status}, 202, 'nor is none');
Sidecar::await(sub { $sidecar->post('[]', 'X-PG-API-Key' => $key{one})->{status} == 202 }, 'a key recovers');
$sidecar->stop;

$sidecar = Sidecar->start($node, @slow, '--rate-limit-session', 1)->await_ready;
($accepted, $refusal) = $send->(30, 'X-Session-ID' => 'busy');
like($accepted, $limited, 'a session is limited');
$is_refusal->($refusal, 'session');
is(($send->(12, 'X-Session-ID' => $_))[0], 12, 'what is no session id is ignored') for "a\tb", 'x' x 256, '';
is(($send->(12, 'X-Session-ID' => 'a', 'X-Session-ID' => 'b'))[0], 12, 'so are two');
is($sidecar->post('[]', 'X-Session-ID' => 'quiet')->{status}, 202, 'another session is not limited');
$sidecar->stop;

$sidecar = Sidecar->start($node, @slow, '--rate-limit-address', 1)->await_ready;
# A header that anybody can write changes nothing.
my $number = 0;
($accepted, $refusal) = (0, undef);
for (1 .. 30)
{
	my $answer = $sidecar->post('[]', 'X-Forwarded-For' => '192.0.2.' . ++$number);
	$answer->{status} == 202 ? ++$accepted : ($refusal = $answer);
}
like($accepted, $limited, 'an address is limited');
$is_refusal->($refusal, 'address');
is($sidecar->post('x', 'Content-Type' => 'text/html')->{status}, 429, 'with wrong requests too');
is($sidecar->request('GET', '/health')->{status}, 200, 'but not in asking for health');
is($sidecar->request('OPTIONS', '/v1/events', [ Origin => 'https://a.example' ])->{status}, 204, 'nor in asking what is allowed');
# A refusal does not cost the connection.
my $socket = $sidecar->connect;
print $socket Sidecar::compose('POST', '/v1/events', [], '[]') x 2;
my $rest = '';
is(Sidecar::read_answer($socket, \$rest)->{status}, 429, 'refused');
is(Sidecar::read_answer($socket, \$rest)->{status}, 429, 'and heard again on the same connection');
# Unless nobody can tell where the request ends.
my $smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
my $answers;
Sidecar::await(sub {
	$answers = $sidecar->raw("POST /v1/events HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n$smuggled");
	return $answers =~ /^HTTP\/1\.1 429 /;
}, 'an ambiguous request is limited');
like($answers, qr/Connection: close/, 'its connection is closed');
unlike($answers, qr/HTTP\/1.*HTTP\/1/s, 'so that nothing is smuggled');
Sidecar::await(sub {
	return $sidecar->raw("POST /v1/events HTTP/1.1\r\nHost: h\r\nno header\r\n\r\n") =~ /^HTTP\/1\.1 429 /;
}, 'so is one that cannot be read');
$sidecar->stop;

$sidecar = Sidecar->start($node, @slow, '--rate-limit-address', 1, '--trusted-proxies', '127.0.0.0/8, 10.1.0.0/16')->await_ready;
my $behind = sub { return ($send->(15, map { ('X-Forwarded-For' => $_) } @_))[0] };
like($behind->('192.0.2.1'), $limited, 'behind a proxy clients are told apart');
like($behind->('192.0.2.2'), $limited, 'each has its own bucket');
cmp_ok($behind->('192.0.2.1:4711'), '<', 4, 'with a port it is the same client');
cmp_ok($behind->('198.51.100.7, 192.0.2.2'), '<', 3, 'what stands before the client is not believed');
cmp_ok($behind->('192.0.2.2, 10.1.2.3'), '<', 3, 'trusted proxies are passed over');
cmp_ok($behind->('198.51.100.8', '192.0.2.2'), '<', 3, 'in several headers as in one');
like($behind->('2001:db8::1'), $limited, 'IPv6');
cmp_ok($behind->('[2001:db8::2]:443'), '<', 4, 'a whole /64 is one client');
like($behind->('2001:db8:0:1::1'), $limited, 'another /64 is another');
like($behind->('garbage'), $limited, 'what is no address leaves the proxy itself');
cmp_ok($behind->('192.0.2.77, garbage'), '<', 4, 'also before it');
$sidecar->stop;

# Many names at once, more than there is room for: who is held back stays held back.
$sidecar = Sidecar->start($node, '--rate-limit-burst-seconds', 600, '--rate-limit-session', 1, '--rate-limit-entries', 1024)->await_ready;
# How many are refused of requests of these sessions, sent ahead on one connection.
my $refused = sub {
	my @sessions = @_;
	my ($socket, $rest, $count) = ($sidecar->connect, '', 0);
	while (my @some = splice @sessions, 0, 50)
	{
		print $socket map { Sidecar::compose('POST', '/v1/events', [ 'X-Session-ID' => $_ ], '[]') } @some;
		$count += Sidecar::read_answer($socket, \$rest)->{status} == 429 for @some;
	}
	return $count;
};
cmp_ok($refused->(('hog') x 650), '>', 0, 'a hog is held back');
is($refused->(map { "name-$_" } 1 .. 5000), 0, 'thousands of others are not');
cmp_ok($refused->(('hog') x 20), '>=', 10, 'the hog still is');
$sidecar->stop;

for my $wrong ([ 'trusted-proxies', '10.0.0.0/33' ], [ 'trusted-proxies', 'proxy.example' ], [ 'trusted-proxies', '::1/129' ], [ 'rate-limit-key', '-1' ])
{
	my ($out, $err);
	IPC::Run::run([ $ENV{PRODUCTGRAPH_SIDECAR}, '--check-config', "--$wrong->[0]", $wrong->[1] ], '<', \'', '>', \$out, '2>', \$err);
	is($? >> 8, 2, "$wrong->[0] $wrong->[1] is refused");
	like($err, qr/$wrong->[0]/, 'and named');
}
done_testing();
