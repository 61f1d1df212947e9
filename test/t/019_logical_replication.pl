# Events follow by logical replication into a plain table, and with the tables beside them into another store, which
# packs nothing and answers the same. The publisher goes on deleting, and what it deletes can be removed there, too.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Answers;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Store;
use Test::More;

my $node = Store::start('publisher', '', allows_streaming => 'logical');
Store::furnish($node, 'postgres');
my $other = PostgreSQL::Test::Cluster->new('subscriber');
$other->init;
$other->start;

my $page = slurp_file("$FindBin::RealBin/../../docs/operations.md");
$node->safe_psql('postgres', $_) for grep { /CREATE PUBLICATION/ } $page =~ /^```sql\n(.*?)^```$/msg;
my ($publications) = $page =~ /^CREATE SUBSCRIPTION store .* PUBLICATION (.*)$/m;
my $connection = $node->connstr('postgres');
$connection =~ s/'/''/g;

$other->safe_psql('postgres', 'CREATE DATABASE warehouse; CREATE DATABASE store');
$other->safe_psql('warehouse', qq{
	CREATE SCHEMA productgraph;
	CREATE TABLE productgraph.events (org_id uuid, received_at timestamptz, event_id text, project_id text, session_id text,
		event_type text, "timestamp" timestamptz, user_id text, user_anonymous_id text, client_org_id text, org_name text,
		event_name text, event_sequence bigint, page_path text, page_title text, page_url text, page_referrer text,
		metadata jsonb, attributes jsonb)});
$node->safe_psql('postgres', q{
	CREATE PUBLICATION some_columns FOR TABLE productgraph.events (org_id, received_at, event_id, project_id, session_id, event_type, "timestamp",
		user_id, user_anonymous_id, client_org_id, org_name, event_name, event_sequence, page_path, page_title, page_url, page_referrer, metadata, attributes)
		WITH (publish = 'insert', publish_via_partition_root = true)});
$other->safe_psql('warehouse', "CREATE SUBSCRIPTION warehouse CONNECTION '$connection' PUBLICATION some_columns");
# A store that has packed events of its own before.
$other->safe_psql('store', q{CREATE EXTENSION productgraph; SELECT productgraph.setup();
	SELECT productgraph.create_project(productgraph.create_organization('local', 'Local'), 'local', settings => '{"open_ingest": true}');
	SELECT productgraph.ingest(jsonb_build_array(jsonb_build_object('event_id', '1', 'project_id', 'local', 'session.id', 's',
		'event.type', 'custom', 'event.timestamp', now())));
	SELECT productgraph.maintain()});
is($other->safe_psql('store', 'SELECT count(*) FROM productgraph.segments'), '1', 'the other store packs its own events');
# Since PostgreSQL 16 rows are written as the owner of a table, whom the policies confine, unless told otherwise.
my $as_owner = $other->safe_psql('postgres', 'SHOW server_version_num') >= 160000 ? 'WITH (run_as_owner = true)' : '';
$other->safe_psql('store', qq{CREATE SUBSCRIPTION store CONNECTION '$connection' PUBLICATION $publications $as_owner});
$other->wait_for_subscription_sync($node, 'warehouse', 'warehouse');
$other->wait_for_subscription_sync($node, 'store', 'store');

my $rows = q{SELECT count(*), md5(string_agg(concat_ws('|', org_id, event_id, session_id, event_type, extract(epoch FROM "timestamp"), user_id), ' '
	ORDER BY event_id)) FROM productgraph.events WHERE project_id = 'shop'};
sub caught_up
{
	my ($what) = @_;
	$node->wait_for_catchup($_) for 'warehouse', 'store';
	is($other->safe_psql('warehouse', $rows), $node->safe_psql('postgres', $rows), "$what: the rows are in the plain table");
	is($other->safe_psql('store', $rows), $node->safe_psql('postgres', $rows), "$what: the rows are in the other store");
	is(Answers::of($other, 'store', 'on'), Answers::of($node, 'postgres', 'on'), "$what: the other store answers the same");
	is($other->safe_psql('store', q{SELECT count(*), sum(events) FROM productgraph.sessions WHERE project_id = 'shop'}),
		$node->safe_psql('postgres', q{SELECT count(*), sum(events) FROM productgraph.sessions WHERE project_id = 'shop'}), "$what: sessions are the same");
}
caught_up('copied');
$node->safe_psql('postgres', 'SELECT public.fill(3000, 3900); SELECT productgraph.maintain()');
$other->safe_psql('store', 'SELECT productgraph.maintain()');
caught_up('followed');
is($other->safe_psql('store', 'SELECT count(*) FROM productgraph.segments'), '0', 'with a subscription the other store packs nothing');
$node->safe_psql('postgres', q{SELECT public.fill(3901, 4000)});
caught_up('followed on');

is($node->safe_psql('postgres', q{SELECT productgraph.set_current_org(id) FROM productgraph.organizations; SELECT removed > 0 FROM productgraph.forget_user('shop', 'u7') WHERE what = 'events'}) =~ /t$/,
	1, 'the publisher forgets a person');
$other->safe_psql('store', q{SELECT productgraph.set_current_org(id) FROM productgraph.organizations WHERE slug = 'demo'; SELECT productgraph.forget_user('shop', 'u7')});
$node->wait_for_catchup('warehouse');
is($other->safe_psql('warehouse', q{SELECT count(*) > 0 FROM productgraph.events WHERE user_id = 'u7'}), 't', 'who is to be forgotten elsewhere too');
$node->wait_for_catchup($_) for 'warehouse', 'store';
is($other->safe_psql('store', $rows), $node->safe_psql('postgres', $rows), 'forgotten in both: the same rows');

# What is dropped on the publisher is dropped on the subscriber by the same call. A dropped project may come back meanwhile.
sub send_event
{
	my ($project, $id) = @_;
	is($node->safe_psql('postgres', qq{SELECT productgraph.ingest('[{"event_id": "$id", "project_id": "$project", "session.id": "$id", "event.type": "custom",
		"event.timestamp": 1700000000000}]') -> 'accepted'}), '1', "event $id of project $project");
	return;
}
my $open = q{settings => '{"open_ingest": true}'};
my $org = $node->safe_psql('postgres', q{SELECT productgraph.create_organization('leaving', 'Leaving')});
$node->safe_psql('postgres', qq{SELECT productgraph.create_project('$org', p, $open) FROM unnest('{one,two}'::text[]) p});
send_event(@$_) for [ 'one', 'l1' ], [ 'one', 'l2' ], [ 'two', 'l3' ];
my $drop_one = qq{SELECT productgraph.set_current_org('$org'); SELECT productgraph.drop_project('one')};
is($node->safe_psql('postgres', $drop_one), "\n2", 'the publisher drops a project');
$node->wait_for_catchup('store');
my $left = qq{SELECT (SELECT count(*) FROM productgraph.sessions WHERE org_id = '$org' AND project_id = 'one'),
	(SELECT count(*) FROM productgraph.events WHERE org_id = '$org' AND project_id = 'one')};
is($other->safe_psql('store', $left), '0|2', 'its sessions have gone there, its events have not');
$node->safe_psql('postgres', qq{SELECT productgraph.create_project('$org', 'one', $open)});
send_event('one', 'l4');
is($other->safe_psql('store', $drop_one), "\n2", 'the subscriber drops the project');
$node->wait_for_catchup('store');
is($other->safe_psql('store', $left), '1|1', 'the project that was made anew follows');

is($node->safe_psql('postgres', "SELECT productgraph.drop_organization('$org')"), 't', 'the publisher drops the organization');
$node->wait_for_catchup('store');
is($other->safe_psql('store', "SELECT count(*) FROM productgraph.sessions WHERE org_id = '$org'"), '0', 'its sessions have gone there');
is($other->safe_psql('store', "SELECT productgraph.drop_organization('$org')"), 't', 'the subscriber drops it');
my $tables = $other->safe_psql('store', q{SELECT string_agg(format('SELECT %L AS name FROM productgraph.%I WHERE %I = $$ORG$$', t, t,
	CASE t WHEN 'organizations' THEN 'id' ELSE 'org_id' END), ' UNION ALL ') FROM unnest(productgraph.tenant_tables()) t});
is($other->safe_psql('store', $tables =~ s/ORG/$org/gr), '', 'no row of it is left there');
is($other->safe_psql('store', $rows), $node->safe_psql('postgres', $rows), 'those of others are');
done_testing();
