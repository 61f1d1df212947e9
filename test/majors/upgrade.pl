# A store of an older major version of PostgreSQL, whose installation OLD_POSTGRESQL names: restored from a dump into this one,
# and taken over by pg_upgrade, it is an equal store.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/../t/lib";
use Answers;
use Catalog;
use Contents;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Store;
use Test::More;

my $install = $ENV{OLD_POSTGRESQL} or die 'OLD_POSTGRESQL is not set';
my $old = PostgreSQL::Test::Cluster->new('old', install_path => $install);
# Since PostgreSQL 18 clusters have checksums unless told otherwise, and pg_upgrade wants both to be alike.
$old->init(extra => ['--data-checksums']);
$old->start;
Store::set_up($old, 'postgres');
Store::furnish($old, 'postgres');
my $answers = Answers::both($old, 'postgres');
my $contents = Contents::text($old, 'postgres');
my %catalog = Catalog::read_all($old, 'postgres');
my $from = $old->safe_psql('postgres', 'SHOW server_version_num');

sub new_node
{
	my ($name) = @_;
	my $new = PostgreSQL::Test::Cluster->new($name);
	$new->init(extra => ['--data-checksums']);
	return $new;
}

sub is_equal
{
	my ($new, $how) = @_;
	my $to = $new->safe_psql('postgres', 'SHOW server_version_num');
	cmp_ok($to, '>', $from, "$how: from $from to $to");
	is(Contents::text($new, 'postgres'), $contents, "$how: the same rows");
	Catalog::is_same($new, 'postgres', \%catalog, $how);
	is(Answers::both($new, 'postgres'), $answers, "$how: the same answers");
	is(Answers::rows_because($new, 'postgres'), '', "$how: they come from segments");
	is($new->safe_psql('postgres', 'SELECT public.fill(2995, 3005)'), '11', "$how: goes on storing");
	is($new->safe_psql('postgres', 'SELECT count(*), count(DISTINCT event_id) FROM productgraph.events'), '3005|3005', "$how: repeats are still known");
	$new->safe_psql('postgres', 'SELECT productgraph.setup(); SELECT productgraph.maintain()');
	is(Answers::both($new, 'postgres'), $answers, "$how: the same answers when packing has gone on");
	return;
}

# With the new version's pg_dump, as the manual of PostgreSQL has it.
my $dumps = $old->backup_dir;
mkdir $dumps;
my $restored = new_node('restored');
$restored->start;
command_ok(['pg_dumpall', '--roles-only', '-f', "$dumps/roles.sql", '-d', $old->connstr('postgres')], 'roles: dump');
run_command(['psql', '-X', '-q', '-d', $restored->connstr('postgres'), '-f', "$dumps/roles.sql"]);
command_ok(['pg_dump', '-Fc', '-f', "$dumps/store", '-d', $old->connstr('postgres')], 'dump');
command_ok(['pg_restore', '--exit-on-error', '-d', $restored->connstr('postgres'), "$dumps/store"], 'restore');
is_equal($restored, 'dump');

my $upgraded = new_node('upgraded');
$old->stop;
chdir $dumps or die $!;
my ($new_bin) = map { chomp; $_ } `pg_config --bindir`;
command_ok(['pg_upgrade', '--no-sync', '-b', "$install/bin", '-B', $new_bin, '-d', $old->data_dir, '-D', $upgraded->data_dir,
	'-s', $upgraded->host, '-p', $old->port, '-P', $upgraded->port], 'pg_upgrade');
$upgraded->start;
is_equal($upgraded, 'pg_upgrade');
done_testing();
