# Between sidecar and database the network may cut, reset or swallow at any byte, that of the commit included: the
# answer is 202 only when the event is stored, and a repetition stores it once.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use FaultProxy;
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
my $proxy = FaultProxy->start($node);
my $sidecar = Sidecar->start($proxy->connstr, '--workers', 1, '--pool-size', 1, '--statement-timeout-ms', 300,
	'--connect-timeout-ms', 1000)->await_ready;

my (%statuses, $wrong, $count);
for my $kind ('cut', 'reset', 'swallow', 'delay')
{
	for my $direction ('query', 'answer')
	{
		# A statement is about 500 bytes, its answer 300.
		for my $bytes ($kind =~ /swallow|delay/ ? (0, 100, 250) : (0, 1, 4, 5, 50, 100, 150, 200, 210, 220, 230, 240, 250, 260, 300, 400))
		{
			my $id = "$kind-$direction-$bytes";
			my $body = [ Sidecar::event($id) ];
			$proxy->set_plan($id =~ tr/-/ /r);
			my $status = $sidecar->post($body)->{status};
			++$statuses{$status};
			my $stored = $node->safe_psql('postgres', "SELECT count(*) FROM productgraph.events WHERE event_id = '$id'");
			$proxy->set_plan('');
			if ($status !~ /^(202|503)$/ || ($status == 202 && $stored != 1)) { ++$wrong; diag "$id: $status, stored $stored"; }
			Sidecar::await(sub { $sidecar->post($body)->{status} == 202 }, "$id is taken in the end");
			++$count;
		}
	}
}
$proxy->stop;
is($wrong // 0, 0, 'no answer is wrong: ' . join ', ', map { "$statuses{$_} times $_" } sort keys %statuses);
cmp_ok($statuses{503} // 0, '>', $count / 2, 'the faults were felt');
is($node->safe_psql('postgres', 'SELECT count(*), count(DISTINCT event_id) FROM productgraph.events'), "$count|$count", 'each event is stored once');
done_testing();
