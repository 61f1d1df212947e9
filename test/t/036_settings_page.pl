# docs/settings.md is what the library and the sidecar say of their settings.
use strict;
use warnings;
use FindBin;
use IPC::Run qw(run);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('settings');
$node->init;
$node->start;
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
$ENV{PGDATABASE} = 'postgres';
my $root = "$FindBin::RealBin/../..";
my ($page, $error);
ok(run([ "$root/dev/settings", $ENV{PRODUCTGRAPH_SIDECAR} ], '>', \$page, '2>', \$error), 'the page can be made') or diag($error);
like($page, qr/^\| `productgraph\.retention_days` \| `0` \| 0 to 36500 \|/m, 'with settings of the library');
like($page, qr/^\| `pool-size` \| `4` \|/m, 'and of the sidecar');
is(slurp_file("$root/docs/settings.md"), $page, 'docs/settings.md is up to date; else: make settings');
done_testing();
