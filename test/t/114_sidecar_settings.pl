# Settings come from flags and environment, and a wrong one is named.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use IPC::Run ();
use PostgreSQL::Test::Utils qw(slurp_file);
use Sidecar;
use Test::More;

my $binary = $ENV{PRODUCTGRAPH_SIDECAR};
sub run_sidecar
{
	my ($out, $err) = ('', '');
	IPC::Run::run([ $binary, @_ ], '<', \'', '>', \$out, '2>', \$err, IPC::Run::timeout(60));
	return ($? >> 8, $out, $err);
}

my ($code, $out, $err) = run_sidecar('--help');
is($code, 0, '--help');
like($out, qr/--database-url .*PRODUCTGRAPH_DATABASE_URL/, 'names flags and variables');
# The documents list every setting with its default and meaning, and no other.
my $page = slurp_file("$FindBin::RealBin/../../docs/settings.md");
my ($table) = $page =~ /^## Of the sidecar$(.*)/ms;
my @documented = $table =~ /^\| `([a-z-]+)` \| `?(.*?)`? \| (.*) \|$/mg;
is(join("\n", @documented), join("\n", map { $_ eq 'empty' ? '' : $_ } $out =~ /^  --([a-z-]+)  \(.*?, default (.*?)\)\n      (.*)$/mg),
	'the documents have all settings');
($code, $out, $err) = run_sidecar('--version');
like($out, qr/^productgraph-sidecar \d+\.\d+\.\d+$/, '--version');

{
	local $ENV{PRODUCTGRAPH_PORT} = 4321;
	local $ENV{PRODUCTGRAPH_DATABASE_URL} = 'postgresql://u:hunter2@h/d';
	($code, $out, $err) = run_sidecar('--check-config', '--workers', 2);
	is($code, 0, '--check-config');
	like($out, qr/^port = 4321$/m, 'reads the environment');
	like($out, qr/^workers = 2$/m, 'and flags');
	unlike($out . $err, qr/hunter2/, 'and shows no secret');
}
for my $wrong ([ '--prot', 1 ], [ '--port', 'x' ], [ '--address' ], [ '--database-url', 'postgresql://a:hunter2@h:port:x/d?bogus=1' ])
{
	($code, $out, $err) = run_sidecar('--check-config', @$wrong);
	is($code, 2, "$wrong->[0]: exit code");
	(my $name = $wrong->[0]) =~ s/^--//;
	like($err, qr/\Q$name\E/, "$wrong->[0]: is named");
	unlike($err, qr/hunter2/, "$wrong->[0]: no secret");
}

my $first = Sidecar->start('host=/nowhere');
($code, $out, $err) = run_sidecar('--address', '127.0.0.1', '--port', $first->{port}, '--database-url', 'host=/nowhere');
is($code, 1, 'a port that is taken: exit code');
like($err, qr/"message":"cannot listen".*"port":$first->{port}.*in use/, 'and the reason');
is($first->request('GET', '/health')->{status}, 200, 'the first one is not disturbed');
($code, $out, $err) = run_sidecar('--address', 'localhost');
is($code, 1, 'an address that is none');

my $line = JSON::PP::decode_json((split /\n/, $first->log_text)[0]);
is($line->{message}, 'listening', 'the start is logged');
ok(exists $line->{$_}, "with $_") for qw(version address port workers pool_size);
done_testing();
