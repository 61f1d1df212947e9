# Whatever PostgreSQL is told to log or to count, no API key is in it: it only ever sees a key's SHA-256.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils qw(slurp_file);
use Sidecar;
use Test::More;

my $node = Sidecar::start_store('talkative', q{
	shared_preload_libraries = 'pg_stat_statements'
	pg_stat_statements.track = all
	log_statement = all
	log_min_duration_statement = 0
	log_parameter_max_length = -1
	log_parameter_max_length_on_error = -1
	log_error_verbosity = verbose
	log_replication_commands = on
	track_activity_query_size = 1MB
});
$node->safe_psql('postgres', 'CREATE EXTENSION pg_stat_statements');
Sidecar::inject_faults($node);
my $sidecar = Sidecar->start($node, '--log-level', 'debug')->await_ready;
# psql shows results to us alone, and key and rotation are asked for without naming a key.
my $key = Sidecar::create_key($node, 'secret');
my $new = Sidecar::change_key($node, 'rotate_api_key', 'secret');
my $wrong = 'pgk_' . 'ab' x 32;

is($sidecar->post([ Sidecar::event('a') ], 'X-PG-API-Key' => $key)->{status}, 202, 'a key');
is($sidecar->post([ Sidecar::event('b') ], 'Authorization' => "Bearer $new")->{status}, 202, 'its successor');
is($sidecar->post([ Sidecar::event('c') ], 'X-PG-API-Key' => $wrong)->{status}, 401, 'a wrong one');
is($sidecar->request('POST', "/v1/events?api_key=$key", [], '[]')->{status}, 202, 'a key in the query');
is($sidecar->post('POISON', 'X-PG-API-Key' => $key)->{status}, 500, 'an error, with its context');

my $hold = Sidecar::hold($node);
my $socket = $sidecar->connect;
print $socket Sidecar::compose('POST', '/v1/events', [ 'X-PG-API-Key' => $key ],
	'[' . JSON::PP::encode_json(Sidecar::event('d', 'event.name' => 'HOLD')) . ']');
Sidecar::await(sub { Sidecar::held($node) == 1 }, 'a statement is under way');
my $activity = $node->safe_psql('postgres', 'SELECT string_agg(a::text, chr(10)) FROM pg_stat_activity a');
Sidecar::release($hold);
is(Sidecar::read_answer($socket)->{status}, 202, 'it ends');
my $statements = $node->safe_psql('postgres', 'SELECT string_agg(s::text, chr(10)) FROM pg_stat_statements s');
$sidecar->stop;

my $log = slurp_file($node->logfile);
like($log, qr/execute productgraph_ingest: .*\n.*DETAIL:.*[Pp]arameters: .*\Q${\sha256_hex($key)}\E/, 'parameters are logged: there is the hash');
like($activity, qr/productgraph\.ingest_requests/, 'activity shows the statement');
like($statements, qr/productgraph\.ingest_requests/, 'statements are counted');
my %place = (log => $log, activity => $activity, statements => $statements, 'own log' => $sidecar->log_text);
for my $place (sort keys %place)
{
	unlike($place{$place}, qr/\Q$_\E/, "no key in $place") for $key, $new, $wrong;
	# Without what every key begins with, and its visible part.
	unlike($place{$place}, qr/\Q${\substr($key, 12)}\E/, "nor a part of it in $place");
}
my $rows = $node->safe_psql('postgres', 'SELECT string_agg(k::text, chr(10)) FROM productgraph.api_keys k');
unlike($rows, qr/\Q${\substr($_, 12)}\E/, 'no key in the table') for $key, $new;
done_testing();
