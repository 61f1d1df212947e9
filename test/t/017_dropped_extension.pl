# DROP EXTENSION says what depends on it. With CASCADE the data stays, and what changes until the extension is back and
# setup() has run makes no answer wrong.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Answers;
use Catalog;
use Contents;
use PostgreSQL::Test::Utils;
use Store;
use Test::More;

my $node = Store::start();
Store::furnish($node, 'postgres');
my %catalog = Catalog::read_all($node, 'postgres');
my $contents = Contents::text($node, 'postgres');

my ($status, undef, $error) = $node->psql('postgres', 'DROP EXTENSION productgraph');
isnt($status, 0, 'DROP EXTENSION is refused');
like($error, qr/$_/, "it names what depends on it: $_")
  for 'trigger unpack_deleted on table productgraph\.events depends on function productgraph\.unpack_changed\(\)',
  'policy tenant on table productgraph\.segments', 'default value for column received_at of table productgraph\.events';
is(Contents::text($node, 'postgres'), $contents, 'nothing is lost');

$node->safe_psql('postgres', q{DROP EXTENSION productgraph CASCADE; DROP FUNCTION public.fill});
is(Contents::text($node, 'postgres'), $contents, 'CASCADE: the data stays');

# Nobody watches.
$node->safe_psql('postgres', q{
	DELETE FROM productgraph.events WHERE event_type = 'ui.click' AND user_id > 'u20';
	UPDATE productgraph.events SET event_type = 'ui.click' WHERE event_type = 'custom' AND user_id < 'u20'});
$node->safe_psql('postgres', 'CREATE EXTENSION productgraph');
like(Answers::rows_because($node, 'postgres'), qr/\w/, 'back without setup(): segments are not asked');
Answers::both($node, 'postgres');
is($node->safe_psql('postgres', q{SELECT status, hint FROM productgraph.store_status() WHERE subject = 'guards'}),
	'problem|The extension was dropped, or they were: run productgraph.setup(). Until then questions read rows, and keys may be unknown.', 'store_status() says so');
$node->safe_psql('postgres', 'SELECT productgraph.setup()');
my $before = Answers::both($node, 'postgres');
is($node->safe_psql('postgres', 'SELECT count(*) FROM productgraph.segments'), '0', 'setup() trusts no segment');
$node->safe_psql('postgres', 'SELECT productgraph.maintain()');
is(Answers::rows_because($node, 'postgres'), '', 'packed anew, segments are asked');
is(Answers::both($node, 'postgres'), $before, 'the same answers');
Catalog::is_same($node, 'postgres', \%catalog, 'back');

# A trigger alone.
$node->safe_psql('postgres', 'ALTER TABLE productgraph.events_20231113 DISABLE TRIGGER unpack_deleted;
	DELETE FROM productgraph.events_20231113 WHERE event_id = \'7\'');
my $without_one = Answers::both($node, 'postgres');
is($node->safe_psql('postgres', q{SELECT count(*) FROM productgraph.packed_weeks p, productgraph.readable_weeks(p.org_id, p.project_id, '-infinity', 'infinity') r
	WHERE p.week = r.week AND p.week = '2023-11-13 00:00Z'}), '0', 'a week that nobody watches is read as rows');
$node->safe_psql('postgres', 'SELECT productgraph.setup()');
is(Answers::both($node, 'postgres'), $without_one, 'and after setup() as well');
is($node->safe_psql('postgres', 'SELECT productgraph.is_watched(\'productgraph.events_20231113\')'), 't', 'setup() enables triggers');

# Triggers fire for a session that replays what happened elsewhere, too; after a restore with --disable-triggers they do not.
$node->safe_psql('postgres', 'SELECT productgraph.maintain()');
is(Answers::rows_because($node, 'postgres'), '', 'packed once more');
my $packed = Answers::both($node, 'postgres');
$node->safe_psql('postgres', q{SET session_replication_role = replica; DELETE FROM productgraph.events WHERE event_type = 'custom' AND user_id < 'u20';
	UPDATE productgraph.events SET event_type = 'custom' WHERE event_id < '2'});
isnt(Answers::both($node, 'postgres'), $packed, 'what a replaying session changes is seen');
$node->safe_psql('postgres', 'SELECT productgraph.maintain(); ALTER TABLE productgraph.events_20231113 DISABLE TRIGGER ALL;
	ALTER TABLE productgraph.events_20231113 ENABLE TRIGGER ALL');
my $guards = q{SELECT status, value, hint FROM productgraph.store_status() WHERE subject = 'guards'};
is($node->safe_psql('postgres', $guards), 'warning|3 triggers of events do not fire with session_replication_role = replica|'
	. 'So they are after a restore with --disable-triggers. Run productgraph.setup().', 'store_status() notices');
my $segments = $node->safe_psql('postgres', 'SELECT count(*) FROM productgraph.segments');
$node->safe_psql('postgres', 'SELECT productgraph.setup()');
is($node->safe_psql('postgres', $guards), 'ok|in place|', 'setup() brings that in order');
is($node->safe_psql('postgres', 'SELECT count(*) FROM productgraph.segments'), $segments, 'and keeps the segments');

$node->safe_psql('postgres', q{SET client_min_messages = warning; DROP SCHEMA productgraph CASCADE;
	DROP ROLE productgraph_service, productgraph_ingest, productgraph_analyst, productgraph_owner});
is($node->safe_psql('postgres', q{SELECT (SELECT count(*) FROM pg_class WHERE relname ~ '^events|^segments'),
	(SELECT count(*) FROM pg_roles WHERE rolname ~ 'productgraph'), (SELECT count(*) FROM pg_extension WHERE extname = 'productgraph')}),
	'0|0|0', 'dropped with the schema and the roles it leaves no trace');
done_testing();
