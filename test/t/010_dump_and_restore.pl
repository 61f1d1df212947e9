# A dump restored into another database is an equal store: rows, policies, owners, grants and partitions.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Store;
use Test::More;

my $node = Store::start();
is($node->safe_psql('postgres', 'SELECT public.fill(1, 900)'), '900', 'events are stored');
$node->safe_psql('postgres', q{
	CREATE INDEX mine ON productgraph.events (user_id);
	CREATE POLICY mine ON productgraph.sessions FOR SELECT TO productgraph_service USING (events > 5);
});

my %state = (
	rows => q{SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM productgraph.events t},
	sessions => q{SELECT count(*), sum(events), md5(string_agg(t::text, '' ORDER BY t::text)) FROM productgraph.sessions t},
	keys => q{SELECT count(*) FROM productgraph.event_keys},
	policies => q{SELECT string_agg(concat_ws('|', tablename, policyname, cmd, roles, qual), E'\n' ORDER BY tablename, policyname)
		FROM pg_policies WHERE schemaname = 'productgraph'},
	triggers => q{SELECT string_agg(pg_get_triggerdef(oid), E'\n' ORDER BY tgrelid::regclass::text, tgname) FROM pg_trigger
		WHERE tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'productgraph'::regnamespace) AND NOT tgisinternal},
	tables => q{SELECT string_agg(concat_ws('|', relname, relkind, relrowsecurity, relforcerowsecurity, pg_get_userbyid(relowner),
		relacl, pg_get_expr(relpartbound, oid)), E'\n' ORDER BY relname)
		FROM pg_class WHERE relnamespace = 'productgraph'::regnamespace AND relkind IN ('r', 'p', 'i', 'I')},
	grants => q{SELECT string_agg(concat_ws('|', oid::regprocedure, proacl), E'\n' ORDER BY oid::regprocedure::text)
		FROM pg_proc WHERE pronamespace = 'productgraph'::regnamespace},
	funnel => q{SELECT string_agg(f::text, E'\n') FROM productgraph.funnel('shop', '{page.view,ui.click,custom}') f},
);

my $dump = $node->backup_dir . '/store.dump';
mkdir $node->backup_dir;
for my $form (['plain', 'p'], ['custom', 'c'])
{
	my ($name, $letter) = @$form;
	command_ok(['pg_dump', '-F', $letter, '-f', "$dump.$letter", '-d', $node->connstr('postgres')], "$name: dump");
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	my @restore = $letter eq 'p'
		? ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($name), '-f', "$dump.$letter")
		: ('pg_restore', '--exit-on-error', '-d', $node->connstr($name), "$dump.$letter");
	command_ok(\@restore, "$name: restore");
	for my $what (sort keys %state)
	{
		is($node->safe_psql($name, $state{$what}), $node->safe_psql('postgres', $state{$what}), "$name: same $what");
	}
	is($node->safe_psql($name, 'SELECT public.fill(895, 905)'), '11', "$name: goes on storing");
	is($node->safe_psql($name, 'SELECT count(*) FROM productgraph.events'), '905', "$name: repeats are still known");
}
done_testing();
