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
		restore('parts', "$dumps/schema"), restore('parts', '--disable-triggers', "$dumps/data"),
		# Which leaves triggers that do not fire for a session that replays.
		['psql', '-X', '-q', '-d', $other->connstr('parts'), '-c', 'SELECT productgraph.setup()']],
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

# The schema alone, with the extension.
$other->safe_psql('postgres', 'CREATE DATABASE part');
command_ok(dump_it('-Fc', '-n', 'productgraph', '-e', 'productgraph', '-f', "$dumps/part"), 'part: dump');
command_ok(restore('part', "$dumps/part"), 'part: restore');
is(Contents::text($other, 'part'), $contents, 'part: the same rows');
Catalog::is_same($other, 'part', \%catalog, 'part');
is(Answers::both($other, 'part'), $answers, 'part: the same answers');

# The owner of a database, who is no superuser, has setup() give what only superusers can, and refreshes views later. This
# dump has no segments.
$node->safe_psql('postgres', 'CREATE MATERIALIZED VIEW public.types AS SELECT event_type, count(*) FROM productgraph.events GROUP BY 1');
my @unpacked = map { "--exclude-table-data=productgraph.$_" } 'segments', 'packed_weeks';
sub without_segments { return join "\n", grep { !/\.(segments|packed_weeks)\|/ } split /\n/, $_[0] }
$other->safe_psql('postgres', 'CREATE DATABASE owned OWNER keeper');
my $owner = $other->connstr('owned') . ' user=keeper';
command_ok(dump_it('-Fc', @unpacked, '-f', "$dumps/custom"), 'owned: dump');
command_ok(['sh', '-c', "pg_restore -l $dumps/custom | grep -v 'MATERIALIZED VIEW DATA' > $dumps/list"], 'owned: without the rows of views');
command_ok(['pg_restore', '--exit-on-error', '--no-owner', '--no-privileges', '-L', "$dumps/list", '-d', $owner, "$dumps/custom"], 'owned: restore');
$other->safe_psql('owned', 'SELECT productgraph.setup()', connstr => $owner);
$other->safe_psql('owned', 'REFRESH MATERIALIZED VIEW public.types', connstr => $owner);
is(without_segments(Contents::text($other, 'owned')), without_segments($contents), 'owned: the same rows');
Catalog::is_same($other, 'owned', \%catalog, 'owned', qw(tables columns constraints indexes policies triggers sequences types casts members));
is(Answers::both($other, 'owned'), $answers, 'owned: the same answers');
is($other->safe_psql('owned', 'SELECT public.fill(2995, 3005)'), '11', 'owned: goes on storing');
$other->safe_psql('owned', 'SELECT productgraph.maintain()', connstr => $owner);
is(Answers::both($other, 'owned'), $answers, 'owned: the same answers when events are packed');
is(Answers::rows_because($other, 'owned'), '', 'owned: they come from segments');

# Dumps without other tables of packing: kinds may go with the two. One of them alone may not; the statements of
# docs/operations.md make up for that, and for rows that nobody watched.
my ($rebuild) = slurp_file("$FindBin::RealBin/../../docs/operations.md") =~ /^```sql\n([^`]*rebuild_segments[^`]*)^```$/m;
sub rebuild
{
	my ($database) = @_;
	is($other->safe_psql($database, $rebuild, extra_params => [qw(-v ON_ERROR_STOP=1)]) =~ /^\d+$/m, 1, "$database: segments are made anew");
	is(Answers::both($other, $database), $answers, "$database: the same answers");
	is(Answers::rows_because($other, $database), '', "$database: they come from segments");
	return;
}
for my $without ('segments', 'packed_weeks', 'segments kinds', 'segments packed_weeks kinds')
{
	my $name = $without =~ s/ /_/gr;
	$other->safe_psql('postgres', "CREATE DATABASE without_$name");
	command_ok(dump_it('-Fc', (map { "--exclude-table-data=productgraph.$_" } split / /, $without), '-f', "$dumps/$name"), "without $without: dump");
	command_ok(restore("without_$name", "$dumps/$name"), "without $without: restore");
	is(Answers::both($other, "without_$name"), $answers, "without $without: the same answers at once") if $without =~ /segments packed_weeks/;
	isnt(Answers::of($other, "without_$name", 'on'), $answers, "without $without: wrong answers") if $without !~ /packed_weeks/;
	rebuild("without_$name");
}
$other->safe_psql('plain', q{
	ALTER TABLE productgraph.events DISABLE TRIGGER ALL;
	CREATE TABLE public.gone AS SELECT * FROM productgraph.events WHERE event_id::int BETWEEN 500 AND 900;
	DELETE FROM productgraph.events WHERE event_id::int BETWEEN 500 AND 900;
	ALTER TABLE productgraph.events ENABLE TRIGGER ALL});
isnt(Answers::of($other, 'plain', 'on'), Answers::of($other, 'plain', 'off'), 'rows that go unwatched stay in segments');
$other->safe_psql('plain', $rebuild);
is(Answers::of($other, 'plain', 'on'), Answers::of($other, 'plain', 'off'), 'until these are made anew');
$other->safe_psql('plain', 'INSERT INTO productgraph.events SELECT * FROM public.gone');
isnt(Answers::of($other, 'plain', 'on'), Answers::of($other, 'plain', 'off'), 'rows that come back with their time of receipt are not seen');
rebuild('plain');
done_testing();
