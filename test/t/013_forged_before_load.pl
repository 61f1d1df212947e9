# The organization cannot be forged before the library is loaded either: by connection options, by settings of roles, databases
# and files, or by a placeholder; nor where the library is loaded at the start of the server or of a session, nor in parallel workers.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Tenants;
use Test::More;

my $node = Tenants::start();
my ($org_a, $org_b) = map { Tenants::id($node, $_) } 'a', 'b';
my $setting = 'productgraph.current_org';
# Loads the library first, so that the setting takes effect if it ever does.
my $look = q{SELECT 'organization: ' || coalesce(productgraph.current_org_id()::text, 'none'); SELECT DISTINCT page_path FROM productgraph.events;};
# In parallel workers too, which take over the settings of roles and databases by themselves.
my $parallel_mode = $node->pg_version >= 16 ? 'debug_parallel_query' : 'force_parallel_mode';
my $look_in_workers = "SET $parallel_mode = on; SET min_parallel_table_scan_size = 0; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0;
	SELECT 'organization: ' || coalesce(max(productgraph.current_org_id()::text), 'none') FROM pg_class; SELECT DISTINCT page_path FROM productgraph.events;";

sub sees_nothing
{
	my ($how, $before) = @_;
	for my $query ($look, $look_in_workers)
	{
		my (undef, $out) = $node->psql('postgres', ($before // '') . $query, extra_params => [ '-U', 'a' ], on_error_stop => 0);
		is($out, 'organization: none', $how . ($query eq $look ? '' : ', in parallel workers'));
	}
	return;
}

# What is kept inside of the setting names the roles that chose, too: both forms are tried.
my $postgres_oid = $node->safe_psql('postgres', q{SELECT oid FROM pg_roles WHERE rolname = 'postgres'});
for my $value ($org_b, "$org_b 0 0", "$org_b $postgres_oid $postgres_oid", 'nonsense')
{
	sees_nothing("a placeholder from before ($value)", "SET $setting = '$value';");
	sees_nothing("a placeholder of the transaction ($value)", "BEGIN; SET LOCAL $setting = '$value';");
	sees_nothing("set_config() before ($value)", "SELECT set_config('$setting', '$value', false) \\g /dev/null\n");
	sees_nothing("a function's SET clause from before ($value)", "CREATE FUNCTION pg_temp.forge() RETURNS text LANGUAGE sql SET $setting = '$value'
		AS \$\$ SELECT page_path FROM productgraph.events \$\$; SELECT pg_temp.forge() \\g /dev/null\n");
	{
		local $ENV{PGOPTIONS} = "-c $setting=" . ($value =~ s/ /\\ /gr);
		sees_nothing("connection options ($value)");
	}
}
for my $target ('ROLE a', 'ROLE ALL', 'DATABASE postgres', 'ROLE a IN DATABASE postgres')
{
	# In a session that has not loaded the library PostgreSQL takes the setting for a placeholder.
	$node->safe_psql('postgres', "ALTER $target SET $setting = '$org_b 0 0'");
	sees_nothing("ALTER $target");
	$node->safe_psql('postgres', "ALTER $target RESET $setting");
}
# Kept from before, while the library comes with the server, with the session, or is in the file of settings itself.
$node->safe_psql('postgres', "ALTER ROLE a SET $setting = '$org_b 0 0'; ALTER DATABASE postgres SET $setting = '$org_b $postgres_oid $postgres_oid'");
for my $preload ('session_preload_libraries', 'shared_preload_libraries')
{
	$node->append_conf('postgresql.conf', "$preload = 'productgraph'\n");
	$node->restart;
	sees_nothing("ALTER ROLE and DATABASE, $preload");
	{
		local $ENV{PGOPTIONS} = "-c $setting=$org_b";
		my (undef, $out) = $node->psql('postgres', $look, extra_params => [ '-U', 'a' ]);
		unlike($out // '', qr/canary/, "connection options, $preload");
	}
	$node->append_conf('postgresql.conf', "$setting = '$org_b 0 0'\n");
	$node->restart;
	sees_nothing("the file of settings, $preload");
	$node->adjust_conf('postgresql.conf', $setting, undef, 1);
	$node->adjust_conf('postgresql.conf', $preload, undef, 1);
}
$node->restart;
$node->safe_psql('postgres', "ALTER ROLE a RESET $setting; ALTER DATABASE postgres RESET $setting");

# None of this would mean anything if the organization could not be seen at all.
for my $query ($look, $look_in_workers)
{
	my $out = $node->safe_psql('postgres', "SELECT productgraph.set_current_org('$org_a') \\g /dev/null\n$query", extra_params => [ '-U', 'a' ]);
	is($out, "organization: $org_a\n/canary-a", 'what was chosen is seen' . ($query eq $look ? '' : ', in parallel workers'));
}
done_testing();
