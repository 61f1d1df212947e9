# Out of file descriptors the sidecar neither spins nor ends: it accepts again when clients have left.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
$Sidecar::DESCRIPTORS = 48;
my $sidecar = Sidecar->start($node)->await_ready;
my $ticks = sub {
	open my $stat, '<', "/proc/$sidecar->{pid}/stat" or die $!;
	my @fields = split ' ', (<$stat> =~ s/.*\) //r);
	return $fields[11] + $fields[12];
};
my @clients = map { $sidecar->connect } 1 .. 60;
Sidecar::await(sub { $sidecar->log_text =~ /"cannot accept connections"/ }, 'descriptors run out');
my $before = $ticks->();
# A spinning one would burn most of these 200 ticks (of 10 ms).
my $until = time + 2;
Sidecar::await(sub { time > $until }, 'time passes');
cmp_ok($ticks->() - $before, '<', 50, 'it does not spin');
my @errors = $sidecar->log_text =~ /"cannot accept connections"/g;
cmp_ok(scalar(@errors), '<=', 2, 'each worker says it once');
undef @clients;
Sidecar::await(sub { eval { $sidecar->request('GET', '/health')->{status} == 200 } }, 'it accepts again');
is($sidecar->post([ Sidecar::event('e1') ])->{status}, 202, 'and takes events');
cmp_ok($sidecar->metric('accept_errors_total'), '>', 0, 'the shortage is counted');
done_testing();
