# What a project redacts reaches neither table nor index, write-ahead log, server log or sidecar log: no file that
# the server or the sidecar wrote holds it.
use strict;
use warnings;
use File::Find;
use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils qw(slurp_file);
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
# The framework logs all statements; that is not the usual setting.
$node->append_conf('postgresql.conf', "log_statement = none\nlog_min_duration_statement = 0\nlog_parameter_max_length = 0\n");
$node->restart;
$node->safe_psql('postgres', q{
	SELECT productgraph.set_redaction('proj_demo', '{card,email,token}', drop_fields => '{page.referrer,metadata.phone}',
		hash_fields => '{user.id,metadata.account}', mask_fields => '{ui.element.text,*.name}')});
my $sidecar = Sidecar->start($node, '--log-level', 'debug')->await_ready;

my %event = (
	'event_id' => '4000000000000002', 'project_id' => 'proj_demo', 'session.id' => 'quokka.session@example.com',
	'event.type' => 'page.view', 'event.timestamp' => '2024-01-15T10:30:00Z', 'user.id' => 'QUOKKA-USER',
	'page.url' => '/pay?card=4111%201111%201111%201111&mail=quokka%40example.com', 'page.referrer' => 'QUOKKA-REFERRER',
	'ui.element.text' => 'QUOKKA-TEXT', 'error.message' => 'Bearer QUOKKAa1b2c3d4e5f6', 'page.title' => ('x' x 245) . ' 4111111111111111',
	'metadata' => { phone => 'QUOKKA-PHONE', account => 'QUOKKA-USER', 'quokka@example.com' => 1, list => [ { name => 'QUOKKA-NAME',
		password => 'QUOKKA-PASSWORD', card => 4111111111111111 } ] },
	'ui.state.after' => '{"api_key": "QUOKKA0123456789abcdef"}', 'shop' => { mail => 'quokka@example.com' });
my $body = JSON::PP::encode_json({ events => [ \%event ] });
my $answer = $sidecar->post($body);
my $json = Sidecar::json($answer);
is("$answer->{status} $json->{accepted}", '202 1', 'the event is accepted');
is_deeply([ sort map { $_->{field} } @{ $json->{warnings} } ],
	[ 'error.message', 'event', 'event_id', 'metadata', 'page.title', 'page.url', 'session.id', 'ui.state.after' ],
	'the sender is warned of what patterns found');
is(Sidecar::json($sidecar->post($body))->{duplicates}, 1, 'sent again, it is a repeat');

is($node->safe_psql('postgres', q{SELECT page_url, right(page_title, 6), page_referrer IS NULL, ui_element_text, error_message,
		metadata - 'account', metadata ->> 'account' = user_id, ui_state_after, attributes FROM productgraph.events}),
	join('|', '/pay?card=[card]&mail=[email]', '[card]', 't', '[masked]', 'Bearer [token]',
		'{"list": [{"card": "[card]", "name": "[masked]", "password": "[token]"}], "[email]": 1}', 't', '{"api_key":"[token]"}',
		'{"shop": {"mail": "[email]"}}'), 'what is stored');
is($node->safe_psql('postgres', q{SELECT e.user_id = productgraph.redacted_hash('proj_demo', 'QUOKKA-USER'), s.events
		FROM productgraph.events e JOIN productgraph.sessions s USING (org_id, project_id, session_id)}), 't|1',
	'hashed ids join, and the hash can be looked up');

$node->stop('fast');
$sidecar->stop;
my ($files, @traces) = (0);
my $secret = qr/quokka|4111.?1111.?1111.?1111|4000000000000002/i;
find({ no_chdir => 1, wanted => sub {
	return unless -f $_;
	++$files;
	push @traces, $_ if slurp_file($_) =~ $secret;
} }, $node->data_dir);
cmp_ok($files, '>', 500, 'the data directory was looked through');
is_deeply(\@traces, [], 'no file of the server holds it');
my @logged = grep { /$secret/ && !/redacted_hash/ } split /\n/, slurp_file($node->logfile);
is_deeply(\@logged, [], 'nor does its log');
unlike($sidecar->log_text, $secret, 'nor does the log of the sidecar');
done_testing();
