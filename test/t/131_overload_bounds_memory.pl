# A PostgreSQL that has stopped answering, and many times more requests than there is room for: the sidecar refuses, keeps
# within the memory that docs/operations.md states, and is back within seconds.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use FaultProxy;
use PostgreSQL::Test::Utils;
use Sidecar;
use Test::More;
use Time::HiRes qw(time);

my ($buffer, $batch, $pool, $clients) = (16 << 20, 1 << 20, 2, 40);
my $node = Sidecar::start_store();
my $proxy = FaultProxy->start($node);
my $sidecar = Sidecar->start($proxy->connstr, '--workers', 1, '--pool-size', $pool, '--buffer-bytes', $buffer, '--batch-bytes', $batch,
	'--queue-key-bytes', $buffer, '--max-body-bytes', 1 << 20, '--statement-timeout-ms', 2000, '--request-timeout-ms', 3000,
	'--connect-timeout-ms', 1000)->await_ready;

sub memory
{
	my ($what) = @_;
	my ($kilobytes) = slurp_file("/proc/$sidecar->{pid}/status") =~ /^$what:\s+(\d+) kB/m or die "no $what";
	return $kilobytes * 1024;
}

my $filler = 'x' x 90_000;
my $body = '[' . join(',', map { JSON::PP::encode_json(Sidecar::event("large-$_", metadata => { f => $filler })) } 1 .. 4) . ']';
is($sidecar->post($body)->{status}, 202, 'a large request is taken');
my $before = memory('VmRSS');

$proxy->set_plan('swallow answer 0');
my $dir = PostgreSQL::Test::Utils::tempdir();
my $end = time + 8;
Sidecar::in_parallel(sub {
	my ($client) = @_;
	my %seen;
	while (time < $end)
	{
		my $answer = $sidecar->post($body, 'X-Request-ID' => $client);
		++$seen{ $answer->{status} . ' ' . ($answer->{headers}{'retry-after'} // 'without Retry-After') };
	}
	append_to_file("$dir/$client", join '', map { "$_ $seen{$_}\n" } keys %seen);
	return 1;
}, 1 .. $clients) or fail('a client got no answer');
my %seen;
for my $client (1 .. $clients)
{
	my $text = slurp_file("$dir/$client");
	$seen{$1} += $2 while $text =~ /^(.*) (\d+)$/mg;
}
is_deeply([ keys %seen ], ['503 1'], 'every request is answered 503 with Retry-After') or diag explain \%seen;
my $offered = $seen{'503 1'} * length $body;
cmp_ok($offered, '>', 5 * $buffer, sprintf '%d requests of %.0f MB were offered', $seen{'503 1'}, $offered / 2**20);
cmp_ok($sidecar->metric('limits_reached_total{limit="buffer-bytes"}'), '>', 0, 'the limit was reached');
cmp_ok($sidecar->metric('buffer_bytes'), '<=', $buffer, 'and kept');
my $peak = memory('VmHWM');
# What is read and waits, what is being sent (twice: libpq has a copy), and what the allocator keeps in between.
my $bound = $before + 1.5 * $buffer + 3 * $pool * $batch;
cmp_ok($peak, '<=', $bound, sprintf 'memory rose from %.1f to %.1f MB at most', $before / 2**20, $peak / 2**20);

$proxy->set_plan('');
my $from = time;
Sidecar::await(sub { $sidecar->post([ Sidecar::event('after') ])->{status} == 202 }, 'events are taken again');
cmp_ok(time - $from, '<', 10, sprintf 'after %.1f seconds', time - $from);
Sidecar::await(sub { $sidecar->metric('buffer_bytes') == 0 }, 'all bodies are gone');
is($node->safe_psql('postgres', 'SELECT count(*) = count(DISTINCT event_id) FROM productgraph.events'), 't', 'nothing is there twice');
done_testing();
