# A thousand requests sent ahead on one connection are answered in order.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
my $sidecar = Sidecar->start($node)->await_ready;
my $text = '';
for my $i (1 .. 1000)
{
	my @id = ('X-Request-ID' => $i);
	$text .=
	    $i % 10 == 0 ? Sidecar::compose('POST', '/v1/events', \@id, '[' . JSON::PP::encode_json(Sidecar::event("e$i")) . ']')
	  : $i % 10 == 1 ? Sidecar::compose('POST', '/nowhere', \@id, 'a body that nobody wants')
	  :                Sidecar::compose('GET', '/health', \@id);
}
my $socket = $sidecar->connect;
my $writer = fork // die "fork: $!";
if ($writer == 0)
{
	print $socket $text;
	POSIX::_exit(0);
}
my ($rest, $wrong) = ('', 0);
for my $i (1 .. 1000)
{
	my $answer = Sidecar::read_answer($socket, \$rest);
	my $status = $i % 10 == 0 ? 202 : $i % 10 == 1 ? 404 : 200;
	++$wrong if !$answer || $answer->{headers}{'x-request-id'} ne $i || $answer->{status} != $status;
}
waitpid $writer, 0;
is($wrong, 0, 'every answer is in its place');
is($rest, '', 'and nothing else');
is($node->safe_psql('postgres', 'SELECT count(*) FROM productgraph.events'), 100, 'all events are stored');
done_testing();
