# The organization cannot be forged before the library is loaded either: by connection options, by settings of roles
# and databases, or by a placeholder.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Store;
use Test::More;

my $node = Store::start();
$node->safe_psql('postgres', 'SELECT public.fill(1, 10)');
my $org = $node->safe_psql('postgres', q{SELECT id FROM productgraph.organizations});
$node->safe_psql('postgres', q{
	CREATE ROLE guest LOGIN; GRANT productgraph_analyst TO guest;
	CREATE ROLE member LOGIN; GRANT productgraph_analyst TO member;
	SELECT productgraph.add_member('member', '} . $org . q{');
});
# Loads the library first, so that the setting takes effect if it ever does.
my $look = q{SELECT count(*) FROM (SELECT productgraph.current_org_id()) c, productgraph.events};
my @guest = (extra_params => ['-U', 'guest']);

is($node->safe_psql('postgres', $look, @guest), '0', 'nothing without an organization');
{
	local $ENV{PGOPTIONS} = "-c productgraph.current_org=$org";
	my (undef, $out) = $node->psql('postgres', $look, @guest);
	isnt($out // '', '10', 'connection options do not set it');
}
my (undef, $out) = $node->psql('postgres', "SET productgraph.current_org = '$org'; $look", @guest);
isnt($out, '10', 'a placeholder from before does not set it');
for my $target ('ROLE guest', 'DATABASE postgres', 'ROLE guest IN DATABASE postgres')
{
	# In a session that has not loaded the library PostgreSQL takes the setting for a placeholder.
	$node->psql('postgres', "ALTER $target SET productgraph.current_org = '$org'");
	(undef, $out) = $node->psql('postgres', $look, @guest);
	is($out, '0', "ALTER $target does not set it");
	$node->psql('postgres', "ALTER $target RESET productgraph.current_org");
}
is($node->safe_psql('postgres', "SELECT productgraph.set_current_org('$org'); SELECT count(*) FROM productgraph.events",
	extra_params => ['-U', 'member']), "\n10", 'a member sees its organization');
# Parallel workers see what their leader sees.
is($node->safe_psql('postgres', qq{SELECT productgraph.set_current_org('$org');
	SET debug_parallel_query = on; SELECT count(*) FROM productgraph.events;}, extra_params => ['-U', 'member'])
	=~ s/^\n//r, '10', 'in parallel workers too') if $node->pg_version >= 16;
is($node->safe_psql('postgres', qq{SELECT productgraph.set_current_org('$org');
	SET force_parallel_mode = on; SELECT count(*) FROM productgraph.events;}, extra_params => ['-U', 'member'])
	=~ s/^\n//r, '10', 'in parallel workers too') if $node->pg_version < 16;
done_testing();
