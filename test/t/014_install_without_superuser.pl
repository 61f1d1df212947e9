# The owner of a database installs and uses the product without being a superuser.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('plain');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE keeper LOGIN CREATEROLE; CREATE DATABASE shop OWNER keeper');
my @keeper = (extra_params => ['-U', 'keeper']);
$node->safe_psql('shop', 'CREATE EXTENSION productgraph', @keeper);
my ($status, undef, $error) = $node->psql('shop', 'SELECT productgraph.setup()', @keeper);
is($status, 0, 'setup() by the owner of the database') or diag($error);
($status, undef, $error) = $node->psql('shop', q{SELECT productgraph.create_organization('mine', 'Mine')}, @keeper);
like($error, qr/only members of "productgraph_service" create organizations\nHINT:  Run: GRANT productgraph_service TO keeper;/,
	'who manages organizations is told what that takes');
$node->safe_psql('shop', 'GRANT productgraph_service TO CURRENT_USER', @keeper);
my $org = $node->safe_psql('shop', q{SELECT productgraph.create_organization('mine', 'Mine')}, @keeper);
$node->safe_psql('shop', qq{SELECT productgraph.create_project('$org', 'p', settings => '{"open_ingest": true}')}, @keeper);
is($node->safe_psql('shop', q{SELECT productgraph.ingest('[{"event_id":"1","project_id":"p","session.id":"s",
	"event.type":"page.view","event.timestamp":"2024-01-15T10:30:00Z"}]') -> 'accepted'}, @keeper), '1', 'an event is stored');
is($node->safe_psql('shop', 'SELECT count(*) FROM productgraph.sessions', @keeper), '0', 'row-level security holds for the owner too');
is($node->safe_psql('shop', qq{SELECT productgraph.set_current_org('$org'); SELECT count(*) FROM productgraph.sessions}, @keeper),
	"\n1", 'with the organization chosen its session is seen');
is($node->safe_psql('shop', q{SELECT task FROM productgraph.maintain() ORDER BY 1}, @keeper),
	"event keys forgotten\nevents packed\nexpired rows deleted\nexpired weeks dropped\nmembers without a role removed\npartitions created\nsegments merged\ntasks failed\ntasks left unfinished", 'maintain() by the owner');

$node->safe_psql('postgres', q{CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0});
$node->safe_psql('latin', 'CREATE EXTENSION productgraph');
($status, undef, $error) = $node->psql('latin', 'SELECT productgraph.setup()');
like($error, qr/needs a database in UTF8, this one is in LATIN1/, 'a database of another encoding is refused');
done_testing();
