# /metrics is well-formed for Prometheus and counts every stage of a request.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
my $sidecar = Sidecar->start($node, '--workers', 1, '--pool-size', 2, '--max-body-bytes', 65536, '--max-header-bytes', 2048,
	'--body-timeout-ms', 200)->await_ready;
Sidecar::await(sub { $sidecar->metric('pool_up') == 2 }, 'all connections are up');

# Samples by name and labels, after checking what Prometheus demands of the text; each violation is a failed test.
sub scrape
{
	my $answer = $sidecar->request('GET', '/metrics');
	like($answer->{headers}{'content-type'}, qr{^text/plain; version=0\.0\.4}, 'the type of the text format');
	my (%type, %help, %sample, %order, @wrong, $current);
	for my $line (split /\n/, $answer->{body})
	{
		if ($line =~ /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (\S.*)$/)
		{
			my ($what, $name, $text) = ($1, $2, $3);
			my $seen = $what eq 'HELP' ? \%help : \%type;
			push @wrong, "$what of $name twice" if $seen->{$name}++;
			$type{$name} = $text if $what eq 'TYPE';
			push @wrong, "type $text" if $what eq 'TYPE' && $text !~ /^(counter|gauge|histogram)$/;
			$current = $name;
			next;
		}
		if ($line !~ /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{((?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?[0-9.]+(?:e[+-]?\d+)?)$/)
		{
			push @wrong, "line: $line";
			next;
		}
		my ($name, $labels, $value) = ($1, $2 // '', $4);
		push @wrong, "$name$labels twice" if exists $sample{"$name$labels"};
		$sample{"$name$labels"} = $value;
		my $family = $name;
		$family =~ s/_(bucket|sum|count)$// if ($type{$current} // '') eq 'histogram';
		push @wrong, "$name below $current" if $family ne $current;
		push @wrong, "$name without HELP and TYPE" if !$help{$family} || !$type{$family};
		push @wrong, "counter $name" if $type{$family} eq 'counter' && $name !~ /_total$/;
		push @wrong, "$type{$family} $name" if $type{$family} ne 'counter' && $name =~ /_total$/;
		push @{ $order{$family} }, [ $labels =~ /le="([^"]+)"/, $value ] if $name =~ /_bucket$/ && $type{$family} eq 'histogram';
	}
	for my $family (grep { $type{$_} eq 'histogram' } keys %type)
	{
		my @buckets = @{ $order{$family} // [] };
		push @wrong, "$family ends without +Inf" if !@buckets || $buckets[-1][0] ne '+Inf';
		for my $i (1 .. $#buckets)
		{
			push @wrong, "$family is not cumulative" if $buckets[$i][1] < $buckets[ $i - 1 ][1];
			push @wrong, "$family bounds" if $buckets[$i][0] ne '+Inf' && $buckets[$i][0] <= $buckets[ $i - 1 ][0];
		}
		push @wrong, "$family count" if $buckets[-1][1] != $sample{"${family}_count"};
		push @wrong, "$family sum" unless exists $sample{"${family}_sum"};
	}
	push @wrong, "no end of line" if $answer->{body} !~ /\n\z/;
	is_deeply(\@wrong, [], 'the text is what Prometheus reads');
	return { map { (my $short = $_) =~ s/^productgraph_sidecar_//; $short => $sample{$_} } keys %sample };
}

Sidecar::await(sub { my $m = scrape_quietly(); ($m->{idle} // 0) + ($m->{busy} // 0) == 2 }, 'both connections are up');
my $before = scrape();
is($before->{'pool_connections{state="idle"}'} + $before->{'pool_connections{state="busy"}'}, 2, 'connections by state');
my ($server) = $node->safe_psql('postgres', 'SHOW server_version') =~ /^(\d+\.\d+)/;
is($before->{"postgresql_info{version=\"$server\"}"}, 1, "PostgreSQL $server");
my ($version) = slurp_control();
is($before->{"build_info{version=\"$version\"}"}, 1, "version $version");
cmp_ok(abs($before->{process_start_time_seconds} - time), '<', 60, 'when it started');
cmp_ok($before->{process_resident_memory_bytes}, '>', 1_000_000, 'memory');
cmp_ok($before->{process_open_fds}, '>', 5, 'descriptors');

my @events = map { Sidecar::event("m$_") } 1 .. 6;
delete $events[0]{event_id};
$events[1]{'event.timestamp'} = 'noon';
$events[2]{'event.timestamp'} = 'night';
$events[3]{'page.title'} = 'card 4111 1111 1111 1111';
$events[4]{'event.name'} = 'n' x 300;
is($sidecar->post(\@events)->{status}, 202, 'some are rejected, some changed');
is($sidecar->post([ $events[5] ])->{status}, 202, 'one is a repeat');
is($sidecar->post('{')->{status}, 400, 'one request cannot be read');
is($sidecar->post('x' x 70_000)->{status}, 413, 'one is too large');
is($sidecar->request('GET', '/health', [ 'X-Long' => 'x' x 3000 ])->{status}, 431, 'one has long headers');
my $slow = $sidecar->connect;
print $slow "POST /v1/events HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n[";
is(Sidecar::read_answer($slow)->{status}, 408, 'one has a slow body');

my $after = scrape();
my %grown = (
	'events_accepted_total' => 4, 'events_rejected_total' => 3, 'events_duplicates_total' => 1,
	'event_errors_total{code="required"}' => 1, 'event_errors_total{code="invalid_timestamp"}' => 2,
	'event_warnings_total{code="redacted"}' => 1, 'event_warnings_total{code="truncated"}' => 1,
	'limits_reached_total{limit="max-body-bytes"}' => 1, 'limits_reached_total{limit="max-header-bytes"}' => 1,
	'limits_reached_total{limit="body-timeout-ms"}' => 1, 'limits_reached_total{limit="queue-requests"}' => 0,
	'requests_total{route="/v1/events",status="202"}' => 2, 'requests_total{route="/v1/events",status="400"}' => 1,
	'statement_events_sum' => 7, 'statement_events_count' => 3, 'statement_requests_count' => 3, 'queue_seconds_count' => 3,
	'statement_seconds_count' => 3, 'statement_errors_total' => 0,
);
is(($after->{$_} // 0) - ($before->{$_} // 0), $grown{$_}, "$_ grew by $grown{$_}") for sort keys %grown;
cmp_ok($after->{statement_bytes_sum}, '>', 1000, 'bytes of statements');
cmp_ok($after->{statement_seconds_sum}, '>', 0, 'time of statements');
is($after->{queue_bytes}, 0, 'nothing waits');

# While the database is away that can be seen, too.
$node->stop('immediate');
Sidecar::await(sub { my $m = scrape_quietly(); ($m->{down} // 0) + ($m->{connecting} // 0) == 2 }, 'both connections are down');
is(scrape()->{pool_up}, 0, 'none is up');
done_testing();

sub scrape_quietly
{
	return { $sidecar->request('GET', '/metrics')->{body} =~ /^productgraph_sidecar_pool_connections\{state="(\w+)"\} (\d+)$/mg };
}

# The sidecar tells its version itself.
sub slurp_control
{
	my $out = `$ENV{PRODUCTGRAPH_SIDECAR} --version`;
	return $out =~ /(\d+\.\d+\.\d+)/;
}
