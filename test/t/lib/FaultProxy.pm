# A proxy before a PostgreSQL that cuts, resets, delays or swallows what passes, at any byte.
package FaultProxy;

use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use PostgreSQL::Test::Utils;
use Socket qw(SOL_SOCKET SO_LINGER);
use Time::HiRes qw(sleep);

my @running;

sub start
{
	my ($class, $node) = @_;
	my $listener = IO::Socket::INET->new(Listen => 50, LocalAddr => '127.0.0.1') or die $!;
	my $self = bless { plan => PostgreSQL::Test::Utils::tempdir() . '/plan', port => $listener->sockport,
		server => $node->host . '/.s.PGSQL.' . $node->port }, $class;
	$self->{pid} = fork // die "fork: $!";
	if ($self->{pid} == 0)
	{
		$SIG{CHLD} = 'IGNORE';
		$SIG{PIPE} = 'IGNORE';
		setpgrp;
		while (1)
		{
			my $client = $listener->accept or next;
			my $pid = fork;
			if (defined $pid && $pid == 0) { $self->carry($client); POSIX::_exit(0); }
		}
	}
	push @running, $self;
	return $self;
}

# Where a client finds it.
sub connstr
{
	my ($self) = @_;
	return "host=127.0.0.1 port=$self->{port} dbname=postgres user=sidecar sslmode=disable gssencmode=disable";
}

# "kind direction bytes": what happens to each connection after so many bytes in that direction (query or answer) since
# the plan was made; the empty plan lets everything pass. Kinds: cut, reset, swallow (half open: neither end hears of the
# other again), delay (a tenth of a second for each piece from there on).
sub set_plan
{
	my ($self, $text) = @_;
	open my $file, '>', "$self->{plan}.new" or die $!;
	print $file $text;
	close $file;
	rename "$self->{plan}.new", $self->{plan};
	return;
}

sub read_plan
{
	my ($self) = @_;
	open my $file, '<', $self->{plan} or return;
	my $line = <$file>;
	return unless defined $line;
	return [ split / /, $line ];
}

# Carries one connection until an end closes it or the plan says so.
sub carry
{
	my ($self, $client) = @_;
	my $server = IO::Socket::UNIX->new(Peer => $self->{server}) or return;
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
			my $fault = $self->read_plan;
			if ($fault && "@$fault" ne $known) { $known = "@$fault"; %passed = (query => 0, answer => 0); }
			my $left = $fault && $fault->[1] eq $direction ? $fault->[2] - $passed{$direction} : length $bytes;
			$passed{$direction} += length $bytes;
			$left = 0 if $left < 0;
			my $delayed = $fault && $fault->[0] eq 'delay';
			sleep 0.1 if $delayed && $left < length $bytes;
			$left = length $bytes if $delayed;
			forward($peer{$from}, substr $bytes, 0, $left) or return;
			next if $left >= length $bytes;
			# From here on nothing gets through.
			return if $fault->[0] eq 'cut';
			if ($fault->[0] eq 'reset')
			{
				setsockopt $client, SOL_SOCKET, SO_LINGER, pack('ii', 1, 0);
				return;
			}
			sysread $client, $bytes, 65536 or return while 1;
		}
	}
}

sub forward
{
	my ($to, $bytes) = @_;
	while (length $bytes)
	{
		my $written = syswrite $to, $bytes;
		return 0 unless $written;
		substr($bytes, 0, $written) = '';
	}
	return 1;
}

sub stop
{
	my ($self) = @_;
	my $pid = delete $self->{pid} or return;
	kill 'KILL', -$pid;
	kill 'KILL', $pid;
	waitpid $pid, 0;
	return;
}

END
{
	my $status = $?;
	$_->stop for @running;
	$? = $status;
}

1;
