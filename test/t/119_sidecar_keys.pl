# A key opens what it is for, from the moment it is made until the moment it is revoked, expired or rotated away; when
# it was last used is known without a write for each request.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use PostgreSQL::Test::Utils qw(slurp_file);
use Sidecar;
use Test::More;
use Time::HiRes qw(sleep time);

my $node = Sidecar::start_store();
my $sidecar = Sidecar->start($node)->await_ready;
my $number = 0;
my $status = sub { $sidecar->post([ Sidecar::event('e' . ++$number . '-' . $$) ], 'X-PG-API-Key' => $_[0])->{status} };

my $key = Sidecar::create_key($node, 'first');
is($status->($key), 202, 'a new key works at once');
is($status->(substr $key, 0, -1), 401, 'but not a part of it');
is($status->(uc $key), 401, 'nor in capitals');
is($status->($node->safe_psql('postgres', "SELECT encode(key_hash, 'hex') FROM productgraph.api_keys")), 401, 'nor its hash');
is($status->(Sidecar::create_key($node, 'reader', "scopes => '{query}'")), 403, 'a key without the scope is known but refused');

# Under load: whatever is sent after revoke_api_key() has returned is refused.
my $dir = PostgreSQL::Test::Utils::tempdir();
my $doomed = Sidecar::create_key($node, 'doomed');
my $all = Sidecar::in_parallel(
	sub {
		my ($who) = @_;
		my $last;
		if ($who eq 'revoker')
		{
			Sidecar::await(sub { (() = glob "$dir/sending-*") == 3 }, 'senders are at work');
			Sidecar::change_key($node, 'revoke_api_key', 'doomed');
			$last = time;
		}
		else
		{
			for (my $end = time + $Sidecar::TIMEOUT; time < $end;)
			{
				my $began = time;
				last if $status->($doomed) != 202;
				$last = $began;
				open my $sign, '>', "$dir/sending-$who";
			}
		}
		open my $out, '>', "$dir/$who" or die $!;
		printf $out '%.6f', $last;
		return close $out;
	},
	'revoker', 1 .. 3);
ok($all, 'three clients send while their key is revoked');
my $revoked = slurp_file("$dir/revoker");
cmp_ok(slurp_file("$dir/$_"), '<', $revoked + 1, "client $_ sent its last accepted request within the second") for 1 .. 3;
is($status->($doomed), 401, 'the key is dead');

# Rotation: both for a while, then the new one alone.
my $new = Sidecar::change_key($node, 'rotate_api_key', 'first', "now() + interval '2 seconds'");
is($status->($new), 202, 'the new key works');
is($status->($key), 202, 'the old one still does');
Sidecar::await(sub { $status->($key) == 401 }, 'the old key ends');
is($status->($new), 202, 'the new one goes on');
my $short = Sidecar::create_key($node, 'short', "expires_at => now() + interval '1 second'");
Sidecar::await(sub { $status->($short) == 401 }, 'a key expires by itself');

# When keys were used.
my $used = sub { $node->safe_psql('postgres', "SELECT $_[0] FROM productgraph.api_keys WHERE label = '$_[1]'") };
$sidecar->stop;
$sidecar = Sidecar->start($node, '--workers', 1)->await_ready;
my $counted = Sidecar::create_key($node, 'counted');
is($used->('last_used_at IS NULL', 'counted'), 't', 'a key that was never used');
$status->($counted);
Sidecar::await(sub { $used->("last_used_at > now() - interval '1 minute'", 'counted') eq 't' }, 'its first use is noted');
my $version = $used->('xmin', 'counted');
$status->($counted) for 1 .. 100;
is($used->('xmin', 'counted'), $version, 'a hundred more uses write nothing');
my $unused = Sidecar::create_key($node, 'unused');
is($used->('last_used_at IS NULL', 'unused'), 't', 'other keys are left alone');

# One of two would be a guess.
my @twice = ('X-PG-API-Key' => $counted, 'X-PG-API-Key' => 'pgk_other');
my $answer = $sidecar->post([ Sidecar::event('twice') ], @twice);
is($answer->{status}, 400, 'two keys in one request');
is(Sidecar::json($answer)->{error}{code}, 'repeated_header', 'its code');
$answer = $sidecar->post([ Sidecar::event('twice') ], 'Authorization' => "Bearer $counted", 'Authorization' => 'Bearer x');
is($answer->{status}, 400, 'two Authorization headers');
done_testing();
