# Two tenants share one connection through PgBouncer in transaction mode: an organization chosen for the transaction never
# reaches the other one.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Tenants;
use Test::More;
use Time::HiRes qw(sleep);

my $rounds = $ENV{TENANT_ROUNDS} // 10_000;
my ($pgbouncer) = grep { -x } $ENV{PGBOUNCER} // (), map { "$_/pgbouncer" } split(/:/, $ENV{PATH}), '/usr/sbin';
die 'pgbouncer is not installed: dev/install-packages test' unless $pgbouncer;

my $node = Tenants::start();
my %org = map { $_ => Tenants::id($node, $_) } 'a', 'b';
$node->safe_psql('postgres', 'CREATE ROLE web LOGIN NOINHERIT; GRANT a, b TO web');

my $dir = PostgreSQL::Test::Utils::tempdir;
my $port = PostgreSQL::Test::Cluster::get_free_port();
append_to_file("$dir/users", qq("service" ""\n"web" ""\n));
append_to_file("$dir/pgbouncer.ini", <<"INI");
[databases]
postgres = host=${\ $node->host} port=${\ $node->port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = trust
auth_file = $dir/users
pool_mode = transaction
default_pool_size = 1
max_client_conn = 20
INI
my $pooler = IPC::Run::start([ $pgbouncer, "$dir/pgbouncer.ini" ], '<', \undef, '>', "$dir/log", '2>&1');
END { local $?; $pooler->kill_kill if $pooler }

sub as_client { my ($user) = @_; return [ 'psql', '-XAtq', '-d', "host=127.0.0.1 port=$port user=$user dbname=postgres" ] }

sub run_client
{
	my ($user, $script) = @_;
	my ($out, $error);
	IPC::Run::run(as_client($user), '<', \$script, '>', \$out, '2>', \$error);
	return $out . $error;
}
my $tries = 0;
until (run_client('service', 'SELECT 1') =~ /^1$/) { die slurp_file("$dir/log") if ++$tries > 100; sleep 0.1; }

# What a tenant does in a round, and what it must see: its own name where it has chosen, nothing where not.
my $look = q{SELECT coalesce(string_agg(DISTINCT name, ' '), 'nothing') FROM productgraph.projects;};
sub round
{
	my ($kind, $letter) = @_;
	my $choose = "SELECT productgraph.set_current_org('$org{$letter}', true) \\g /dev/null\n";
	return ("BEGIN; $choose $look COMMIT; $look\n", "canary-$letter", 'nothing') if $kind == 0;
	return ("BEGIN; $choose $look SELECT 1 / 0; ROLLBACK; $look\n", "canary-$letter", 'nothing') if $kind == 1;
	return ("$choose $look\n", 'nothing') if $kind == 2;
	return ("BEGIN; SAVEPOINT s; $choose ROLLBACK TO s; $look $choose $look COMMIT; $look\n", 'nothing', "canary-$letter", 'nothing');
}

my %client;
for my $letter ('a', 'b')
{
	my ($script, @expected) = ('');
	for my $n (1 .. $rounds / 2)
	{
		my ($text, @lines) = round($n % 4, $letter);
		$script .= $text;
		push @expected, @lines;
	}
	$script .= "SELECT pg_backend_pid();\n";
	$client{$letter} = { expected => join("\n", @expected) . "\n", out => '', script => $script };
}
$_->{run} = IPC::Run::start(as_client('service'), '<', \$_->{script}, '>', \$_->{out}, '2>', \$_->{error}) for values %client;
$_->{run}->finish for values %client;
my %backend;
for my $letter ('a', 'b')
{
	my $client = $client{$letter};
	$backend{$letter} = $1 if $client->{out} =~ s/^(\d+)\n\z//m;
	ok($client->{out} eq $client->{expected}, "tenant $letter saw its own rows where it had chosen, and none elsewhere, in " . $rounds / 2 . ' rounds')
	  or diag(substr $client->{out}, 0, 500);
	unlike($client->{error}, qr/ERROR:  (?!division by zero)/, "tenant $letter met no error but its own");
}
is($backend{a}, $backend{b}, 'they shared one connection');

# The choice for the session is not for poolers, which is also the proof that the above could have failed.
run_client('service', "SELECT productgraph.set_current_org('$org{a}')");
like(run_client('service', $look), qr/canary-a/, 'a choice for the session reaches the next client of a service role');
# It reaches no further than roles do.
run_client('web', "BEGIN; SET LOCAL ROLE a; SELECT productgraph.set_current_org('$org{a}'); COMMIT");
like(run_client('web', "BEGIN; SET LOCAL ROLE a; $look COMMIT"), qr/canary-a/, 'and that of an analyst the same analyst');
like(run_client('web', "BEGIN; SET LOCAL ROLE b; $look COMMIT"), qr/nothing/, 'but no other analyst');
done_testing();
