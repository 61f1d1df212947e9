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
	'problem|The extension was dropped, or they were. Questions read rows until productgraph.setup() has run.', 'store_status() says so');
$node->safe_psql('postgres', 'SELECT productgraph.setup()');
my $before = Answers::both($node, 'postgres');
is($node->safe_psql('postgres', 'SELECT count(*) FROM productgraph.segments'), '0', 'setup() trusts no segment');
$node->safe_psql('postgres', 'SELECT productgraph.maintain()');
is(Answers::rows_because($node, 'postgres'), '', 'packed anew, segments are asked');
is(Answers::both($node, 'postgres'), $before, 'the same answers');
Catalog::is_same($node, 'postgres', \%catalog, 'back');

# A trigger alone.
$node->safe_psql('postgres', 'ALTER TABLE productgraph.events_20231113 DISABLE TRIGGER unpack_deleted;
	DELETE FROM productgraph.events_20231113 WHERE event_id = \'7\'; SELECT productgraph.setup()');
Answers::both($node, 'postgres');
is($node->safe_psql('postgres', 'SELECT productgraph.is_watched(\'productgraph.events_20231113\')'), 't', 'setup() enables triggers');

$node->safe_psql('postgres', q{SET client_min_messages = warning; DROP SCHEMA productgraph CASCADE;
	DROP ROLE productgraph_service, productgraph_ingest, productgraph_analyst, productgraph_owner});
is($node->safe_psql('postgres', q{SELECT (SELECT count(*) FROM pg_class WHERE relname ~ '^events|^segments'),
	(SELECT count(*) FROM pg_roles WHERE rolname ~ 'productgraph'), (SELECT count(*) FROM pg_extension WHERE extname = 'productgraph')}),
	'0|0|0', 'dropped with the schema and the roles it leaves no trace');
done_testing();
