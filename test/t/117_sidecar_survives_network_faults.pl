# Between sidecar and database the network may cut, reset or swallow at any byte, that of the commit included: the
# answer is 202 only when the event is stored, and a repetition stores it once.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use IO::Socket::UNIX;
use Sidecar;
use Socket qw(SOL_SOCKET SO_LINGER);
use Test::More;

my $node = Sidecar::start_store();
my $proxy = IO::Socket::INET->new(Listen => 50, LocalAddr => '127.0.0.1') or die $!;
my $plan = PostgreSQL::Test::Utils::tempdir() . '/plan';

# "kind direction bytes": what happens to the one connection after so many bytes since the plan was made.
sub set_plan
{
	my ($text) = @_;
	open my $file, '>', "$plan.new" or die $!;
	print $file $text;
	close $file;
	rename "$plan.new", $plan;
	return;
}

sub read_plan
{
	open my $file, '<', $plan or return;
	my $line = <$file>;
	return unless defined $line;
	return [ split / /, $line ];
}

# Carries one connection until an end closes it or the plan says so.
sub carry
{
	my ($client) = @_;
	my $server = IO::Socket::UNIX->new(Peer => $node->host . '/.s.PGSQL.' . $node->port) or return;
	my %peer = ($client => $server, $server => $client);
	my %direction = ($client => 'query', $server => 'answer');
	my %passed = (query => 0, answer => 0);
	my $known = '';
	my $select = IO::Select->new($client, $server);
	for (;;)
	{
		for my $from ($select->can_read(1))
		{
			my $got = sysread $from, my $bytes, 65536;
			return unless $got;
			my $direction = $direction{$from};
			my $fault = read_plan();
			if ($fault && "@$fault" ne $known) { $known = "@$fault"; %passed = (query => 0, answer => 0); }
			my $left = $fault && $fault->[1] eq $direction ? $fault->[2] - $passed{$direction} : length $bytes;
			$passed{$direction} += length $bytes;
			$left = 0 if $left < 0;
			syswrite $peer{$from}, substr $bytes, 0, $left;
			next if $left >= length $bytes;
			# From here on nothing gets through.
			return if $fault->[0] eq 'cut';
			if ($fault->[0] eq 'reset')
			{
				setsockopt $client, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
				return;
			}
			# Half open: neither end hears of the other again, until the sidecar gives up.
			sysread $client, $bytes, 65536 or return while 1;
		}
	}
}

my $proxy_pid = fork // die "fork: $!";
if ($proxy_pid == 0)
{
	$SIG{CHLD} = 'IGNORE';
	$SIG{PIPE} = 'IGNORE';
	while (1)
	{
		my $client = $proxy->accept or next;
		my $pid = fork;
		if (defined $pid && $pid == 0) { carry($client); POSIX::_exit(0); }
	}
}

my $database = 'host=127.0.0.1 port=' . $proxy->sockport . ' dbname=postgres user=sidecar sslmode=disable gssencmode=disable';
my $sidecar = Sidecar->start($database, '--workers', 1, '--pool-size', 1, '--statement-timeout-ms', 300,
	'--connect-timeout-ms', 1000)->await_ready;

my (%statuses, $wrong, $count);
for my $kind ('cut', 'reset', 'swallow')
{
	for my $direction ('query', 'answer')
	{
		# A statement is about 500 bytes, its answer 300.
		for my $bytes ($kind eq 'swallow' ? (0, 100, 250) : (0, 1, 4, 5, 50, 100, 150, 200, 210, 220, 230, 240, 250, 260, 300, 400))
		{
			my $id = "$kind-$direction-$bytes";
			my $body = [ Sidecar::event($id) ];
			set_plan($id =~ tr/-/ /r);
			my $status = $sidecar->post($body)->{status};
			++$statuses{$status};
			my $stored = $node->safe_psql('postgres', "SELECT count(*) FROM productgraph.events WHERE event_id = '$id'");
			set_plan('');
			if ($status !~ /^(202|503)$/ || ($status == 202 && $stored != 1)) { ++$wrong; diag "$id: $status, stored $stored"; }
			Sidecar::await(sub { $sidecar->post($body)->{status} == 202 }, "$id is taken in the end");
			++$count;
		}
	}
}
kill 'KILL', $proxy_pid;
waitpid $proxy_pid, 0;
is($wrong // 0, 0, 'no answer is wrong: ' . join ', ', map { "$statuses{$_} times $_" } sort keys %statuses);
cmp_ok($statuses{503} // 0, '>', $count / 2, 'the faults were felt');
is($node->safe_psql('postgres', 'SELECT count(*), count(DISTINCT event_id) FROM productgraph.events'), "$count|$count", 'each event is stored once');
done_testing();
