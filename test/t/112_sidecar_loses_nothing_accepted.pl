# Whatever is killed, an event that was answered 202 is stored, exactly once.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Sidecar;
use Test::More;
use Time::HiRes qw(sleep time);

my ($writers, $rounds) = (4, 6);
my $node = Sidecar::start_store();
$node->append_conf('postgresql.conf', 'restart_after_crash = on');
$node->reload;
my $sidecar = Sidecar->start($node)->await_ready;
my $dir = PostgreSQL::Test::Utils::tempdir();

# Sends events one after the other, again and again until each is accepted, and notes which were.
my $write = sub {
	my ($writer) = @_;
	open my $accepted, '>', "$dir/accepted_$writer" or die $!;
	$accepted->autoflush(1);
	for (my $n = 1; !-e "$dir/enough"; ++$n)
	{
		my $id = "w$writer-$n";
		Sidecar::await(sub {
			my $answer = eval { $sidecar->post([ Sidecar::event($id) ]) };
			return $answer && $answer->{status} == 202;
		}, $id);
		print $accepted "$id\n";
	}
	return 1;
};
my @pids = map {
	my $pid = fork // die "fork: $!";
	if ($pid == 0) { eval { $write->($_) } or print STDERR "# $@"; POSIX::_exit($@ ? 1 : 0); }
	$pid;
} 1 .. $writers;

my $count = sub { my $n = 0; for (1 .. $writers) { open my $f, '<', "$dir/accepted_$_" or next; $n += () = <$f>; } $n };
for my $round (1 .. $rounds)
{
	my $before = $count->();
	Sidecar::await(sub { $count->() >= $before + 20 }, "work goes on in round $round");
	if ($round % 3 == 0)
	{
		$sidecar->signal('KILL');
		is($sidecar->ended, 'signal 9', "round $round: the sidecar is killed");
		$sidecar->launch;
	}
	elsif ($round % 3 == 1)
	{
		my $killed = $node->safe_psql('postgres',
			"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'sidecar'");
		cmp_ok($killed, '>', 0, "round $round: all backends are terminated");
	}
	else
	{
		my $pid = $node->safe_psql('postgres', "SELECT pid FROM pg_stat_activity WHERE usename = 'sidecar' LIMIT 1");
		is(kill('KILL', $pid), 1, "round $round: a backend is killed, and PostgreSQL recovers");
	}
}
open my $enough, '>', "$dir/enough" or die $!;
my $failed = 0;
for my $pid (@pids) { waitpid $pid, 0; ++$failed if $?; }
is($failed, 0, 'all writers went on to the end');

$node->poll_query_until('postgres', 'SELECT true');
my @accepted = map { open my $f, '<', "$dir/accepted_$_" or die $!; chomp(my @ids = <$f>); @ids } 1 .. $writers;
my %stored = map { my ($id, $times) = split /\|/; ($id => $times) } split /\n/,
  $node->safe_psql('postgres', 'SELECT event_id, count(*) FROM productgraph.events GROUP BY 1');
is(scalar(grep { !$stored{$_} } @accepted), 0, scalar(@accepted) . ' events were accepted and none is missing');
is(scalar(grep { $_ > 1 } values %stored), 0, 'none is there twice');
is(scalar(keys %stored), scalar(@accepted), 'and none that was not accepted in the end');
done_testing();
