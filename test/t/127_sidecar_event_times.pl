# Over HTTP as in SQL: an event may have happened when its project says so, whatever clock and calendar it was taken from.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
$node->safe_psql('postgres', qq{
	SELECT productgraph.create_project(id, 'strict', settings => '{"open_ingest": true, "accept_past": "1 hour", "accept_future": "1 minute"}'),
		productgraph.create_project(id, 'archive', settings => '{"open_ingest": true, "accept_past": "300 years"}')
	FROM productgraph.organizations});
my $sidecar = Sidecar->start($node)->await_ready;
my $number = 0;
# What is answered to an event of that time: how it is stored, or the code of the error.
my $try = sub {
	my ($project, $time) = @_;
	my $id = 'e' . ++$number;
	my $json = Sidecar::json($sidecar->post([ Sidecar::event($id, 'project_id' => $project, 'event.timestamp' => $time) ]));
	return $json->{errors}[0]{code} if @{ $json->{errors} };
	return $node->safe_psql('postgres', "SELECT to_char(timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') FROM productgraph.events WHERE event_id = '$id'");
};
my $at = sub { POSIX::strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time + $_[0])) };

for (
	[ '1970-01-01T00:00:00Z', '1970-01-01 00:00:00.000000' ], [ '1969-12-31T23:59:59Z', 'out_of_range' ], [ 0, '1970-01-01 00:00:00.000000' ],
	[ -1, 'out_of_range' ], [ '2016-12-31T23:59:60Z', '2017-01-01 00:00:00.000000' ], [ '2016-12-31T23:59:61Z', 'invalid_timestamp' ],
	[ '2024-01-01T00:00:00+23:59', '2023-12-31 00:01:00.000000' ], [ '2024-01-01T00:00:00.1234569-12:00', '2024-01-01 12:00:00.123456' ],
	[ '2024-01-01T00:00:00+24:00', 'invalid_timestamp' ], [ '9999-12-31T23:59:59Z', 'out_of_range' ], [ '10000-01-01T00:00:00Z', 'invalid_timestamp' ],
	[ 253402300800000, 'invalid_timestamp' ], [ 'infinity', 'invalid_timestamp' ], [ '-infinity', 'invalid_timestamp' ], [ 'now', 'invalid_timestamp' ],
	[ '', 'required' ], [ undef, 'required' ], [ [], 'invalid_timestamp' ], [ {}, 'invalid_timestamp' ])
{
	my ($time, $expected) = @$_;
	is($try->('proj_demo', $time), $expected, (defined $time ? $time : 'null') . " is $expected");
}
unlike($try->('proj_demo', $at->(23 * 3600)), qr/^[a-z]/, 'a day ahead is accepted by default');
is($try->('proj_demo', $at->(25 * 3600)), 'out_of_range', 'more is not');
unlike($try->('strict', $at->($_)), qr/^[a-z]/, "$_ seconds from now are in the project's own range") for -3000, 0, 50;
is($try->('strict', $at->($_)), 'out_of_range', "$_ seconds from now are not") for -4000, 120;
is($try->('archive', '1776-07-04T12:00:00Z'), '1776-07-04 12:00:00.000000', 'another project takes what is long ago');
$node->safe_psql('postgres', q{UPDATE productgraph.projects SET settings = settings || '{"accept_future": "1 year"}' WHERE id = 'strict'});
unlike($try->('strict', $at->(300 * 86400)), qr/^[a-z]/, 'a changed setting counts at once');
done_testing();
