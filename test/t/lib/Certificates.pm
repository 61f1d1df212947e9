# Certificates of an authority of our own, made with the openssl command.
package Certificates;

use strict;
use warnings;
use IPC::Run ();
use PostgreSQL::Test::Utils;

my $dir;

sub openssl
{
	my @arguments = @_;
	my ($out, $err) = ('', '');
	IPC::Run::run([ 'openssl', @arguments ], '<', \'', '>', \$out, '2>', \$err) or die "openssl @arguments: $err";
	return $out;
}

# A new authority; the path of its certificate.
sub authority
{
	my ($name) = @_;
	$dir //= PostgreSQL::Test::Utils::tempdir();
	openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
		'-subj', "/CN=$name authority", '-keyout', "$dir/$name.key", '-out', "$dir/$name.crt");
	return "$dir/$name.crt";
}

# A certificate for a host, signed by an authority of that name; the paths of certificate and key.
sub issue
{
	my ($authority, $host, $file) = @_;
	my $path = "$dir/" . ($file // $host);
	openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', "/CN=$host",
		'-keyout', "$path.key", '-out', "$path.csr");
	my $kind = $host =~ /^[\d.]+$/ ? 'IP' : 'DNS';
	append_to_file("$path.ext", "subjectAltName = $kind:$host\n");
	openssl('x509', '-req', '-in', "$path.csr", '-CA', "$dir/$authority.crt", '-CAkey', "$dir/$authority.key",
		'-CAcreateserial', '-days', '2', '-extfile', "$path.ext", '-out', "$path.crt");
	chmod 0600, "$path.key" or die "$path.key: $!";
	return ("$path.crt", "$path.key");
}

1;
