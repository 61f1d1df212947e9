# Attacks of one tenant on another fail, and each of them succeeds once the protection that it meets is taken away: every
# attack runs twice, in the store as it is, and in a copy where one thing was broken.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Tenants;
use Test::More;

my $node = Tenants::start();
my ($org_a, $org_b) = map { Tenants::id($node, $_) } 'a', 'b';
$node->safe_psql('postgres', q{
	CREATE SCHEMA scratch; GRANT ALL ON SCHEMA scratch, public TO PUBLIC;
	GRANT SELECT ON productgraph.events_default TO a;
	CREATE FUNCTION scratch.spy(what text) RETURNS boolean LANGUAGE plpgsql COST 0.0000000001 AS $$
		BEGIN RAISE WARNING 'heard %', what; RETURN true; END $$;
	CREATE FUNCTION scratch.spy_less(what text, than text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
		BEGIN RAISE WARNING 'heard %', what; RETURN what < than; END $$;
	CREATE OPERATOR scratch.<<< (FUNCTION = scratch.spy_less, LEFTARG = text, RIGHTARG = text, RESTRICT = scalarltsel);
	CREATE TABLE scratch.loot (what text); GRANT ALL ON scratch.loot TO PUBLIC;
});

my $choose = "SELECT productgraph.set_current_org('$org_a');";
my $open = sub { "ALTER TABLE productgraph.$_[0] DISABLE ROW LEVEL SECURITY" };
my $snapshot = 'INSERT INTO productgraph.snapshots (org_id, project_id, session_id, sequence, captured_at, page_path)';
my $loot = 'SELECT what FROM scratch.loot';
my $taken = "SELECT page_path FROM productgraph.snapshots WHERE org_id = '$org_b' AND page_path = 'stolen'";

# claim, who attacks, with what, what is broken; also: "look", by which a superuser sees whether it succeeded (else by the
# canary of b in what the attack printed), "won" (what is then seen), and "mend" for what a copy of the database shares.
my @attacks = (
	(map { { claim => "$_ without an organization (T1)", as => 'a', sql => "SELECT t::text FROM productgraph.$_ t", break => $open->($_) } }
	  qw(events sessions organizations snapshots)),
	{ claim => 'an organization that is absent is no wildcard (T1)', as => 'a', sql => 'SELECT page_path FROM productgraph.events',
		break => 'ALTER POLICY tenant ON productgraph.events USING (org_id = (SELECT productgraph.current_org_id()) OR (SELECT productgraph.current_org_id()) IS NULL)' },
	(map { { claim => "reading $_ of another (T3)", as => 'a', sql => "$choose SELECT t::text FROM productgraph.$_ t", break => $open->($_) } }
	  qw(events sessions organizations projects journeys snapshots segments ingestion_issues)),
	{ claim => 'reading keys as a service of another organization (T3)', as => 'service', sql => "$choose SELECT label FROM productgraph.api_keys", break => $open->('api_keys') },
	{ claim => 'an analyst and keys (T6)', as => 'a', sql => "$choose SELECT label FROM productgraph.api_keys",
		break => 'GRANT SELECT ON productgraph.api_keys TO PUBLIC; ' . $open->('api_keys') },
	{ claim => 'a partition addressed directly (T5)', as => 'a', sql => "$choose SELECT page_path FROM productgraph.events_default", break => $open->('events_default') },
	{ claim => 'the owner of the tables (T6)', as => 'keeper', sql => 'SELECT page_path FROM productgraph.events', break => 'ALTER TABLE productgraph.events NO FORCE ROW LEVEL SECURITY' },
	{ claim => 'a role with no part in the store (T6)', as => 'nobody', sql => 'SELECT page_path FROM productgraph.snapshots',
		break => 'GRANT SELECT ON productgraph.snapshots TO PUBLIC; ' . $open->('snapshots') },
	{ claim => 'an ingest role that reads', as => 'ingest', sql => 'SELECT page_path FROM productgraph.snapshots',
		break => 'GRANT SELECT ON productgraph.snapshots TO productgraph_ingest; ' . $open->('snapshots') },
	{ claim => 'COPY TO (T4)', as => 'a', sql => "$choose COPY productgraph.snapshots (page_path) TO STDOUT", break => $open->('snapshots') },
	{ claim => 'RETURNING (T4)', as => 'service', sql => "$choose DELETE FROM productgraph.snapshots RETURNING page_path", break => $open->('snapshots') },
	{ claim => 'row_security = off (T13)', as => 'a', sql => "$choose SET row_security = off; SELECT page_path FROM productgraph.events",
		break => 'ALTER ROLE a BYPASSRLS', mend => 'ALTER ROLE a NOBYPASSRLS' },
	# Writing.
	{ claim => 'INSERT for another (T3)', as => 'service', sql => "$choose $snapshot VALUES ('$org_b', 'shared', 'x', 1, now(), 'stolen')",
		break => $open->('snapshots'), look => $taken, won => qr/stolen/ },
	{ claim => 'moving a row to another (T3)', as => 'service', sql => "$choose UPDATE productgraph.snapshots SET org_id = '$org_b', sequence = 7, page_path = 'stolen'",
		break => 'ALTER POLICY tenant ON productgraph.snapshots WITH CHECK (true)', look => $taken, won => qr/stolen/ },
	{ claim => 'UPDATE of another (T3)', as => 'service', sql => "$choose UPDATE productgraph.snapshots SET page_path = 'stolen' WHERE org_id = '$org_b'",
		break => $open->('snapshots'), look => $taken, won => qr/stolen/ },
	{ claim => 'DELETE of another (T3)', as => 'service', sql => "$choose DELETE FROM productgraph.snapshots WHERE org_id = '$org_b'",
		break => $open->('snapshots'), look => "SELECT count(*) FROM productgraph.snapshots WHERE org_id = '$org_b'", won => qr/^0$/ },
	{ claim => 'MERGE (T3)', as => 'service', sql => "$choose MERGE INTO productgraph.snapshots s USING (SELECT 1) x ON s.org_id = '$org_b' WHEN MATCHED THEN UPDATE SET page_path = 'stolen'",
		break => $open->('snapshots'), look => $taken, won => qr/stolen/ },
	{ claim => 'ON CONFLICT (T3)', as => 'service', sql => "$choose $snapshot VALUES ('$org_b', 'shared', 'session-1', 1, now(), '') ON CONFLICT (org_id, project_id, session_id, sequence) DO UPDATE SET page_path = 'stolen'",
		break => $open->('snapshots'), look => $taken, won => qr/stolen/ },
	{ claim => 'an analyst that writes (T6)', as => 'a', sql => "$choose $snapshot VALUES ('$org_a', 'shared', 'x', 1, now(), 'canary-b')",
		break => 'GRANT INSERT ON productgraph.snapshots TO productgraph_analyst', look => "SELECT page_path FROM productgraph.snapshots WHERE org_id = '$org_a'" },
	{ claim => 'TRUNCATE (T13)', as => 'service', sql => "$choose TRUNCATE productgraph.snapshots", break => 'GRANT TRUNCATE ON productgraph.snapshots TO productgraph_service',
		look => 'SELECT count(*) FROM productgraph.snapshots', won => qr/^0$/ },
	# Becoming somebody.
	{ claim => 'choosing another organization', as => 'a', sql => "BEGIN; SELECT productgraph.set_current_org('$org_b', true); SELECT page_path FROM productgraph.events",
		break => "SELECT productgraph.add_member('a', '$org_b')" },
	{ claim => 'choosing another organization for the session', as => 'a', sql => "SELECT productgraph.set_current_org('$org_b'); SELECT page_path FROM productgraph.events",
		break => "SELECT productgraph.add_member('a', '$org_b')" },
	{ claim => 'choosing as a service would', as => 'a', sql => "SELECT productgraph.set_current_org('$org_b'); SELECT page_path FROM productgraph.events",
		break => 'GRANT productgraph_service TO a', mend => 'REVOKE productgraph_service FROM a' },
	{ claim => 'making oneself a member', as => 'a', sql => "INSERT INTO productgraph.organization_members VALUES ('$org_b', 'a'); SELECT productgraph.set_current_org('$org_b'); SELECT page_path FROM productgraph.events",
		break => 'GRANT INSERT ON productgraph.organization_members TO PUBLIC; ' . $open->('organization_members') },
	{ claim => 'becoming the owner', as => 'a', sql => 'SET ROLE productgraph_owner; SELECT name FROM productgraph.projects',
		break => 'GRANT productgraph_owner TO a', mend => 'REVOKE productgraph_owner FROM a' },
	# Making the server talk.
	{ claim => 'a talking function in WHERE (T8)', as => 'a', sql => "$choose SELECT FROM productgraph.events WHERE scratch.spy(page_path)", break => 'ALTER FUNCTION scratch.spy(text) LEAKPROOF' },
	{ claim => 'a talking operator of the planner (T8)', as => 'a', sql => "$choose EXPLAIN SELECT FROM productgraph.sessions WHERE user_id OPERATOR(scratch.<<<) 'x'",
		break => 'ALTER FUNCTION scratch.spy_less(text, text) LEAKPROOF' },
	{ claim => 'statistics', as => 'a', sql => "$choose SELECT most_common_vals FROM pg_stats WHERE tablename = 'sessions'", break => $open->('sessions') },
	{ claim => 'TOAST (T5)', as => 'a', sql => q{SELECT format('SELECT ''the table was read'' FROM (SELECT count(*) FROM %s) t', reltoastrelid::regclass) FROM pg_class WHERE relname = 'snapshots' \gexec},
		break => 'GRANT pg_read_all_data TO a', mend => 'REVOKE pg_read_all_data FROM a', won => qr/^the table was read$/m },
	{ claim => 'a sequence (T5)', as => 'a', sql => "SELECT 'numbers given: ' || last_value FROM productgraph.ingestion_issues_id_seq",
		break => 'GRANT SELECT ON productgraph.ingestion_issues_id_seq TO PUBLIC', won => qr/^numbers given: \d/m },
	{ claim => 'whether an organization exists, by a foreign key', as => 'a', sql => "CREATE TABLE scratch.probe (id uuid REFERENCES productgraph.organizations); INSERT INTO scratch.probe VALUES ('$org_b'); SELECT 'canary-b is there' FROM scratch.probe; DROP TABLE scratch.probe",
		break => 'GRANT REFERENCES ON productgraph.organizations TO a', won => qr/^canary-b is there$/m },
	# Code of an analyst, run by somebody who may more.
	{ claim => 'a trigger on a table of the store', as => 'a',
		sql => q{CREATE FUNCTION scratch.take() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO scratch.loot VALUES (NEW.page_path); RETURN NEW; END $$;
			CREATE TRIGGER take BEFORE INSERT ON productgraph.snapshots FOR EACH ROW EXECUTE FUNCTION scratch.take()},
		then => ['service', "SELECT productgraph.set_current_org('$org_b'); $snapshot VALUES ('$org_b', 'shared', 'x', 1, now(), 'canary-b')"],
		break => 'GRANT TRIGGER ON productgraph.snapshots TO a', look => $loot },
	{ claim => 'a function that stands before ours when a superuser maintains', as => 'a',
		sql => q{CREATE FUNCTION public.format(text, text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN
			INSERT INTO scratch.loot SELECT name FROM productgraph.organizations; RETURN pg_catalog.format($1, VARIADIC ARRAY[$2]); END $$},
		then => ['postgres', q{SELECT productgraph.create_partition('2031-01-01')}],
		break => 'ALTER FUNCTION productgraph.create_partition(timestamptz) RESET search_path', look => $loot },
	{ claim => 'an object in the schema of the store', as => 'a', sql => q{CREATE FUNCTION productgraph.mine() RETURNS text LANGUAGE sql AS $$ SELECT 'canary-b' $$; SELECT productgraph.mine()},
		break => 'GRANT CREATE ON SCHEMA productgraph TO PUBLIC' },
	# Deleting.
	{ claim => 'rows that outlive their organization (T19)', as => 'service', sql => "SELECT productgraph.drop_organization('$org_b')", break => 'DROP TRIGGER remove_rows ON productgraph.organizations',
		look => "SELECT page_path FROM productgraph.events WHERE org_id = '$org_b'" },
	{ claim => 'deleting the organization of another', as => 'a', sql => "$choose DELETE FROM productgraph.organizations WHERE id = '$org_b'",
		break => 'GRANT productgraph_service TO a', mend => 'REVOKE productgraph_service FROM a', look => 'SELECT count(*) FROM productgraph.organizations', won => qr/^1$/ },
);

# True when the attack succeeded in a database of its own, a copy of the store.
sub succeeds
{
	my ($attack, $broken) = @_;
	$node->safe_psql('template1', 'DROP DATABASE IF EXISTS target');
	$node->safe_psql('template1', 'CREATE DATABASE target TEMPLATE postgres');
	$node->safe_psql('target', $attack->{break}) if $broken;
	my $said = '';
	for my $step ([ @$attack{ 'as', 'sql' } ], $attack->{then} // ())
	{
		my (undef, $out, $error) = $node->psql('target', $step->[1], extra_params => [ '-U', $step->[0] ], on_error_stop => 0);
		$said .= "$out\n$error\n";
	}
	$said = $node->safe_psql('target', $attack->{look}) if $attack->{look};
	$node->safe_psql('postgres', $attack->{mend}) if $broken && $attack->{mend};
	note $said if ($said =~ ($attack->{won} // qr/canary-b/)) != !!$broken;
	return $said =~ ($attack->{won} // qr/canary-b/);
}

for my $attack (@attacks)
{
	ok(!succeeds($attack, 0), "$attack->{claim}: fails");
	ok(succeeds($attack, 1), "$attack->{claim}: succeeds without its protection");
}
done_testing();
