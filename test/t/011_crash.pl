# What was answered is there after the server crashes, exactly once, and the rest can be sent again.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use IPC::Run;
use PostgreSQL::Test::Utils;
use Store;
use Test::More;

my $node = Store::start();
my $batches = 0;
mkdir $node->backup_dir;
for my $round (1 .. 3)
{
	# A client that sends batch after batch and says so of each that was answered.
	my $script = $node->backup_dir . "/round$round.sql";
	append_to_file($script, sprintf "SELECT public.fill(%d, %d), %d;\n", $_ * 10, $_ * 10 + 9, $_) for $batches .. $batches + 2000;
	my ($out, $err) = ('', '');
	my $writer = IPC::Run::start(
		['psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', $script],
		'<', \undef, '>', \$out, '2>', \$err);
	$writer->pump until $out =~ /(?:\n.*){20}/;
	$node->stop('immediate');
	$writer->finish;
	my @answered = $out =~ /^10\|(\d+)$/mg;
	ok(@answered >= 20, "round $round: " . @answered . ' batches were answered before the crash');
	$node->start;
	my $last = $answered[-1];
	is($node->safe_psql('postgres', qq{SELECT count(*), count(DISTINCT event_id) FROM productgraph.events
		WHERE event_id::int BETWEEN @{[$batches * 10]} AND @{[$last * 10 + 9]}}),
		join('|', (@answered * 10) x 2), "round $round: all of them are there once");
	# The batch after the last answer may or may not have been stored: sent again, it is there once.
	$node->safe_psql('postgres', sprintf 'SELECT public.fill(%d, %d)', ($last + 1) * 10, ($last + 1) * 10 + 9);
	$batches = $last + 2;
	is($node->safe_psql('postgres', 'SELECT count(*), count(DISTINCT event_id), max(event_id::int) FROM productgraph.events'),
		join('|', ($batches * 10) x 2, $batches * 10 - 1), "round $round: nothing lost, nothing doubled");
	is($node->safe_psql('postgres', 'SELECT sum(events) FROM productgraph.sessions'), $batches * 10,
		"round $round: sessions count the same events");
}
done_testing();
