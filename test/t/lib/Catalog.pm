# What a database says of the extension and of the store: two stores are equal when these texts are.
package Catalog;

use strict;
use warnings;
use Test::More ();

# Each lists one kind of object, a line each. Left out is what major versions of PostgreSQL do not share: the privilege
# MAINTAIN, constraints for NOT NULL, which columns tell, and arrays as members.
my $schema = q{'productgraph'::regnamespace};
my $tables = qq{SELECT * FROM pg_class c WHERE c.relnamespace = $schema AND c.relkind IN ('r', 'p', 'S')};
my $acl = q{(SELECT string_agg(concat_ws(':', CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END, x.privilege_type,
	x.is_grantable), ' ' ORDER BY x.grantee = 0, pg_get_userbyid(x.grantee)::text COLLATE "C", x.privilege_type) FROM aclexplode(%s) x WHERE x.privilege_type <> 'MAINTAIN')};
sub acl { return sprintf $acl, $_[0]; }

my %kinds = (
	functions => qq{SELECT concat_ws('|', p.oid::regprocedure, pg_get_function_arguments(p.oid), pg_get_function_result(p.oid), l.lanname, p.prokind,
			p.provolatile, p.proparallel, p.proisstrict, p.prosecdef, p.procost, p.prorows, p.proconfig, p.probin,
			md5(coalesce(pg_get_function_sqlbody(p.oid), '') || p.prosrc), pg_get_userbyid(p.proowner), ${\ acl('p.proacl')},
			(SELECT concat_ws('|', a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggtransspace)
			 FROM pg_aggregate a WHERE a.aggfnoid = p.oid), md5(obj_description(p.oid, 'pg_proc')))
		FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace = $schema},
	types => qq{SELECT concat_ws('|', t.oid::regtype, t.typtype, t.typinput, t.typlen, ${\ acl('t.typacl')}, obj_description(t.oid, 'pg_type'),
			(SELECT string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum) FROM pg_attribute a
			 WHERE a.attrelid = t.typrelid AND a.attnum > 0))
		FROM pg_type t WHERE t.typnamespace = $schema AND t.typtype <> 'c' OR t.typrelid IN
			(SELECT oid FROM pg_class WHERE relnamespace = $schema AND relkind = 'c')},
	casts => qq{SELECT concat_ws('|', castsource::regtype, casttarget::regtype, castfunc::regprocedure, castcontext, castmethod) FROM pg_cast
		WHERE castsource::regtype::text ~ 'productgraph' OR casttarget::regtype::text ~ 'productgraph'},
	members => q{SELECT pg_describe_object(d.classid, d.objid, d.objsubid) FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
		WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'productgraph'
			AND NOT EXISTS (SELECT FROM pg_type t WHERE d.classid = 'pg_type'::regclass AND t.oid = d.objid AND t.typcategory = 'A')},
	'privileges of the extension' => qq{SELECT pg_describe_object(i.classoid, i.objoid, i.objsubid) || ' ' || ${\ acl('i.initprivs')}
		FROM pg_init_privs i WHERE i.privtype = 'e'},
	tables => qq{SELECT concat_ws('|', c.relname, c.relkind, c.relpersistence, pg_get_userbyid(c.relowner), c.reloptions, c.relrowsecurity,
			c.relforcerowsecurity, c.relreplident, pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid), ${\ acl('c.relacl')},
			obj_description(c.oid, 'pg_class')) FROM ($tables) c},
	columns => qq{SELECT concat_ws('|', c.relname, row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum), a.attname,
			format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, a.attgenerated, a.attstorage, a.attcompression,
			pg_get_expr(d.adbin, d.adrelid), ${\ acl('a.attacl')}, col_description(c.oid, a.attnum))
		FROM ($tables) c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum},
	constraints => qq{SELECT concat_ws('|', c.relname, k.conname, k.contype, k.convalidated, pg_get_constraintdef(k.oid))
		FROM ($tables) c JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype <> 'n'},
	indexes => qq{SELECT concat_ws('|', c.relname, pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisclustered,
			(SELECT h.inhparent::regclass FROM pg_inherits h WHERE h.inhrelid = i.indexrelid)) FROM ($tables) c JOIN pg_index i ON i.indrelid = c.oid},
	policies => q{SELECT concat_ws('|', tablename, policyname, permissive, roles, cmd, qual, with_check) FROM pg_policies WHERE schemaname = 'productgraph'},
	triggers => qq{SELECT concat_ws('|', c.relname, pg_get_triggerdef(t.oid), t.tgenabled) FROM ($tables) c JOIN pg_trigger t ON t.tgrelid = c.oid
		WHERE NOT t.tgisinternal},
	schema => qq{SELECT concat_ws('|', nspname, pg_get_userbyid(nspowner), ${\ acl('nspacl')}, obj_description(oid, 'pg_namespace')) FROM pg_namespace
		WHERE oid = $schema},
	sequences => q{SELECT concat_ws('|', sequencename, data_type, start_value, increment_by, cache_size) FROM pg_sequences WHERE schemaname = 'productgraph'},
);

# A hash: of each kind its lines, in order.
sub read_all
{
	my ($node, $database) = @_;
	my %lines = map { $_ => '' } keys %kinds;
	my $all = join ' UNION ALL ', map { "SELECT '$_', line FROM ($kinds{$_}) v(line)" } keys %kinds;
	for (split /\n(?=@)/, $node->safe_psql($database, qq{SET search_path = pg_catalog;
		SELECT format('@%s:%s', kind, line) FROM ($all) a(kind, line) ORDER BY kind, line COLLATE "C"}))
	{
		/^@([^:]*):(.*)$/s and $lines{$1} .= "$2\n";
	}
	die 'nothing is listed of ' . join ', ', grep { $lines{$_} eq '' } keys %lines if grep { $_ eq '' } values %lines;
	return %lines;
}

# Claims that a database has the same of each kind, or of those that are named.
sub is_same
{
	my ($node, $database, $expected, $name, @named) = @_;
	my %got = read_all($node, $database);
	Test::More::is($got{$_}, $expected->{$_}, "$name: the same $_") for @named ? @named : sort keys %kinds;
	return;
}

1;
