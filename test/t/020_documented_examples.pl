# The examples of docs/sql-reference.md print what the page says: each block of SQL that is followed by a block of
# output is run, in order and in one session.
use strict;
use warnings;
use FindBin;
use IPC::Run qw(run);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('docs');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION productgraph; SELECT productgraph.setup()');

my $page = slurp_file("$FindBin::RealBin/../../docs/sql-reference.md");
my @blocks;
while ($page =~ /^```sql\n(.*?)^```\n(?:\n```\n(.*?)^```\n)?/msg)
{
	push @blocks, { sql => $1, output => $2 };
}
cmp_ok(scalar @blocks, '>=', 10, 'the page has examples');

# One session; a marker after each block tells their outputs apart.
my $script = "SET search_path = productgraph, public;\nSET timezone = 'UTC';\nSET datestyle = 'ISO';\nSET intervalstyle = 'postgres';\n";
$script .= join '', map { "\\echo <<$_>>\n$blocks[$_]{sql}" } 0 .. $#blocks;
run [ 'psql', '-X', '-q', '--set', 'VERBOSITY=terse', '-d', $node->connstr('postgres') ], '<', \$script, '>&', \my $all;
my (undef, @outputs) = split /^<<\d+>>\n/m, $all;
for my $i (0 .. $#blocks)
{
	my $expected = $blocks[$i]{output} // '';
	s/[ \t]+$//mg, s/\n+\z/\n/ for $outputs[$i], $expected;
	is($outputs[$i], $expected, "example $i: " . (split /\n/, $blocks[$i]{sql})[0]);
}
done_testing();
