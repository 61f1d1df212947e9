# An organization moves from one store to another as docs/scaling.md says, and is there what it was; after a failure, too.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use IPC::Run qw(run);
use PostgreSQL::Test::Utils;
use Store;
use Test::More;

my ($move) = slurp_file("$FindBin::RealBin/../../docs/scaling.md") =~ /^```bash\n(.*?)^```/ms;
ok($move, 'the page has the function');

my $node = Store::start();
$node->safe_psql('postgres', q{
	CREATE ROLE analyst LOGIN;
	SELECT productgraph.add_member('analyst', id) FROM productgraph.organizations;
	SELECT productgraph.create_project(productgraph.create_organization('other', 'Other'), 'theirs', settings => '{"open_ingest": true}');
	SELECT productgraph.create_partitions('2023-11-13', '2024-04-30');
	SELECT public.fill(n * 500 + 1, n * 500 + 500) FROM generate_series(0, 9) n;
	SELECT productgraph.maintain();
	SELECT public.fill(n * 500 + 1, n * 500 + 500) FROM generate_series(10, 11) n;
	SELECT productgraph.ingest('[{"event_id": "stray", "project_id": "shop", "session.id": "stray", "event.type": "error", "event.timestamp": "1970-01-02T00:00:00Z"}]');
	SELECT productgraph.ingest('[{"event_id": "x", "project_id": "theirs", "session.id": "s", "event.type": "custom", "event.timestamp": 1700000000000}]')
});
$node->safe_psql('postgres', 'CREATE DATABASE new');
$node->safe_psql('new', 'CREATE EXTENSION productgraph; SELECT productgraph.setup()');

my $org = $node->safe_psql('postgres', q{SELECT id FROM productgraph.organizations WHERE slug = 'demo'});
sub answers
{
	my ($database) = @_;
	return $node->safe_psql($database, qq{
		SELECT productgraph.set_current_org('$org');
		SELECT * FROM productgraph.funnel('shop', '{page.view,ui.click,custom}', within => '1 hour', actor => 'session');
		SELECT * FROM productgraph.trend('shop', period => 'week');
		SELECT * FROM productgraph.organization_members;
		SELECT s FROM productgraph.sessions s WHERE org_id = '$org' ORDER BY session_id});
}

my $said;
sub move
{
	return run [ 'bash', '-c', "$move\nmove_organization '$org' '" . $node->connstr('postgres') . "' '" . $node->connstr('new') . "'" ], '>&', \$said;
}

my $before = answers('postgres');
$node->safe_psql('new', 'ALTER TABLE productgraph.sessions ADD CONSTRAINT none CHECK (false)');
ok(!move(), 'what fails in the middle fails');
like($said, qr/violates check constraint "none"/, 'and says why');
is($node->safe_psql('new', 'SELECT count(*) FROM productgraph.events'), '6001', 'part of it has come');
$node->safe_psql('new', 'ALTER TABLE productgraph.sessions DROP CONSTRAINT none');
is($node->safe_psql('new', "SELECT productgraph.drop_organization('$org')"), 't', 'and goes');
ok(move(), 'again');
is($said, '', 'moved without a word');
is($node->safe_psql('new', q{SELECT string_agg(tableoid::regclass::text, ',') FROM productgraph.events WHERE event_id = 'stray'}),
	'productgraph.events_default', 'an event of no week stays one');
cmp_ok($node->safe_psql('new', 'SELECT count(*) FROM productgraph.event_weeks()'), '<', 40, 'no weeks are made for it');
is(answers('new'), $before, 'the same answers, sessions and members');
is($node->safe_psql('new', q{SELECT sum(events) FROM productgraph.segments}), '6000', 'all of its weeks is packed anew');
is($node->safe_psql('new', q{SELECT count(*) FROM productgraph.organizations}), '1', 'and nothing of the others came');
my $again = q{SELECT productgraph.ingest('[{"event_id": "17", "project_id": "shop", "session.id": "s", "event.type": "custom",
	"event.timestamp": 1700000000000}]')->>'duplicates'};
is($node->safe_psql('new', $again), '1', 'an event that is sent again is recognised');
done_testing();
