# What questions of the store answer, to be compared before and after something was done to it.
package Answers;

use strict;
use warnings;

# Of project "shop" as Store furnishes it: the days of fill(1, 2986).
my $range = q{since => '2023-11-14', until => '2023-11-17'};
my %questions = (
	funnel => qq{funnel('shop', '{page.view,ui.click,custom}', $range)},
	'funnel by session' => qq{funnel('shop', '{page.view,custom}', actor => 'session', $range)},
	'funnel trend' => qq{funnel_trend('shop', '{page.view,ui.click}', $range)},
	'retention' => qq{retention_table('shop', $range)},
	trend => qq{trend('shop', breakdown => 'event.type', $range)},
	'active users' => qq{active_users('shop', $range)},
	lifecycle => qq{lifecycle('shop', $range)},
	stickiness => qq{stickiness('shop', $range)},
	paths => qq{paths('shop', node => 'event.type', $range)},
	'journey graph' => qq{journey_graph('shop', node => 'event.type', $range)},
);

# All answers as text, of segments and then of rows; dies when no question is answered from segments.
sub both
{
	my ($node, $database) = @_;
	my ($segments, $rows) = map { of($node, $database, $_) } 'on', 'off';
	die "answers of segments and of rows differ:\n$segments\n$rows" if $segments ne $rows;
	return $segments;
}

sub of
{
	my ($node, $database, $use_segments) = @_;
	my $all = join ' UNION ALL ', map { "SELECT '$_', string_agg(q::text, E'\\n' ORDER BY q::text) FROM productgraph.$questions{$_} q" }
	  sort keys %questions;
	return $node->safe_psql($database, "SET timezone = 'UTC'; SET productgraph.use_segments = $use_segments;
		SELECT productgraph.set_current_org(id) FROM productgraph.organizations WHERE slug = 'demo'; $all");
}

# Why the funnel of the first day is not answered from segments; empty when it is.
sub rows_because
{
	my ($node, $database) = @_;
	my ($status, $out, $notice) = $node->psql($database, q{SET productgraph.explain = on;
		SELECT productgraph.set_current_org(id) FROM productgraph.organizations WHERE slug = 'demo';
		SELECT count(*) FROM productgraph.funnel('shop', '{page.view,ui.click}')});
	return $notice =~ /answered from rows: (.*)/ ? $1 : $notice =~ /segments/ ? '' : "it did not say: $notice";
}

1;
