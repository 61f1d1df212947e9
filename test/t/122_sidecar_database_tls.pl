# The way to PostgreSQL can be encrypted and the server verified; one that cannot be verified gets no event and no
# password, and the reason is told.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Certificates;
use Sidecar;
use Test::More;

my $right = Certificates::authority('right');
my $wrong = Certificates::authority('wrong');
my ($certificate, $key) = Certificates::issue('right', '127.0.0.1');
my $node = Sidecar::start_store('encrypted', "
	ssl = on
	ssl_cert_file = '$certificate'
	ssl_key_file = '$key'
	listen_addresses = '127.0.0.1'
");
PostgreSQL::Test::Utils::append_to_file($node->data_dir . '/pg_hba.conf', "hostssl all all 127.0.0.1/32 trust\n");
$node->reload;
my $url = "host=127.0.0.1 port=${\$node->port} dbname=postgres user=sidecar";

my $sidecar = Sidecar->start("$url sslmode=verify-full sslrootcert=$right")->await_ready;
is($node->safe_psql('postgres', q{
	SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'sidecar'}), 't', 'all connections are encrypted');
is($sidecar->post([ Sidecar::event('e1') ])->{status}, 202, 'events go through');

# Answers of all sizes come whole: what is left in the TLS layer is read although the socket is silent.
for my $count (1, 10, 70, 71, 72, 100, 150, 300, 500, 1000)
{
	my $answer = $sidecar->post([ map { { 'event_id' => 'x' x 200 } } 1 .. $count ]);
	is($answer->{status}, 202, "an answer about $count events: ${\length $answer->{body}} bytes");
}
cmp_ok($sidecar->metric('statement_errors_total'), '==', 0, 'without waiting for a timeout');
$sidecar->stop;

for (
	[ 'the certificate of another authority', "sslmode=verify-full sslrootcert=$wrong", qr/certificate verify failed/ ],
	[ 'no authority', 'sslmode=verify-full sslrootcert=/nowhere/root.crt', qr/root certificate file \S+ does not exist/ ],
	[ 'another host name', "sslmode=verify-full sslrootcert=$right host=localhost hostaddr=127.0.0.1", qr/server certificate for "127.0.0.1".* does not match host name "localhost"/ ])
{
	my ($name, $options, $detail) = @$_;
	my $refused = Sidecar->start("$url $options");
	Sidecar::await(sub { $refused->log_text =~ /database connection is down/ }, "$name: refused");
	like($refused->log_text, qr/check sslmode and sslrootcert/, "$name: the log says what to look at");
	like($refused->log_text =~ s/\\"/"/gr, $detail, "$name: and what libpq found");
	like(Sidecar::json($refused->request('GET', '/ready'))->{reason}, qr/TLS certificate is not trusted/, "$name: so does /ready");
	is($refused->post([ Sidecar::event('e2') ])->{status}, 503, "$name: no event is sent");
	$refused->stop;
}
is($node->safe_psql('postgres', "SELECT count(*) FROM productgraph.events WHERE event_id = 'e2'"), 0, 'nothing arrived');
done_testing();
