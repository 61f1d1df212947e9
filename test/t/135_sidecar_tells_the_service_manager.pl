# A service manager that asks for it is told when the sidecar serves and when it begins to stop.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use IO::Select;
use IO::Socket::UNIX;
use PostgreSQL::Test::Utils;
use Sidecar;
use Socket qw(SOCK_DGRAM);
use Test::More;

sub manager
{
	my ($name) = @_;
	return IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $name) // die "$name: $!";
}

sub told
{
	my ($manager) = @_;
	IO::Select->new($manager)->can_read($Sidecar::TIMEOUT) or return 'nothing';
	$manager->recv(my $state, 4096);
	return $state;
}

# The second is a socket without a file: its name begins with a NUL, which the variable spells @.
my $file = PostgreSQL::Test::Utils::tempdir_short() . '/notify';
for my $name ($file, "\0productgraph-test-$$")
{
	my $manager = manager($name);
	local $ENV{NOTIFY_SOCKET} = $name =~ s/^\0/@/r;
	my $sidecar = Sidecar->start('host=/nowhere');
	is(told($manager), 'READY=1', 'told that it serves');
	is($sidecar->request('GET', '/health')->{status}, 200, 'and it does');
	$sidecar->signal('TERM');
	is(told($manager), 'STOPPING=1', 'told that it stops');
	is($sidecar->ended, 0, 'and it does');
	unlike($sidecar->log_text, qr/service manager/, 'nothing to complain of');
}

{
	local $ENV{NOTIFY_SOCKET} = '/nowhere/notify';
	my $sidecar = Sidecar->start('host=/nowhere');
	is($sidecar->request('GET', '/health')->{status}, 200, 'a manager that cannot be reached is no reason not to serve');
	like($sidecar->log_text, qr/the service manager could not be told.*"state":"READY=1"/, 'but is logged');
	is($sidecar->stop, 0, 'nor not to stop');
}
done_testing();
