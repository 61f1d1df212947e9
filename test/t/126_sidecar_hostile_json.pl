# JSON made to hurt: the answer names what is wrong, one bad event costs itself alone, and what is accepted can be read
# back. The golden cases (118) have what fits into a line of text; here are bytes, sizes, and every field with every type.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use JSON::PP ();
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
my $sidecar = Sidecar->start($node)->await_ready;
my $event = JSON::PP->new->canonical->utf8->encode(Sidecar::event('X'));
my $number = 0;
# One event with more members, as bytes.
my $with = sub { my ($more) = @_; my $id = 'e' . ++$number; return ($event =~ s/"X"/"$id"/r) =~ s/}$/,$more}/r };
my $is = sub {
	my ($body, $status, $expected, $name) = @_;
	my $answer = $sidecar->post($body);
	is($answer->{status}, $status, $name) or diag $answer->{body};
	my $json = Sidecar::json($answer);
	my $code = $status >= 400 ? $json->{error}{code} : $json->{errors}[0]{code} // $json->{warnings}[0]{code} // '';
	is($code, $expected, "$name: $expected");
};

# Bytes that are no UTF-8, wherever they stand, and other things that are no JSON.
my %bytes = ('a lone byte' => "\xff", 'a cut sequence' => "\xe2\x82", 'an overlong slash' => "\xc0\xaf", 'a surrogate' => "\xed\xa0\x80",
	'beyond Unicode' => "\xf4\x90\x80\x80", 'an overlong NUL' => "\xc0\x80");
for my $what (sort keys %bytes)
{
	$is->('[' . $with->("\"page.title\":\"$bytes{$what}\"") . ']', 400, 'malformed_json', "$what in a value");
	$is->('[' . $with->("\"$bytes{$what}\":1") . ']', 400, 'malformed_json', "$what in a name");
	$is->('[' . $with->('"a":1') . "]$bytes{$what}", 400, 'malformed_json', "$what after the end");
}
for (
	[ "\xef\xbb\xbf[]", 202, '', 'a byte order mark' ],
	[ "\xef\xbb\xbf\xef\xbb\xbf[]", 400, 'malformed_json', 'two of them' ],
	[ "\xff\xfe[\0]\0", 400, 'malformed_json', 'UTF-16' ],
	[ "[]\0", 400, 'malformed_json', 'NUL after the end' ],
	[ "\0[]", 400, 'malformed_json', 'NUL before the start' ],
	[ '[' . $with->("\"page.title\":\"a\0b\"") . ']', 400, 'malformed_json', 'NUL in a string' ],
	[ '[' . $with->("\"page.title\":\"a\nb\"") . ']', 400, 'malformed_json', 'a line feed in a string' ],
	[ '[] []', 400, 'malformed_json', 'two values' ], [ '[]x', 400, 'malformed_json', 'rubbish after the end' ],
	[ '[,]', 400, 'malformed_json', 'a comma' ], [ '[{},]', 400, 'malformed_json', 'a trailing comma' ],
	[ "{'events':[]}", 400, 'malformed_json', 'single quotes' ], [ '{"events":[]/**/}', 400, 'malformed_json', 'a comment' ],
	[ '[NaN]', 400, 'malformed_json', 'NaN' ], [ '[Infinity]', 400, 'malformed_json', 'Infinity' ], [ '[01]', 400, 'malformed_json', 'a leading zero' ],
	[ '[+1]', 400, 'malformed_json', 'a plus' ], [ '[1.]', 400, 'malformed_json', 'no decimals' ], [ '[tru]', 400, 'malformed_json', 'half a word' ],
	[ '["\ud800"]', 202, 'invalid_type', 'a lone surrogate' ], [ '["\u12"]', 400, 'malformed_json', 'half an escape' ], [ '["\x"]', 400, 'malformed_json', 'an unknown escape' ],
	[ '{"events":[{}],"events":[]}', 400, 'invalid_batch', 'events twice' ],
	[ '[' x 1_000_000, 400, 'too_deep', 'a million brackets' ], [ '{"a":' x 100_000, 400, 'too_deep', 'as many objects' ],
	[ '[' . '[' x 200_000 . ']' x 200_000 . ']', 400, 'too_deep', 'deep and complete' ],
	[ '[' . $with->('"metadata":{"a":' . '[' x 5000 . ']' x 5000 . '}') . ']', 202, 'too_deep', 'a deep event' ],
	[ '[' . $with->('"metadata":{' . join(',', map { "\"k$_\":1" } 1 .. 20_000) . '}') . ']', 202, 'too_large', 'an event of many members' ],
	[ '[' . $with->('"x":' . '9' x 90_000) . ']', 202, 'out_of_range', 'a number of 90,000 digits' ],
	[ '[' . $with->('"metadata":{"n":1e999999999}') . ']', 202, 'out_of_range', 'a huge exponent' ],
	[ '[' . $with->('"metadata":{"n":-1e-999999999}') . ']', 202, 'out_of_range', 'a tiny one' ],
	[ '[' . $with->('"metadata":{"n":1e131071}') . ']', 202, 'out_of_range', 'one that PostgreSQL would print in 131 kB' ],
	[ '[' . $with->('"metadata":{"n":0.' . '0' x 20_000 . '1}') . ']', 202, 'out_of_range', 'many decimals' ],
	[ '{"events":"' . 'x' x 1_000_000 . '"}', 400, 'invalid_batch', 'a long text for events' ])
{
	$is->(@$_);
}

# Every field with a value of every type: refused by its name, or stored.
my @values = ('null', 'true', '0', '-1.5', '1e400', '18446744073709551616', '""', '"text"', '"\u0000\ud83d"', '"' . 'é' x 40_000 . '"', '[]', '[[{}]]', '{}', '{"":{"\u0000":1}}');
utf8::encode($_) for @values;
my ($stored, $unnamed) = (0, '');
for my $field (split /\n/, $node->safe_psql('postgres', 'SELECT field FROM productgraph.event_fields()'))
{
	# One that is right, or without a project that may be written to the whole request would be refused.
	my @events = ($with->('"a":1'), map { $with->("\"$field\":$_") } @values);
	my $answer = $sidecar->post('[' . join(',', @events) . ']');
	my $json = Sidecar::json($answer);
	is("$answer->{status} " . ($json->{accepted} + $json->{rejected}), '202 ' . @events, "$field: each event is accepted or rejected") or diag $answer->{body};
	for (@{ $json->{errors} }) { $unnamed .= " $field:$_->{field}" if $_->{field} ne $field && $_->{field} ne 'event'; }
	$stored += $json->{accepted} - $json->{duplicates};
}
is($unnamed, '', 'errors name the field that is wrong');
cmp_ok($stored, '>', 100, 'many are stored');
cmp_ok(length $node->safe_psql('postgres', 'SELECT jsonb_agg(to_jsonb(e)) FROM productgraph.events e'), '>', $stored * 100, 'and can be read back');
is($sidecar->metric('statement_errors_total'), 0, 'no statement failed');
done_testing();
