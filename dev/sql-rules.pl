#!/usr/bin/env perl
# dev/sql-rules.pl RULE FILE...: prints each place where an SQL file of the extension breaks the rule.
#   conditional  the base script never replaces what it finds, and never tolerates it (bodies of functions may)
#   labels       every function and aggregate states volatility and parallel safety itself
#   symbols      prints the C symbols that functions refer to (no rule, a list)
use strict;
use warnings;

my $rule = shift @ARGV;

sub line_at { my ($text, $offset) = @_; return 1 + (substr($text, 0, $offset) =~ tr/\n//) }

# Comments and the bodies of functions become blanks, so that line numbers stay right.
sub without_bodies {
  my ($text) = @_;
  $text =~ s{(\$(\w*)\$.*?\$\2\$)}{(my $blank = $1) =~ s/[^\n]/ /g; $blank}gse;
  $text =~ s{(--[^\n]*)}{' ' x length $1}ge;
  return $text;
}

for my $file (@ARGV) {
  open my $in, '<', $file or die "$file: $!\n";
  my $text = do { local $/; <$in> };
  if ($rule eq 'symbols') {
    print "$1\n" while $text =~ /'MODULE_PATHNAME'\s*,\s*'(\w+)'/g;
    next;
  }
  my $outside = without_bodies($text);
  if ($rule eq 'conditional') {
    while ($outside =~ /\b(CREATE\s+OR\s+REPLACE|IF\s+NOT\s+EXISTS)\b/gi) {
      print "$file:", line_at($outside, $-[0]), ": $1\n";
    }
  } elsif ($rule eq 'labels') {
    while ($outside =~ /^CREATE (FUNCTION|PROCEDURE|AGGREGATE)\s+(\S+?)\s*\((.*?);/gms) {
      my ($kind, $name, $rest, $line) = ($1, $2, $3, line_at($outside, $-[0]));
      my $has_volatility = $kind ne 'FUNCTION' || $rest =~ /\b(IMMUTABLE|STABLE|VOLATILE)\b/;
      my $has_parallel = $kind eq 'PROCEDURE' || $rest =~ /\bPARALLEL\s*=?\s*(SAFE|RESTRICTED|UNSAFE)\b/i;
      print "$file:$line: $name without volatility\n" unless $has_volatility;
      print "$file:$line: $name without PARALLEL\n" unless $has_parallel;
    }
  } else {
    die "unknown rule $rule\n";
  }
}
