# The sidecar does not work as a role that could do more than ingest, unless it is told to, and then says so.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Sidecar;
use Test::More;

my $node = Sidecar::start_store();
$node->safe_psql('postgres', q{
	CREATE ROLE root LOGIN SUPERUSER;
	CREATE ROLE bypasser LOGIN BYPASSRLS IN ROLE productgraph_ingest;
	CREATE ROLE owner LOGIN IN ROLE productgraph_ingest, productgraph_owner;
	CREATE ROLE nobody LOGIN;
});
my $as = sub { $node->connstr('postgres') . " user=$_[0]" };
my $reason = qr/the database role may do too much: connect as a role of its own that is granted productgraph_ingest/;

for my $url ($as->('root'), $as->('bypasser'), $as->('owner'), $as->('root') . " options='-c role=sidecar'")
{
	(my $name = $url) =~ s/.*user=//;
	my $sidecar = Sidecar->start($url);
	Sidecar::await(sub { $sidecar->log_text =~ /database connection is down/ }, "$name is noticed");
	like($sidecar->log_text, $reason, "$name: the log says why");
	# While it tries again the reason is that it does.
	my $answer;
	Sidecar::await(sub { $answer = $sidecar->request('GET', '/ready'); Sidecar::json($answer)->{reason} !~ /^connecting/ }, "$name: told");
	is($answer->{status}, 503, "$name: not ready");
	like(Sidecar::json($answer)->{reason}, $reason, "$name: and why");
	is($sidecar->post([ Sidecar::event('e') ])->{status}, 503, "$name: takes no events");
	$sidecar->stop;
}
my $warned = Sidecar->start($as->('root'), '--privileged-role', 'warn')->await_ready;
like($warned->log_text, qr/"level":"warning","message":"$reason","role":"superuser"/, 'told to, it warns');
is($warned->post([ Sidecar::event('e') ])->{status}, 202, 'and works');
$warned->stop;

my $powerless = Sidecar->start($as->('nobody'));
Sidecar::await(sub { $powerless->log_text =~ /database connection is down/ }, 'a role without rights is noticed');
like($powerless->log_text, qr/the database role lacks privileges: grant it productgraph_ingest/, 'and what it needs');
$powerless->stop;

# What the role that it is meant to have may read and change: nothing.
my $as_sidecar = sub {
	my ($code, $out, $err) = $node->psql('postgres', $_[0], connstr => $as->('sidecar'));
	return $err;
};
for my $table (split /\n/, $node->safe_psql('postgres', 'SELECT unnest(productgraph.tenant_tables())'))
{
	like($as_sidecar->("SELECT FROM productgraph.$table"), qr/permission denied/, "cannot read $table");
	like($as_sidecar->("DELETE FROM productgraph.$table"), qr/permission denied/, "cannot change $table");
}
like($as_sidecar->('SELECT productgraph.set_current_org(gen_random_uuid())'), qr/is not a member/, 'can choose no organization');
like($as_sidecar->("SELECT productgraph.create_organization('x', 'x')"), qr/permission denied/, 'can make no organization');
is(Sidecar->start($node)->await_ready->post([ Sidecar::event('f') ])->{status}, 202, 'and yet it ingests');
done_testing();
