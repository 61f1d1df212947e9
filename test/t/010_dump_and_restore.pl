# A dump restored on another server is an equal store, whatever its form: catalog, rows, answers; and ingestion goes on.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Answers;
use Catalog;
use Contents;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Store;
use Test::More;

my $node = Store::start();
Store::furnish($node, 'postgres');
$node->safe_psql('postgres', 'CREATE ROLE keeper LOGIN CREATEROLE IN ROLE productgraph_owner');
my $other = PostgreSQL::Test::Cluster->new('other');
$other->init;
$other->start;

my $dumps = $node->backup_dir;
mkdir $dumps;
command_ok(['pg_dumpall', '--roles-only', '-f', "$dumps/roles.sql", '-d', $node->connstr('postgres')], 'roles: dump');
# Of its roles one exists: the superuser.
my (undef, $errors) = run_command(['psql', '-X', '-q', '-d', $other->connstr('postgres'), '-f', "$dumps/roles.sql"]);
unlike($errors, qr/ERROR:  (?!role "\S+" already exists)/, 'roles: restore');

my $answers = Answers::both($node, 'postgres');
my $contents = Contents::text($node, 'postgres');
my %catalog = Catalog::read_all($node, 'postgres');

sub dump_it { return ['pg_dump', '-d', $node->connstr('postgres'), @_]; }
sub restore { my $name = shift; return ['pg_restore', '--exit-on-error', '-d', $other->connstr($name), @_]; }
my %forms = (
	plain => [dump_it('-f', "$dumps/plain.sql"),
		['psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $other->connstr('plain'), '-f', "$dumps/plain.sql"]],
	directory => [dump_it('-Fd', '-j2', '-f', "$dumps/directory"), restore('directory', '-j2', "$dumps/directory")],
	parts => [dump_it('-Fc', '--schema-only', '-f', "$dumps/schema"), dump_it('-Fc', '--data-only', '-f', "$dumps/data"),
		restore('parts', "$dumps/schema"), restore('parts', '--disable-triggers', "$dumps/data")],
);
for my $form (sort keys %forms)
{
	$other->safe_psql('postgres', "CREATE DATABASE $form");
	command_ok($_, "$form: $_->[0]") for @{ $forms{$form} };
	is(Contents::text($other, $form), $contents, "$form: the same rows");
	Catalog::is_same($other, $form, \%catalog, $form);
	is(Answers::both($other, $form), $answers, "$form: the same answers");
	is(Answers::rows_because($other, $form), '', "$form: they come from segments");
	is($other->safe_psql($form, 'SELECT public.fill(2995, 3005)'), '11', "$form: goes on storing");
	is($other->safe_psql($form, 'SELECT count(*), count(DISTINCT event_id) FROM productgraph.events'), '3005|3005', "$form: repeats are still known");
	$other->safe_psql($form, 'SELECT productgraph.maintain()');
	is(Answers::both($other, $form), $answers, "$form: the same answers when packing has gone on");
}

# The owner of a database, who is no superuser, has setup() give what only superusers can. This dump has no segments.
my @unpacked = map { "--exclude-table-data=productgraph.$_" } 'segments', 'packed_weeks';
sub without_segments { return join "\n", grep { !/\.(segments|packed_weeks)\|/ } split /\n/, $_[0] }
$other->safe_psql('postgres', 'CREATE DATABASE owned OWNER keeper');
my $owner = $other->connstr('owned') . ' user=keeper';
command_ok(dump_it('-Fc', @unpacked, '-f', "$dumps/custom"), 'owned: dump');
command_ok(['pg_restore', '--exit-on-error', '--no-owner', '--no-privileges', '-d', $owner, "$dumps/custom"], 'owned: restore');
$other->safe_psql('owned', 'SELECT productgraph.setup()', connstr => $owner);
is(without_segments(Contents::text($other, 'owned')), without_segments($contents), 'owned: the same rows');
Catalog::is_same($other, 'owned', \%catalog, 'owned', qw(tables columns constraints indexes policies triggers sequences types casts members));
is(Answers::both($other, 'owned'), $answers, 'owned: the same answers');
is($other->safe_psql('owned', 'SELECT public.fill(2995, 3005)'), '11', 'owned: goes on storing');
$other->safe_psql('owned', 'SELECT productgraph.maintain()', connstr => $owner);
is(Answers::both($other, 'owned'), $answers, 'owned: the same answers when events are packed');
is(Answers::rows_because($other, 'owned'), '', 'owned: they come from segments');
done_testing();
