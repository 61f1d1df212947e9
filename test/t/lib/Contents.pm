# What the tables of a store hold, to be compared with those of another.
package Contents;

use strict;
use warnings;

# Of every table and partition, how many rows and what they add up to; of every sequence where it stands, unless without.
sub text
{
	my ($node, $database, %without) = @_;
	my %tables = map { split /\|/ } split /\n/, $node->safe_psql($database, q{SELECT c.oid::regclass, c.relkind FROM pg_class c
		WHERE c.relnamespace = 'productgraph'::regnamespace AND c.relkind IN ('r', 'S')});
	return $node->safe_psql($database, "SET timezone = 'UTC'; " . join(' UNION ALL ', map {
		my $row = $tables{$_} eq 'S' ? '(t.last_value, t.is_called)' : 't';
		"SELECT '$_', count(*), md5(string_agg($row\::text, E'\\n' ORDER BY $row\::text COLLATE \"C\")) FROM $_ t"
	} grep { $tables{$_} ne 'S' || !$without{sequences} } sort keys %tables) . ' ORDER BY 1');
}

1;
