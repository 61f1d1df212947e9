# productgraph-sidecar --health and --ready tell by their exit code what the running one answers to /health and /ready.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Certificates;
use IO::Socket::INET;
use IPC::Run ();
use Sidecar;
use Test::More;

# The exit code and what was printed.
sub probe
{
	my ($out, $err) = ('', '');
	IPC::Run::run([ $ENV{PRODUCTGRAPH_SIDECAR}, @_ ], '<', \'', '>', \$out, '2>', \$err, IPC::Run::timeout(60));
	return ($? >> 8, $out, $err);
}

my $node = Sidecar::start_store();
my $sidecar = Sidecar->start($node);
$sidecar->await_ready;
my @at = ('--port', $sidecar->{port});
is_deeply([ probe('--health', @at) ], [ 0, qq({"status":"ok"}\n), '' ], 'it lives');
is_deeply([ probe('--ready', @at) ], [ 0, qq({"status":"ready"}\n), '' ], 'it is ready');
{
	local $ENV{PRODUCTGRAPH_PORT} = $sidecar->{port};
	is((probe('--health'))[0], 0, 'the environment tells where it listens');
}

$node->stop('fast');
Sidecar::await(sub { $sidecar->request('GET', '/ready')->{status} == 503 }, 'the database is gone');
is((probe('--health', @at))[0], 0, 'without its database it lives');
my ($code, $out, $err) = probe('--ready', @at);
is("$code$out", 1, 'but is not ready');
like($err, qr{^productgraph-sidecar: /ready: 503 .*"reason":"}, 'and the reason is printed');

$sidecar->stop;
($code, $out, $err) = probe('--health', @at);
is("$code$out", 1, 'nobody listens');
like($err, qr/refused/i, 'as is printed');

my $silent = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1, Proto => 'tcp') or die $!;
($code, $out, $err) = probe('--health', '--port', $silent->sockport, '--ready-timeout-ms', 1);
is("$code$out", 1, 'nobody answers');
like($err, qr/in time/, 'in time');

Certificates::authority('probes');
my ($certificate, $key) = Certificates::issue('probes', 'elsewhere.example', 'live');
my $secure = Sidecar->start('host=/nowhere', '--tls-certificate-file', $certificate, '--tls-key-file', $key);
my @files = ('--tls-certificate-file', $certificate, '--tls-key-file', $key);
is((probe('--health', '--port', $secure->{port}, @files))[0], 0, 'over HTTPS, whatever name the certificate is for');
is((probe('--health', '--port', $secure->{port}))[0], 1, 'which it does not guess');

($code, $out, $err) = probe('--health', '--port', 0);
is($code, 2, 'a port that is not known');
like($err, qr/port/, 'is named');
done_testing();
