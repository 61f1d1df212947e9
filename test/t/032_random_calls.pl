# Random calls of every SQL function, by roles that may do little, neither crash the server, nor end in an internal error, nor
# show a row of another tenant. Most calls are made to get past the checks of arguments: every function that a service role
# may call must have answered. A failure repeats with its seed.
#   RANDOM_CALLS_ROUNDS=2000  calls in all
#   RANDOM_CALLS_SEED=1       what they are made from
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils;
use Tenants;
use Test::More;

my $rounds = $ENV{RANDOM_CALLS_ROUNDS} // 2000;
my $seed = $ENV{RANDOM_CALLS_SEED} // 20240301;
srand $seed;
note "RANDOM_CALLS_SEED=$seed RANDOM_CALLS_ROUNDS=$rounds";

my $node = Tenants::start();
my ($org_a, $org_b) = map { Tenants::id($node, $_) } 'a', 'b';
my ($key_a, $key_b) = map { $node->safe_psql('postgres', "SELECT key FROM public.keys WHERE org = '$_'") } 'a', 'b';

# Values of arguments, as SQL, from the table at the end: those that make sense, by the name of the argument or by function and
# argument, and hostile ones, by type.
my (%sensible, %hostile);
my $pool;
while (my $line = <DATA>)
{
	chomp $line;
	$line =~ s/ORG_A/$org_a/g; $line =~ s/ORG_B/$org_b/g; $line =~ s/KEY_A/$key_a/g; $line =~ s/KEY_B/$key_b/g;
	if ($line =~ /^(sensible|hostile)$/) { $pool = $1 eq 'sensible' ? \%sensible : \%hostile }
	elsif ($line =~ /^(.+?) = (.*)$/) { $pool->{$1} = [ split / \| /, $2 ] }
}

sub pick { my ($list) = @_; return $list->[ rand @$list ] }

sub argument
{
	my ($function, $name, $type, $odd) = @_;
	my $sensible = $sensible{"$function->{name}.$name"} // $sensible{$name} // $sensible{$type};
	return pick($sensible) if $sensible && !($odd && rand() < 0.5);
	return rand() < 0.15 ? 'NULL' : pick($hostile{$type} // ['NULL']);
}

# A call of a function, with hostile values in a third of the calls. Arguments that may be left out mostly are.
sub call
{
	my ($f) = @_;
	my $odd = rand() < 0.34;
	my (@given, $named);
	for my $i (0 .. $#{ $f->{types} })
	{
		my ($name, $type) = ($f->{names}[$i] // '', $f->{types}[$i]);
		if ($i >= $f->{required} && rand() < 0.6) { $named = 1; next; }
		for (1 .. $type eq 'any' ? ($odd ? 1 : 2) + int rand 2 : 1)
		{
			my $value = argument($f, $name, $type, $odd);
			$value = "($value)::" . $type if $type ne 'any';
			push @given, $named ? "\"$name\" => $value" : $value;
		}
	}
	my $call = "productgraph.$f->{name}(" . join(', ', @given) . ')';
	return "SELECT $call AS x FROM generate_series(1, 30) n GROUP BY n % 2" if $f->{kind} eq 'a';
	return "SELECT $call OVER (ORDER BY n) AS x FROM generate_series(1, 30) n" if $f->{kind} eq 'w';
	return "SELECT * FROM $call AS x";
}

$node->safe_psql('postgres', q{
	-- What comes of a statement: its SQLSTATE, and all that it said. Whatever it did is undone.
	CREATE FUNCTION public.try(statement text, OUT state text, OUT said text) LANGUAGE plpgsql AS $$
	DECLARE
		detail text; hint text; context text;
	BEGIN
		EXECUTE format('SELECT string_agg(left(t::text, 100000), '' '') FROM (%s LIMIT 2000) t', statement) INTO said;
		RAISE 'done' USING ERRCODE = 'UNDO0';
	EXCEPTION
		WHEN SQLSTATE 'UNDO0' THEN state := '00000';
		WHEN query_canceled OR assert_failure OR others THEN
			GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
			state := SQLSTATE; said := concat_ws(' ', SQLERRM, detail, hint, context);
	END $$;
});
my @functions = map { my @f = split /\|/; { oid => $f[0], name => $f[1], kind => $f[2], required => $f[3], types => [ split /;/, $f[4] // '' ], names => [ split /;/, $f[5] // '' ], service => $f[6] eq 't' } }
  split /\n/, $node->safe_psql('postgres', q{
	SELECT p.oid, p.proname, p.prokind, p.pronargs - p.pronargdefaults, array_to_string(ARRAY(SELECT CASE t WHEN '"any"'::regtype THEN 'any' ELSE format_type(t, NULL) END FROM unnest(p.proargtypes::oid[]) t), ';'),
		array_to_string(p.proargnames, ';'), has_function_privilege('service', p.oid, 'EXECUTE')
	FROM pg_proc p WHERE p.pronamespace = 'productgraph'::regnamespace AND NOT (p.proargtypes::oid[] @> ARRAY['internal'::regtype::oid])
	ORDER BY p.oid::regprocedure::text COLLATE "C"});
cmp_ok(scalar @functions, '>', 50, 'functions to call: ' . @functions);

my (%answered, %states, %calls, @faults, @lost);
sub ask
{
	my ($role, @asked) = @_;
	my @batch = map { { f => $_, sql => call($_) } } @asked;
	my $script = $role =~ /^(?:service|a)$/ ? "SELECT productgraph.set_current_org('$org_a') \\g /dev/null\n" : '';
	$script .= "SET statement_timeout = '2s'; SET client_min_messages = error;\n";
	for my $n (0 .. $#batch)
	{
		$script .= "SELECT 'call', $n, state, said ~ 'canary-b', CASE WHEN state ~ '^XX' THEN left(replace(said, E'\\n', ' '), 300) END FROM public.try(\$try\$$batch[$n]{sql}\$try\$);\n";
	}
	my ($status, $out, $error) = $node->psql('postgres', $script, extra_params => [ '-U', $role ], on_error_stop => 0);
	my %seen;
	for my $line (split /\n/, $out)
	{
		my ($n, $state, $leak, $internal) = $line =~ /^call\|(\d+)\|(\w{5})\|(\w?)\|(.*)$/ or next;
		$seen{$n} = 1;
		my $call = $batch[$n];
		$calls{$role}++;
		$states{$role}{$state}++;
		$answered{ $call->{f}{oid} }++ if $state eq '00000';
		push @faults, "$role: $state $internal: $call->{sql}" if $state =~ /^XX/;
		# Which organizations there are a service role may know.
		push @faults, "$role saw the other organization: $call->{sql}" if $leak eq 't' && "$role $call->{f}{name}" ne 'service my_organizations';
	}
	push @lost, map { "$role: $batch[$_]{sql}" } grep { !$seen{$_} } 0 .. $#batch;
	diag(substr $error, 0, 2000) if $error;
}
# Every function in turn, so that a short run calls all of them; those that have not answered a service role once more.
for my $role ('service', 'service', 'a', 'ingest', 'nobody')
{
	ask($role, map { $functions[ $_ % @functions ] } 1 .. $rounds / 5);
}
sub silent { return grep { $_->{service} && !$answered{ $_->{oid} } } @functions }
ask('service', (silent()) x 5) for 1 .. 10;
for my $role (sort keys %calls)
{
	my $count = $states{$role};
	note "$role: $calls{$role} calls, " . join ', ', map { "$_ $count->{$_}" } sort { $count->{$b} <=> $count->{$a} } keys %$count;
}
is(join("\n", @faults), '', 'no internal error, and no row of another organization');
is(join("\n", @lost[ 0 .. ($#lost < 4 ? $#lost : 4) ]), '', 'every call came back');
is(join(' ', map { $_->{name} } silent()), '', 'every function that a service role may call has answered');
cmp_ok(($states{service}{'00000'} // 0) / $calls{service}, '>', 0.4, 'most calls of the service role get past the checks of arguments');
unlike(slurp_file($node->logfile), qr/was terminated by signal|PANIC|server process .* exited/, 'no process of the server crashed');
is($node->safe_psql('postgres', "SELECT count(DISTINCT page_path) FROM productgraph.events"), '2', 'nothing was lost or written');
done_testing();

__DATA__
sensible
project = 'shared' | 'shared' | 'of-a'
project_id = 'shared' | NULL
journey = 'journey' | NULL
journey_report.journey = 'journey'
journey_steps.journey = 'journey'
session = 'session-1'
steps = '["page.view", "ui.click"]' | '{page.view,ui.click,state.change}' | '[{"page.path": "/canary-a"}, "ui.click"]'
funnel_steps.journey = NULL
journey_facts.steps = 2 | 5
path_steps.steps = 4
paths.steps = 4
step_order = 'ordered' | 'strict' | 'any'
counting = 'unique' | 'total'
attribution = 'first' | 'last' | '2'
per_step = false | true
funnel_actors.journey = NULL
funnel_correlation.journey = NULL
attempts_query.per_step = false
attempts_query.exclude = NULL | 'error'
attempts_query.timezone = 'UTC'
funnel_attempt.mode = '' | 'strict' | 'optional 2'
funnel_attempts.mode = '' | 'strict' | 'per_step'
window_funnel.steps = n % 3 = 1 | n % 3 = 2 | true
window_funnel_times.steps = n % 3 = 1 | n % 3 = 2 | true
sequence_next_node.steps = n % 3 = 1 | n % 3 = 2
conditions = n % 3 = 1 | n % 3 = 2
journey_attempts.conditions = ARRAY['true', 'false']
any = true | false | NULL::boolean
what = 'page.view' | NULL
check_choice.what = 'thing'
start = 'page.view'
return_to = 'ui.click'
actor = 'user' | 'session' | 'metadata.plan'
period = 'day' | 'week' | 'month'
timezone = 'UTC' | 'Asia/Kolkata' | NULL
within = '1 day' | '1 hour'
gap = '30 minutes'
window = '1 hour'
since = now() - interval '9 days'
until = now()
from_time = now()
to_time = now() + interval '1 week'
week = '2030-01-01'
filter = '{}' | '{"event.type": "page.view"}'
field = 'duration_ms' | 'metadata.plan'
field_condition.field = 'event.type' | 'metadata.plan'
field_expression.field = 'event.type'
measured_number.field = 'duration_ms' | 'metadata.plan'
measure = 'count' | 'sum' | 'actors'
breakdown = 'event.type' | 'metadata.plan' | NULL
hold = NULL | 'page.path'
node = 'page.path' | 'event.type'
groups = NULL | '{/canary-*}'
exclude = NULL | '{/x}'
start_at = NULL | 'page.view' | '/canary-a'
end_at = NULL | '/canary-a'
cohort = 'first' | 'every'
periods_by = 'calendar' | 'window'
retained = 'on' | 'on_or_after'
periods = 3 | 8
brackets = NULL | '{0,1,3}'
top = 3
bins = 5
edges = 10
from_step = 1
to_step = 2
reached = 1 | 2
sequence = 5 | 500
scope = 'e.project_id = ''shared'''
counted = 'e.user_id'
events = 'SELECT 1'
seen = 'seen'
moment = 'e.timestamp'
number = '5'
org_id = 'ORG_A' | 'ORG_B'
previous = 'ORG_A' | NULL
role = 'a' | 'b'
slug = 'new-one'
id = 'new' | 'journey'
name = 'A name' | NULL
create_organization.name = 'A name'
label = 'a key'
scopes = '{ingest}'
expires_at = NULL | '2030-01-01'
key_id = gen_random_uuid()
rotate_api_key.key_id = (SELECT k.id FROM productgraph.api_keys k WHERE k.revoked_at IS NULL LIMIT 1)
rotate_api_key.org_id = 'ORG_A'
old_valid_until = now()
key_hashes = ARRAY[sha256('KEY_A')] | ARRAY[sha256('KEY_B')]
settings = '{}' | '{"open_ingest": true}' | '{"accept_past": "1 day"}'
api_key = 'KEY_A' | 'KEY_B'
body = '[{"event_id":"e","project_id":"shared","session.id":"s","event.type":"custom","event.timestamp":"2026-01-01T00:00:00Z"}]'
bodies = ARRAY['[]'::bytea] | ARRAY['[{"event_id":"e","project_id":"of-b","org.id":"ORG_B"}]'::bytea]
formats = '{json}' | '{ndjson}'
request_ids = '{r}'
event = '{"event_id":"e","project_id":"shared","session.id":"s","event.type":"custom","event.timestamp":"2026-01-01T00:00:00Z"}'
wanted = '"x"' | '[1, 2]' | '7'
step = '"page.view"' | '{"page.path": "/x"}'
glob = '/a/*'
value = '{}' | 'text'
sequence_next_node.value = 'page-' || n
kinds = 'SELECT e.kind, 1, e.page_path FROM productgraph.kinds e' | 'SELECT 0, 3, NULL::text' | 'SELECT 1'
loose = NULL | 'SELECT e.session_id, e.session_id, e.timestamp, 1, e.page_path FROM productgraph.events e' | 'DELETE FROM productgraph.events'
weeks = '{}' | ARRAY[date_trunc('week', now(), 'UTC')]
begin_before = now()
total = false | true
by_session = false | true
packed_funnel.mode = '' | 'strict'
packed_funnel.conditions = 2
packed_funnel.hold = false
packed_funnel.breakdown = false | true
packed_attempts.mode = '' | 'any'
packed_attempts.conditions = 3
packed_attempts.hold = false
packed_attempts.periods = '{}' | ARRAY[now()]
named = true
starts = ARRAY[now() - interval '30 days', now() - interval '1 day']
numbers = '{1,2}'
around_numbers = '{1,1}'
start_since = now() - interval '9 days'
start_until = now()
length_micros = 86400000000
recurring = false | true
unbounded = false | true
packed_retention.breakdown = false | true
packed_retention.brackets = '{0,1}'
packed_paths.gap = NULL | '30 minutes'
packed_paths.steps = 3
paths_from_rows.steps = 3
paths_from_segments.steps = 3
question = 'a question'
packed = 'SELECT ''x''::text, NULL::timestamptz[]'
instead = 'SELECT NULL::text AS actor, NULL::timestamptz[] AS times'
packed_paths.edges = 5
has_start = false | true
has_end = false | true
choice = 'x'
choices = '{x,y}'
ts = now() + n * interval '1 minute'
pattern = '(?1)' | '(?1)(?2)' | '(?1).*(?t<=60)(?2)'
mode = 'strict_once' | 'strict_order'
direction = 'forward' | 'backward'
base = 'head' | 'tail' | 'first_match' | 'last_match'
base_condition = true | n % 3 = 1
ahead = '1 week'
report_progress.done = 1 | NULL
report_progress.total = 2 | NULL
deduplicate_for = '30 days'
boolean = true | false
cstring = '["page.view"]' | 'page.view' | '{a,b}'
hostile
text = '' | ' ' | '''' | '"' | '\' | '%s%I%L$1' | 'x''); SELECT 1; --' | repeat('x', 100000) | chr(1) | U&'\+01F389' | '[' | '{}' | 'null' | 'metadata.' | 'metadata.x' | '-infinity' | 'e.org_id' | '(?1' | '(?99)' | '(?t>-1)' | '*' | '1'
timestamp with time zone = 'infinity' | '-infinity' | '4714-11-24 00:00:00+00 BC' | '294276-12-31' | 'epoch' | '2002-02-05'
interval = '0' | '-1 day' | '1 microsecond' | '178000000 years' | '-178000000 years' | '2147483647 days' | '1 month -30 days'
integer = 0 | -1 | 33 | 100000 | 2147483647 | -2147483648
bigint = 0 | -1 | 9223372036854775807 | -9223372036854775808
jsonb = '{}' | '[]' | 'null' | '1e300' | '"x"' | '[[[[[[]]]]]]' | '{"event.type": []}' | '{"event.type": {"a": 1}}' | '{"metadata.k": null}' | '{"": ""}' | '{"api.status_code": "x"}' | '{"event_id": 1}' | ('[' || repeat('1,', 20000) || '1]')::jsonb
productgraph.steps = '{}' | '[]' | 'null' | '[null]' | '[[]]' | '{"a": 1}' | '[{"event.type": {}}]' | '[{"name": "only"}]' | '1'::jsonb | array_fill('page.view'::text, ARRAY[40]) | '{NULL}'
uuid = 'ORG_B' | '00000000-0000-0000-0000-000000000000'
regrole = 'postgres' | '0' | 4294967295
regclass = 'pg_class' | 0
name = '' | 'x'
text[] = '{}' | '{NULL}' | '{{a,b},{c,d}}' | '[5:6]={a,b}' | array_fill('x'::text, ARRAY[2000]) | ARRAY['', '*', '''', '\']
integer[] = '{}' | '{NULL}' | '{-1}' | '{3,1}' | '{{0,1},{2,3}}' | '{2147483647}'
bytea[] = '{}' | '{NULL}' | ARRAY['\x00ff'::bytea] | '{{a},{b}}'
boolean = NULL
cstring = '[' | '{' | ''
any = NULL | 1 | 'x'::text | ARRAY[true] | ROW(1) | 'x'
