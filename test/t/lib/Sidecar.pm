# A PostgreSQL with the store set up, the sidecar in front of it, and a client that can also misbehave.
package Sidecar;

use strict;
use warnings;
use File::Basename qw(basename);
use IO::Select;
use IO::Socket::INET;
use IPC::Run ();
use JSON::PP ();
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Time::HiRes qw(sleep time);

our $TIMEOUT = 60;
# Upper bound of open files for sidecars started from now on; undef for the usual one.
our $DESCRIPTORS;

# Settings of the caller's own sidecar are not for the ones started here.
delete @ENV{ grep { /^PRODUCTGRAPH_/ && $_ ne 'PRODUCTGRAPH_SIDECAR' } keys %ENV };
my @running;

# A node whose database postgres has the store, organization "demo" and the keyless project "proj_demo". settings
# are further lines of postgresql.conf.
sub start_store
{
	my ($name, $settings) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name // 'store');
	$node->init;
	$node->append_conf('postgresql.conf', $settings) if $settings;
	$node->start;
	$node->safe_psql('postgres', q{
		CREATE EXTENSION productgraph;
		SELECT productgraph.setup();
		CREATE ROLE sidecar LOGIN IN ROLE productgraph_ingest;
		SELECT productgraph.create_project(productgraph.create_organization('demo', 'Demo Organization'),
			'proj_demo', 'Demo shop', settings => '{"open_ingest": true}');
	});
	return $node;
}

# Makes an API key for proj_demo, or of other arguments after the label, and returns it.
sub create_key
{
	my ($node, $label, $arguments) = @_;
	return $node->safe_psql('postgres', "SELECT productgraph.create_api_key(org_id, id, '$label'"
		  . ($arguments ? ", $arguments" : '') . ") FROM productgraph.projects WHERE id = 'proj_demo'");
}

# Calls a function of keys, such as revoke_api_key, for the key with a label.
sub change_key
{
	my ($node, $function, $label, $arguments) = @_;
	return $node->safe_psql('postgres', "SELECT productgraph.$function(org_id, id"
		  . ($arguments ? ", $arguments" : '') . ") FROM productgraph.api_keys WHERE label = '$label' ORDER BY created_at LIMIT 1");
}

# Puts faults before the extension's function: a body with POISON raises an error that repeating will not cure, one
# with HOLD waits while somebody has hold(), and calls are counted in the table "calls".
sub inject_faults
{
	my ($node) = @_;
	$node->safe_psql('postgres', q{
		CREATE TABLE calls (requests int);
		GRANT INSERT ON calls TO sidecar;
		ALTER FUNCTION productgraph.ingest_requests RENAME TO true_ingest_requests;
		CREATE FUNCTION productgraph.ingest_requests(bodies bytea[], key_hashes bytea[], formats text[],
			request_ids text[], OUT request int, OUT status int, OUT response text, OUT accepted int,
			OUT rejected int, OUT duplicates int) RETURNS SETOF record LANGUAGE plpgsql AS $$
		BEGIN
			IF EXISTS (SELECT FROM unnest(bodies) b WHERE position('POISON'::bytea IN b) > 0) THEN
				RAISE EXCEPTION 'poison' USING ERRCODE = 'XX000';
			END IF;
			IF EXISTS (SELECT FROM unnest(bodies) b WHERE position('HOLD'::bytea IN b) > 0) THEN
				PERFORM pg_advisory_xact_lock_shared(1);
			END IF;
			INSERT INTO public.calls VALUES (cardinality(bodies));
			RETURN QUERY SELECT * FROM productgraph.true_ingest_requests(bodies, key_hashes, formats, request_ids);
		END $$;
	});
	return;
}

# While what this returns is not released, requests with HOLD wait in the database.
sub hold
{
	my ($node) = @_;
	my %hold = (in => "SELECT pg_advisory_lock(1);\nSELECT 'is held';\n", out => '');
	$hold{psql} = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ],
		'<', \$hold{in}, '>', \$hold{out}, IPC::Run::timeout($TIMEOUT));
	$hold{psql}->pump until $hold{out} =~ /is held/;
	return \%hold;
}

sub release
{
	my ($hold) = @_;
	$hold->{in} .= "\\q\n";
	$hold->{psql}->finish;
	return;
}

# How many statements wait for hold() to be released.
sub held
{
	my ($node) = @_;
	return $node->safe_psql('postgres',
		"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
}

# Starts the sidecar on a free port and waits until it listens.
sub start
{
	my ($class, $node, @flags) = @_;
	my $self = bless {
		node => $node,
		flags => \@flags,
		log => "$PostgreSQL::Test::Utils::log_path/" . basename($0, ".pl") . "_sidecar_" . scalar(@running) . ".log",
		port => 0,
	}, $class;
	push @running, $self;
	$self->launch;
	return $self;
}

# Also restarts one that has ended, on its old port.
sub launch
{
	my ($self) = @_;
	my $binary = $ENV{PRODUCTGRAPH_SIDECAR} or die 'PRODUCTGRAPH_SIDECAR is not set';
	my $url = ref $self->{node} ? $self->{node}->connstr('postgres') . ' user=sidecar' : $self->{node};
	open my $log, ">>", $self->{log} or die "$self->{log}: $!";
	my $from = -s $log;
	my $pid = fork // die "fork: $!";
	if ($pid == 0)
	{
		open STDERR, ">&", $log or POSIX::_exit(126);
		open STDIN, '<', '/dev/null';
		my @limit = $DESCRIPTORS ? ('sh', '-c', "ulimit -n $DESCRIPTORS; exec \"\$@\"", 'sh') : ();
		exec @limit, $binary, '--address', '127.0.0.1', '--port', $self->{port}, '--database-url', $url, @{ $self->{flags} }
		  or POSIX::_exit(127);
	}
	$self->{pid} = $pid;
	await(
		sub {
			my ($line) = grep { /"message":"listening"/ } split /\n/, substr(slurp_file($self->{log}), $from);
			die "the sidecar ended: " . slurp_file($self->{log}) if !$line && waitpid($pid, POSIX::WNOHANG()) == $pid;
			$self->{port} = JSON::PP::decode_json($line)->{port} if $line;
			return $line;
		},
		'the sidecar listens');
	return;
}

# Waits until /ready answers 200.
sub await_ready
{
	my ($self) = @_;
	await(sub { $self->request('GET', '/ready')->{status} == 200 }, 'the sidecar is ready');
	return $self;
}

sub signal
{
	my ($self, $signal) = @_;
	kill $signal, $self->{pid};
	return;
}

# Waits for the end of the process; the exit code, or "signal N".
sub ended
{
	my ($self) = @_;
	my $status;
	await(
		sub {
			return 0 if waitpid($self->{pid}, POSIX::WNOHANG()) != $self->{pid};
			$status = $?;
			return 1;
		},
		'the sidecar ends');
	delete $self->{pid};
	die $self->log_text if $self->is_insane;
	return POSIX::WIFSIGNALED($status) ? 'signal ' . POSIX::WTERMSIG($status) : POSIX::WEXITSTATUS($status);
}

sub stop
{
	my ($self, $signal) = @_;
	$self->signal($signal // 'TERM');
	return $self->ended;
}

# Whether a sanitizer that it was built with found something.
sub is_insane { return $_[0]->log_text =~ /(Address|Leak)Sanitizer|runtime error:/; }

sub log_text { return slurp_file($_[0]->{log}); }

sub connect
{
	my ($self) = @_;
	my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port}, Proto => 'tcp')
	  or die "connect: $!";
	$socket->autoflush(1);
	return $socket;
}

# The bytes of a request; the header Host is added, and Content-Length when there is a body, unless given.
# headers: [name => value, ...]
sub compose
{
	my ($method, $target, $headers, $body) = @_;
	my @headers = @{ $headers // [] };
	my %has = map { lc($headers[ 2 * $_ ]) => 1 } 0 .. $#headers / 2;
	unshift @headers, 'Host' => 'localhost' unless $has{host};
	push @headers, 'Content-Length' => length $body
	  if defined $body && !$has{'content-length'} && !$has{'transfer-encoding'};
	my $text = "$method $target HTTP/1.1\r\n";
	while (my ($name, $value) = splice @headers, 0, 2) { $text .= "$name: $value\r\n"; }
	return "$text\r\n" . ($body // '');
}

# Reads one answer: {status, headers => {lower-case name => value}, body, text}; undef if the connection ended
# before one. What follows it stays in $$rest.
sub read_answer
{
	my ($socket, $rest, $no_body) = @_;
	my $local = '';
	$rest //= \$local;
	my $end = time + $TIMEOUT;
	for (;;)
	{
		if ($$rest =~ /^(HTTP\/1\.[01] (\d{3})[^\r\n]*\r\n(.*?\r\n)?)\r\n/s)
		{
			my ($head, $status, $lines) = ($1, $2, $3 // '');
			my %headers = map { /^([^:]+): *(.*)$/ ? (lc $1 => $2) : () } split /\r\n/, $lines;
			my $length = $no_body ? 0 : $headers{'content-length'} // 0;
			if (length($$rest) >= length($head) + 2 + $length)
			{
				my $body = substr $$rest, length($head) + 2, $length;
				substr($$rest, 0, length($head) + 2 + $length) = '';
				return { status => $status, headers => \%headers, body => $body };
			}
		}
		die "no answer in $TIMEOUT seconds, only: $$rest" if time > $end;
		next unless IO::Select->new($socket)->can_read(0.1);
		my $got = sysread $socket, $$rest, 65536, length $$rest;
		return undef unless $got;
	}
}

# One request on a connection of its own.
sub request
{
	my ($self, $method, $target, $headers, $body) = @_;
	my $socket = $self->connect;
	print $socket compose($method, $target, [ @{ $headers // [] }, 'Connection' => 'close' ], $body);
	my $answer = read_answer($socket, undef, $method eq 'HEAD');
	die "no answer to $method $target" unless $answer;
	return $answer;
}

# Posts events; content is JSON text or a reference to encode.
sub post
{
	my ($self, $content, @headers) = @_;
	my %has = map { lc($headers[ 2 * $_ ]) => 1 } 0 .. $#headers / 2;
	unshift @headers, 'Content-Type' => 'application/json' unless $has{'content-type'};
	my $text = ref $content ? JSON::PP->new->canonical->utf8->encode($content) : $content;
	return $self->request('POST', '/v1/events', \@headers, $text);
}

# Sends bytes as they are and returns all that comes back until the server closes.
sub raw
{
	my ($self, $bytes) = @_;
	my $socket = $self->connect;
	local $SIG{PIPE} = 'IGNORE';
	print $socket $bytes;
	return read_all($socket);
}

sub read_all
{
	my ($socket) = @_;
	my $text = '';
	my $end = time + $TIMEOUT;
	while (time < $end)
	{
		next unless IO::Select->new($socket)->can_read(0.1);
		return $text unless sysread $socket, $text, 65536, length $text;
	}
	die "the server did not close, it said: $text";
}

# A metric's value, with its labels as printed; 0 when it is not there yet.
sub metric
{
	my ($self, $name) = @_;
	my $text = $self->request('GET', '/metrics')->{body};
	return $text =~ /^productgraph_sidecar_\Q$name\E (\S+)$/m ? $1 : 0;
}

sub event
{
	my ($id, %more) = @_;
	return {
		'event_id' => $id,
		'project_id' => 'proj_demo',
		'session.id' => 'sess-1',
		'event.type' => 'page.view',
		'event.timestamp' => POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime),
		%more
	};
}

sub json { return JSON::PP::decode_json($_[0]->{body}); }

# Waits for a condition; never for a time.
sub await
{
	my ($condition, $what) = @_;
	my $end = time + $TIMEOUT;
	until ($condition->())
	{
		die "timed out: $what" if time > $end;
		sleep 0.02;
	}
	return;
}

# Runs a sub for each argument in as many processes at once; true if all returned true.
sub in_parallel
{
	my ($work, @arguments) = @_;
	my @children;
	for my $argument (@arguments)
	{
		my $pid = fork // die "fork: $!";
		if ($pid == 0)
		{
			my $fine = eval { $work->($argument) };
			print STDERR "# $@" if $@;
			POSIX::_exit($fine ? 0 : 1);
		}
		push @children, $pid;
	}
	my $all = 1;
	for my $pid (@children) { waitpid $pid, 0; $all &&= $? == 0; }
	return $all;
}

END
{
	my $status = $? || (grep { $_->is_insane } @running) && 1;
	for my $sidecar (grep { $_->{pid} } @running)
	{
		kill 'KILL', $sidecar->{pid};
		waitpid $sidecar->{pid}, 0;
	}
	$? = $status;
}

1;
