# With a certificate the sidecar speaks HTTPS, TLS 1.2 and newer alone, and takes a new certificate on SIGHUP without
# disturbing anybody.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Certificates;
use Sidecar;
use Test::More;

my $authority = Certificates::authority('clients');
my ($certificate, $key) = Certificates::issue('clients', 'localhost', 'live');
my ($next, $next_key) = Certificates::issue('clients', 'localhost', 'next');
my $node = Sidecar::start_store();
my $sidecar = Sidecar->start($node, '--tls-certificate-file', $certificate, '--tls-key-file', $key, '--header-timeout-ms',
	1000, '--idle-timeout-ms', 2000);
my @events = ('-H', 'Content-Type: application/json', '--data-binary');

# The output of curl, and its exit code.
sub curl
{
	my ($path, @options) = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'curl', '--silent', '--show-error', '--max-time', 30, '--cacert', $authority, @options, "https://localhost:$sidecar->{port}$path" ],
		'<', \'', '>', \$out, '2>', \$err, IPC::Run::timeout($Sidecar::TIMEOUT));
	return wantarray ? ($out, $? >> 8, $err) : $out;
}

# What openssl's client says of a connection made with some options.
sub s_client
{
	my $out = '';
	IPC::Run::run([ 'openssl', 's_client', '-connect', "127.0.0.1:$sidecar->{port}", @_ ], '<', \'', '>', \$out, '2>&1');
	return $out;
}

sub serial { return Certificates::openssl('x509', '-in', $_[0], '-noout', '-serial'); }
sub served_serial
{
	my ($pem) = s_client('-showcerts') =~ /(-----BEGIN.*?END CERTIFICATE-----)/s;
	PostgreSQL::Test::Utils::append_to_file("$certificate.served", '');
	open my $file, '>', "$certificate.served" or die $!;
	print $file $pem;
	close $file;
	return serial("$certificate.served");
}

Sidecar::await(sub { curl('/ready') =~ /"ready"/ }, 'it is ready');
like(curl('/v1/events', @events, '[' . JSON::PP::encode_json(Sidecar::event('e1')) . ']'), qr/"accepted":1/, 'events are taken');
PostgreSQL::Test::Utils::append_to_file("$certificate.body", '[' . ' ' x 300_000 . ']');
like(curl('/v1/events', @events, "\@$certificate.body"), qr/"accepted":0/, 'a body of many records');
like(curl('/v1/events', '-H', 'Transfer-Encoding: chunked', @events, '[]'), qr/"accepted":0/, 'chunks');
my $two = curl('/health', '--write-out', '%{num_connects}', "https://localhost:$sidecar->{port}/health");
is($two, '{"status":"ok"}1{"status":"ok"}0', 'a connection serves several requests');
my ($out, $code, $err) = curl('/health', '--tls-max', '1.1', '--ciphers', 'DEFAULT@SECLEVEL=0');
isnt($code, 0, 'TLS 1.1 is refused') or diag $out;
is((curl('/health', "--tlsv1.$_", '--tls-max', "1.$_"))[1], 0, "TLS 1.$_ is spoken") for 2, 3;
unlike(s_client('-tls1_2', '-cipher', 'AES128-SHA256:AES128-GCM-SHA256'), qr/Cipher is AES/, 'no key exchange without forward secrecy');

# Those who speak no TLS are closed; those who say nothing are closed in time.
is($sidecar->raw("GET /health HTTP/1.1\r\nHost: h\r\n\r\n") =~ /HTTP\/1.1 200/, '', 'plain HTTP is no way in');
$sidecar->raw('');
$sidecar->raw("\x16\x03\x01\x40\x00");
pass('a silent and a half handshake end');
my $goodbye = s_client('-ign_eof', '-tls1_2');
like($goodbye, qr/^closed$/m, 'an idle connection is closed');
unlike($goodbye, qr/unexpected eof/, 'with a word of TLS');
like(curl('/metrics'), qr/^productgraph_sidecar_tls_failures_total [4-9]$/m, 'they are counted');

# A new certificate.
is(served_serial(), serial($certificate), 'the certificate is the one that was given');
my $open = IPC::Run::start([ 'openssl', 's_client', '-quiet', '-connect', "127.0.0.1:$sidecar->{port}" ], '<', \my $in, '>', \my $answer, '2>', \my $noise);
$in = "GET /health HTTP/1.1\r\nHost: h\r\n\r\n";
$open->pump until $answer =~ /"ok"/;
rename $next, $certificate or die $!;
$sidecar->signal('HUP');
Sidecar::await(sub { $sidecar->log_text =~ /the certificate in use stays/ }, 'a certificate without its key is refused');
isnt(served_serial(), serial($certificate), 'and the old one goes on');
rename $next_key, $key or die $!;
$sidecar->signal('HUP');
Sidecar::await(sub { $sidecar->log_text =~ /certificate loaded/ }, 'with its key it is taken');
is(served_serial(), serial($certificate), 'and served');
$answer = '';
$in = "GET /health HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
$open->pump until $answer =~ /"ok"/;
pass('a connection from before goes on');
$open->finish;
is($sidecar->stop, 0, 'it stops');

for my $wrong ([ '/nowhere', $key, 'tls-certificate-file' ], [ $certificate, $certificate, 'tls-key-file' ], [ $certificate, '', 'tls-key-file' ])
{
	IPC::Run::run([ $ENV{PRODUCTGRAPH_SIDECAR}, '--check-config', '--tls-certificate-file', $wrong->[0], '--tls-key-file', $wrong->[1] ], '<', \'', '>', \$out, '2>', \$err);
	is($? >> 8, 2, "wrong settings of TLS: $wrong->[2]");
	like($err, qr/$wrong->[2]/, 'are named');
}
done_testing();
