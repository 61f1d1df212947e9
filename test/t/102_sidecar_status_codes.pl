# Each mistake has its status and a JSON body that names it and the request.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
my $other_key = $node->safe_psql('postgres', q{
	SELECT productgraph.create_project(id, 'proj_closed', 'Closed') FROM productgraph.organizations;
	SELECT productgraph.create_api_key(id, 'proj_closed', 'other') FROM productgraph.organizations});
$other_key =~ s/.*\n//s;
my $sidecar = Sidecar->start($node)->await_ready;
my @json = ('Content-Type' => 'application/json');
my %seen = (202 => 1, 403 => 1, 408 => 1, 429 => 1, 431 => 1, 500 => 1, 503 => 1, 505 => 1);
my $many = '[' . join(',', ('{}') x 1001) . ']';

for (
	# method, target, headers, body, status, code
	[ 'GET', '/', [], undef, 404, 'not_found' ],
	[ 'POST', '/v1/event', [], '{}', 404, 'not_found' ],
	[ 'GET', '/v1/events', [], undef, 405, 'method_not_allowed' ],
	[ 'PUT', '/v1/events', [], '{}', 405, 'method_not_allowed' ],
	[ 'FROB', '/health', [], undef, 405, 'method_not_allowed' ],
	[ 'POST', '/v1/events', \@json, undef, 411, 'length_required' ],
	[ 'POST', '/v1/events', \@json, '', 400, 'malformed_json' ],
	[ 'POST', '/v1/events', \@json, '{"events":[', 400, 'malformed_json' ],
	[ 'POST', '/v1/events', \@json, '"text"', 400, undef ],
	[ 'POST', '/v1/events', \@json, $many, 400, 'too_many_events' ],
	[ 'POST', '/v1/events', [ 'Content-Type' => 'application/x-www-form-urlencoded' ], '{}', 415, 'unsupported_media_type' ],
	[ 'POST', '/v1/events', [ @json, 'Content-Encoding' => 'br' ], '{}', 415, 'unsupported_encoding' ],
	[ 'POST', '/v1/events', [ @json, 'Content-Encoding' => 'gzip' ], '{}', 400, 'invalid_gzip' ],
	[ 'POST', '/v1/events', [ @json, 'X-PG-API-Key' => 'nonsense' ], '[]', 401, 'unauthorized' ],
	[ 'POST', '/v1/events', [ @json, 'X-PG-API-Key' => "\xff" ], '[]', 401, 'unauthorized' ],
	[ 'POST', '/v1/events', [ @json, 'Expect' => 'magic' ], '[]', 417, 'expectation_failed' ],
	[ 'POST', '/v1/events', [ @json, 'Content-Length' => 10_485_761 ], '[]', 413, 'body_too_large' ],
	[ 'GET', '/health', [ 'X-Filler' => 'a' x 65536 ], undef, 431, 'headers_too_large' ],
	[ 'GET', '/' . 'a' x 65536, [], undef, 431, 'headers_too_large' ])
{
	my ($method, $target, $headers, $body, $status, $code) = @$_;
	my $what = "$method " . substr($target, 0, 20) . ' ' . ($code // $status);
	my $answer = $sidecar->request($method, $target, $headers, $body);
	is($answer->{status}, $status, "$what: status") or diag $answer->{body};
	my $error = Sidecar::json($answer)->{error};
	is($error->{code}, $code, "$what: code") if $code;
	like($error->{message}, qr/\w \w/, "$what: message");
	$seen{$status} = 1 if $target eq '/v1/events';
	is($error->{request_id}, $answer->{headers}{'x-request-id'}, "$what: request id");
}

my $answer = $sidecar->post({ events => [ Sidecar::event('e1') ] }, 'X-PG-API-Key' => $other_key);
is($answer->{status}, 403, 'the key of another project') or diag $answer->{body};
$answer = $sidecar->post({ events => [ Sidecar::event('e1', project_id => 'proj_closed') ] });
is($answer->{status}, 401, 'no key for a project that needs one') or diag $answer->{body};
is($node->safe_psql('postgres', 'SELECT count(*) FROM productgraph.events'), 0, 'nothing was stored');

is($sidecar->request('GET', '/v1/events')->{headers}{allow}, 'POST, OPTIONS', 'Allow names what is');
is(Sidecar::json($sidecar->request('GET', '/health'))->{status}, 'ok', '/health');
is(Sidecar::json($sidecar->request('GET', '/ready'))->{status}, 'ready', '/ready');
is($sidecar->request('HEAD', '/health')->{headers}{'content-length'}, 15, 'HEAD /health');
like($sidecar->request('GET', '/metrics')->{body}, qr/^productgraph_sidecar_build_info\{version="[\d.]+"\} 1$/m, '/metrics');
my $description = Sidecar::json($sidecar->request('GET', '/openapi.json'));
is($description->{openapi}, '3.1.0', '/openapi.json');
is(join(' ', sort keys %{ $description->{paths}{'/v1/events'}{post}{responses} }), join(' ', sort keys %seen), 'it has the statuses of events');
is($sidecar->request('GET', $_)->{status}, $_ eq '/v1/events' ? 405 : 200, "$_ is there as it says") for sort keys %{ $description->{paths} };
my @references = $sidecar->request('GET', '/openapi.json')->{body} =~ /"\$ref": "#\/(.*?)"/g;
for my $reference (@references)
{
	my $found = $description;
	$found = $found->{$_} for split /\//, $reference;
	ok($found, "$reference is defined");
}

for my $id ('', 'a' x 129, "tab\there")
{
	like($sidecar->request('GET', '/health', [ 'X-Request-ID' => $id ])->{headers}{'x-request-id'},
		qr/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'an unusable request id is replaced');
}
done_testing();
