# Writers of two organizations at work while the sidecar, backends and PostgreSQL are killed, the network between them fails,
# and bursts come that are many times what they can take: every event answered 202 is stored, once, where it belongs.
# SOAK_SECONDS=3600 makes it long (make soak), SOAK_SEED=7 another sequence of faults.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use FaultProxy;
use PostgreSQL::Test::Utils;
use Sidecar;
use Test::More;
use Time::HiRes qw(sleep time);

my $seconds = $ENV{SOAK_SECONDS} // 20;
my $seed = srand($ENV{SOAK_SEED} // time);
note "seed $seed, $seconds seconds";
my ($writers, $burst) = (4, 40);
my $node = Sidecar::start_store('store', "fsync = on\nrestart_after_crash = on\n");
$node->safe_psql('postgres', q{SELECT productgraph.create_project(productgraph.create_organization('other', 'Other'), 'proj_other')});
my %key = map { $_ => $node->safe_psql('postgres', "SELECT productgraph.create_api_key(org_id, id, 'soak') FROM productgraph.projects WHERE id = '$_'") }
  qw(proj_demo proj_other);
my $proxy = FaultProxy->start($node);
my $sidecar = Sidecar->start($proxy->connstr, '--workers', 2, '--pool-size', 4, '--queue-requests', 8, '--statement-timeout-ms', 1000,
	'--connect-timeout-ms', 1000, '--request-timeout-ms', 3000)->await_ready;
my $dir = PostgreSQL::Test::Utils::tempdir();

sub project { return $_[0] % 2 ? 'proj_demo' : 'proj_other' }

# The status of a request with these events, '' without an answer.
sub send_events
{
	my ($project, @ids) = @_;
	my @events = map { Sidecar::event($_, 'project_id' => $project, 'session.id' => "s-$project") } @ids;
	my $answer = eval { $sidecar->post(\@events, 'X-PG-API-Key' => $key{$project}) };
	return $answer ? $answer->{status} : '';
}

# Writes lines "id project status" of what became of each event. A writer repeats until it has its 202, a client of a
# burst does not.
sub work
{
	my ($name, $number, $until) = @_;
	open my $log, '>>', "$dir/$name" or die $!;
	$log->autoflush(1);
	my $project = project($number);
	for (my $n = 1; !-e "$dir/enough" && time < $until; ++$n)
	{
		my @ids = map { "$name-$n-$_" } 1 .. 1 + $n % 4;
		my $status = send_events($project, @ids);
		my $patience = time + $Sidecar::TIMEOUT;
		while ($name =~ /^writer/ && $status ne '202')
		{
			die "$name: no 202 for $ids[0] in $Sidecar::TIMEOUT seconds, last answer: $status" if time > $patience;
			sleep 0.02;
			$status = send_events($project, @ids);
		}
		print $log map { "$_ $project " . ($status || 'unanswered') . "\n" } @ids;
	}
	return;
}

sub spawn
{
	my ($name, $number, $until) = @_;
	my $pid = fork // die "fork: $!";
	return $pid if $pid;
	my $fine = eval { work($name, $number, $until); 1 };
	print STDERR "# $@" if !$fine;
	POSIX::_exit($fine ? 0 : 1);
}

my $end = time + $seconds;
my @writers = map { spawn("writer$_", $_, $end + 3600) } 1 .. $writers;
my $bursts = 0;
my %faults = (
	'sidecar killed' => sub { $sidecar->signal('KILL'); $sidecar->ended; $sidecar->launch; },
	'backends terminated' => sub {
		$node->psql('postgres', "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'sidecar'");
	},
	'backend killed' => sub {
		my (undef, $pid) = $node->psql('postgres', "SELECT pid FROM pg_stat_activity WHERE usename = 'sidecar' LIMIT 1");
		kill 'KILL', $pid if $pid =~ /^\d+$/;
	},
	'postmaster killed' => sub {
		$node->kill9;
		# Where nobody reaps the dead, its pid would seem to be in use: once its processes are gone, its lock files are stale.
		Sidecar::await(sub { !grep { (readlink($_) // '') eq $node->data_dir } glob '/proc/[0-9]*/cwd' }, 'its processes end');
		unlink $node->data_dir . '/postmaster.pid', $node->host . '/.s.PGSQL.' . $node->port . '.lock';
		$node->start;
	},
	'network' => sub {
		my $kind = (qw(cut reset swallow delay))[ rand 4 ];
		$proxy->set_plan(join ' ', $kind, (qw(query answer))[ rand 2 ], int rand 1500);
		sleep 0.5;
		$proxy->set_plan('');
	},
	'overload' => sub {
		++$bursts;
		my @clients = map { spawn("burst$bursts-$_", $_, time + 2) } 1 .. $burst;
		waitpid $_, 0 for @clients;
	},
);
my %done;
for (my @next; time < $end || keys %done < keys %faults;)
{
	# Each in turn, in an order by chance.
	@next = sort { rand() <=> 0.5 } sort keys %faults unless @next;
	my $fault = shift @next;
	$faults{$fault}->();
	++$done{$fault};
	sleep 0.2;
}
append_to_file("$dir/enough", '');
my $failed = 0;
for my $pid (@writers) { waitpid $pid, 0; ++$failed if $?; }
is($failed, 0, 'all writers went on to the end');
$node->poll_query_until('postgres', 'SELECT true');
# What was under way when its client had gone is decided by now: nobody else holds the tables.
Sidecar::await(sub { $sidecar->metric('queue_requests') == 0 && $sidecar->metric('pool_connections{state="busy"}') == 0 }, 'the sidecar is idle');
$sidecar->stop;

my (%project, %status);
for my $line (map { split /\n/, slurp_file($_) } grep { !/enough$/ } glob "$dir/*")
{
	my ($id, $project, $status) = split / /, $line;
	($project{$id}, $status{$id}) = ($project, $status);
}
my (%stored, $strange, $foreign);
for (split /\n/, $node->safe_psql('postgres', q{SELECT e.event_id, e.project_id, o.slug, count(*) FROM productgraph.events e
	JOIN productgraph.organizations o ON o.id = e.org_id GROUP BY 1, 2, 3}))
{
	my ($id, $project, $slug, $times) = split /\|/;
	$stored{$id} += $times;
	++$strange if !exists $project{$id};
	++$foreign if $project ne ($project{$id} // '') || $slug ne ($project eq 'proj_demo' ? 'demo' : 'other');
}
my @answered = grep { $status{$_} eq '202' } keys %status;
my %count = (
	'answered 202' => scalar @answered,
	'of these stored once' => scalar(grep { ($stored{$_} // 0) == 1 } @answered),
	lost => scalar(grep { !$stored{$_} } @answered),
	doubled => scalar(grep { $_ > 1 } values %stored),
	refused => scalar(grep { $_ =~ /^(429|503)$/ } values %status),
	unanswered => scalar(grep { $_ eq 'unanswered' } values %status),
	'of refused and unanswered stored once' => scalar(grep { $status{$_} ne '202' && ($stored{$_} // 0) == 1 } keys %status),
	'answered otherwise' => scalar(grep { $_ !~ /^(202|429|503|unanswered)$/ } values %status),
	'in the wrong tenant' => $foreign // 0,
	'never sent' => $strange // 0,
);
diag join "\n", "$seconds seconds, seed $seed; " . join(', ', map { "$_ $done{$_} times" } sort keys %done), map { sprintf '%8d %s', $count{$_}, $_ }
  'answered 202', 'of these stored once', 'lost', 'doubled', 'in the wrong tenant', 'refused', 'unanswered',
  'of refused and unanswered stored once', 'answered otherwise', 'never sent';
cmp_ok($count{'answered 202'}, '>', 100, 'work was done');
is($count{'of these stored once'}, $count{'answered 202'}, 'whatever was answered 202 is stored once');
is($count{$_}, 0, "nothing is $_") for 'lost', 'doubled', 'in the wrong tenant', 'answered otherwise', 'never sent';
cmp_ok($count{refused}, '>', 0, 'overload was refused');
is($node->safe_psql('postgres', 'SELECT (SELECT sum(events) FROM productgraph.sessions) = (SELECT count(*) FROM productgraph.events)'), 't',
	'sessions count the same events');
done_testing();
