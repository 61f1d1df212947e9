# The golden cases give the same answers over HTTP as in the core and in SQL.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use JSON::PP ();
use PostgreSQL::Test::Utils qw(slurp_file);
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
my %key = (unknown => 'pgk_unknown');
my $org = $node->safe_psql('postgres', 'SELECT id FROM productgraph.organizations');
$node->safe_psql('postgres', "SELECT productgraph.create_project('$org', 'proj_closed')");
$key{valid} = $node->safe_psql('postgres', "SELECT productgraph.create_api_key('$org', 'proj_demo', 'valid')");
$key{other_project} = $node->safe_psql('postgres', "SELECT productgraph.create_api_key('$org', 'proj_closed', 'other')");
my $sidecar = Sidecar->start($node)->await_ready;
my %type = (json => 'application/json', ndjson => 'application/x-ndjson');

# Members that the expected entry does not name are not compared.
sub named { my ($answer, $expected) = @_; return { map { $_ => $answer->{$_} } keys %$expected }; }

for my $line (split /\n/, slurp_file("$FindBin::RealBin/../golden/events.jsonl"))
{
	my $case = JSON::PP->new->utf8->decode($line);
	my @headers = ('Content-Type' => $type{ $case->{format} });
	push @headers, 'X-PG-API-Key' => $key{ $case->{key} } if defined $case->{key};
	my $body = $case->{body};
	utf8::encode($body);
	my $answer = $sidecar->post($body, @headers);
	my $json = Sidecar::json($answer);
	my ($got, $expected);
	if ($case->{status} >= 400)
	{
		$got = { status => $answer->{status}, code => $json->{error}{code} };
		$expected = { status => $case->{status}, code => $case->{code} };
	}
	else
	{
		my @errors = @{ $json->{errors} };
		$got = { named($json, { map { $_ => 1 } qw(accepted rejected duplicates) })->%*, status => $answer->{status},
			errors => [ map { $_ < @{ $case->{errors} } ? named($errors[$_], $case->{errors}[$_]) : $errors[$_] } 0 .. $#errors ] };
		$expected = { map { $_ => $case->{$_} } qw(status accepted rejected duplicates errors) };
	}
	is_deeply($got, $expected, $case->{name}) or diag $answer->{body};
	$node->safe_psql('postgres', 'TRUNCATE productgraph.events, productgraph.event_keys, productgraph.sessions')
	  if $case->{status} < 400 && $case->{accepted};
}
done_testing();
