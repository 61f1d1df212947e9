# A store that an earlier version made and filled, upgraded while ingestion runs, has the catalog of a new one and the
# answers it had; what was accepted meanwhile is there. Before that, the new library serves the old SQL.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Answers;
use Catalog;
use IPC::Run;
use PostgreSQL::Test::Utils;
use Sidecar;
use Store;
use Test::More;

my $node = Store::start();
my $current = $node->safe_psql('postgres', q{SELECT default_version FROM pg_available_extensions WHERE name = 'productgraph'});
my @earlier = split /\n/, $node->safe_psql('postgres', qq{SELECT version FROM pg_available_extension_versions
	WHERE name = 'productgraph' AND version <> '$current' ORDER BY string_to_array(version, '.')::int[]});
ok(@earlier > 0, 'earlier versions can be installed: ' . join ', ', @earlier);
# Its catalog is of all Store::furnish() makes, too.
Store::furnish($node, 'postgres');
my %catalog = Catalog::read_all($node, 'postgres');
my $dumps = $node->backup_dir;
mkdir $dumps;
$node->safe_psql('postgres', 'CREATE ROLE keeper LOGIN IN ROLE productgraph_owner; CREATE ROLE sidecar LOGIN IN ROLE productgraph_ingest');

# A session that sends batches of ten, numbered from first on, until it is killed.
sub begin_to_write
{
	my ($database, $first) = @_;
	my $writer = { out => '', err => '' };
	my $script = join '', map { sprintf "SELECT public.fill(%d, %d);\n", $first + $_ * 10, $first + $_ * 10 + 9 } 0 .. 20000;
	$writer->{run} = IPC::Run::start(['psql', '-XqAt', '-d', $node->connstr($database)],
		'<', \$script, '>', \$writer->{out}, '2>', \$writer->{err}, IPC::Run::timeout(120));
	return $writer;
}

sub await_answers
{
	my ($more, @writers) = @_;
	for my $writer (@writers)
	{
		my $before = answered($writer);
		$writer->{run}->pump until answered($writer) >= $before + $more;
	}
	return;
}

sub answered { my @answers = $_[0]->{out} =~ /^10$/mg; return scalar @answers; }

# A process that posts to the sidecar, one event after the other, until enough() says so, and notes each answer.
sub begin_to_post
{
	my ($sidecar, $file) = @_;
	my $pid = fork // die "fork: $!";
	return $pid if $pid;
	open my $answers, '>', $file or POSIX::_exit(1);
	$answers->autoflush(1);
	for (my $n = 1; !-e "$file.enough"; ++$n)
	{
		my $answer = eval { $sidecar->post([ { event_id => "posted-$n", project_id => 'shop', 'session.id' => 'posted', 'event.type' => 'custom',
			'event.timestamp' => time * 1000 } ]) };
		print $answers "posted-$n ", $answer ? $answer->{status} : $@, "\n";
	}
	POSIX::_exit(0);
}

sub posted { open my $file, '<', $_[0] or return (); chomp(my @lines = <$file>); return @lines; }

for my $version (@earlier)
{
	(my $database = "from_$version") =~ s/\W/_/g;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	Store::set_up($node, $database, $version);
	Store::furnish($node, $database);
	my $before = Answers::both($node, $database);
	like($node->safe_psql($database, q{SELECT status, value, hint FROM productgraph.store_status() WHERE subject = 'productgraph'}),
		qr/^problem\|SQL \Q$version\E, library \Q$current\E\|Run ALTER EXTENSION productgraph UPDATE/,
		"$version: store_status() says what to run");

	# A dump of it, restored where the new version is.
	command_ok(['pg_dump', '-Fc', '-f', "$dumps/$database", '-d', $node->connstr($database)], "$version: dump");
	$node->safe_psql('postgres', "CREATE DATABASE restored_$database");
	command_ok(['pg_restore', '--exit-on-error', '-d', $node->connstr("restored_$database"), "$dumps/$database"], "$version: restore");
	$node->safe_psql("restored_$database", 'SELECT productgraph.setup()');
	is(Answers::both($node, "restored_$database"), $before, "$version, restored: the same answers");
	Catalog::is_same($node, "restored_$database", \%catalog, "$version, restored");

	my @writers = map { begin_to_write($database, $_) } 500_000, 800_000;
	my $sidecar = Sidecar->start($node->connstr($database) . ' user=sidecar')->await_ready;
	my $posted = PostgreSQL::Test::Utils::tempdir() . '/posted';
	my $poster = begin_to_post($sidecar, $posted);
	await_answers(5, @writers);
	Sidecar::await(sub { posted($posted) >= 10 }, 'the sidecar stores events');
	my ($status, undef, $said) = $node->psql($database, q{
		BEGIN;
		SET LOCAL lock_timeout = '10s';
		ALTER EXTENSION productgraph UPDATE;
		SELECT productgraph.setup();
		COMMIT}, on_error_stop => 1);
	is($status, 0, "$version: upgraded while ingestion runs") or diag($said);
	like($said, qr/WARNING:  the store of ProductGraph is still that of the version before\nHINT:  Run: SELECT productgraph.setup\(\);/,
		"$version: the upgrade says what comes next");
	await_answers(5, @writers);
	my $before_more = posted($posted);
	Sidecar::await(sub { posted($posted) >= $before_more + 10 }, 'the sidecar goes on storing events');
	append_to_file("$posted.enough", '');
	waitpid $poster, 0;
	is(join(' ', grep { !/ 202$/ } posted($posted)), '', "$version: the sidecar answers 202 all the time");
	is($node->safe_psql($database, "SELECT count(*), count(DISTINCT event_id) FROM productgraph.events WHERE event_id LIKE 'posted-%'"),
		join('|', (scalar(() = posted($posted))) x 2), "$version: each of these is stored, once");
	$sidecar->stop;
	my $accepted = 0;
	for my $writer (@writers)
	{
		$writer->{run}->kill_kill;
		is($writer->{err}, '', "$version: no batch was refused");
		$accepted += answered($writer) * 10;
	}
	# Of each writer one batch may be stored whose answer nobody read.
	my $stored = $node->safe_psql($database, q{SELECT count(*) FROM productgraph.events WHERE event_id ~ '^[0-9]+$'}) - 2999;
	cmp_ok($stored - $accepted, '>=', 0, "$version: all $accepted events accepted meanwhile are stored");
	is($node->safe_psql($database, q{SELECT count(*) - count(DISTINCT event_id) FROM productgraph.events}), '0', "$version: none of them twice");

	is(Answers::both($node, $database), $before, "$version: the same answers");
	is(Answers::rows_because($node, $database), '', "$version: they come from segments");
	Catalog::is_same($node, $database, \%catalog, "$version, as in a new store");
	is($node->safe_psql($database, q{SELECT status, value FROM productgraph.store_status() WHERE subject IN ('productgraph', 'guards') ORDER BY 2}),
		"ok|SQL $current, library $current\nok|in place", "$version: all is well then");
}

# Between ALTER EXTENSION UPDATE and setup() the store goes on.
my ($oldest) = @earlier;
$node->safe_psql('postgres', 'CREATE DATABASE halfway');
Store::set_up($node, 'halfway', $oldest);
Store::furnish($node, 'halfway');
my $before = Answers::both($node, 'halfway');
$node->safe_psql('halfway', 'ALTER EXTENSION productgraph UPDATE');
is($node->safe_psql('halfway', 'SELECT public.fill(2990, 3010)'), '21', 'halfway: events are stored');
is($node->safe_psql('halfway', q{SELECT productgraph.create_partitions(now(), now() + interval '20 weeks')},
	extra_params => ['-U', 'keeper']) > 0, 1, 'halfway: partitions can be made');
my (undef, undef, $refusal) = $node->psql('halfway', 'SELECT productgraph.maintain()', extra_params => ['-U', 'keeper']);
like($refusal, qr/ERROR:  the ProductGraph store is still that of an earlier version\nHINT:  Run: SELECT productgraph.setup\(\);/,
	'halfway: maintain() says what is missing');
is($node->safe_psql('halfway', 'SELECT status, value, hint FROM productgraph.store_status()'),
	'problem|still that of an earlier version|Run: SELECT productgraph.setup();', 'halfway: so does store_status()');
is(Answers::both($node, 'halfway'), $before, 'halfway: the same answers');

# The owner of a database, who is no superuser, installs and upgrades.
$node->safe_psql('postgres', 'CREATE ROLE landlord LOGIN CREATEROLE IN ROLE productgraph_owner');
my %owned;
for my $first ('', " VERSION '$oldest'")
{
	my $database = $first ? 'was_owned' : 'is_owned';
	$node->safe_psql('postgres', "CREATE DATABASE $database OWNER landlord");
	my @landlord = (connstr => $node->connstr($database) . ' user=landlord');
	$node->safe_psql($database, "CREATE EXTENSION productgraph$first; SELECT productgraph.setup()", @landlord);
	# By a superuser, who leaves the rest to the owner.
	$node->safe_psql($database, 'ALTER EXTENSION productgraph UPDATE') if $first;
	$node->safe_psql($database, 'SELECT productgraph.setup()', @landlord) if $first;
	$owned{$database} = { Catalog::read_all($node, $database) };
}
is($owned{was_owned}{$_}, $owned{is_owned}{$_}, "set up by the owner of a database, upgraded by a superuser: $_ are those of a new store") for sort keys %{ $owned{is_owned} };
like($owned{was_owned}{functions}, qr/ingest_requests.*landlord:EXECUTE:t/, 'the owner of the database may call what is guarded');
done_testing();
