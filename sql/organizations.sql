-- The current organization: whose rows a session sees.

CREATE FUNCTION set_current_org(org_id uuid, is_local boolean DEFAULT false) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_set_current_org';
COMMENT ON FUNCTION set_current_org(uuid, boolean) IS
'Chooses the organization whose rows this session sees, until the end of the transaction when is_local. '
'A service role may choose any organization, every other role those it is a member of (42501). '
'NULL is an error (22004): use clear_current_org().';

CREATE FUNCTION clear_current_org(is_local boolean DEFAULT false) RETURNS void
LANGUAGE C VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_clear_current_org';
COMMENT ON FUNCTION clear_current_org(boolean) IS
'Leaves the session without an organization, so that it sees no rows; until the end of the transaction when is_local.';

CREATE FUNCTION current_org_id() RETURNS uuid
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'productgraph_current_org_id';
COMMENT ON FUNCTION current_org_id() IS
'The organization that set_current_org() chose, NULL when there is none. Policies compare rows with it.';

CREATE FUNCTION my_organizations() RETURNS TABLE (id uuid, slug text, name text)
LANGUAGE C STABLE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_my_organizations';
COMMENT ON FUNCTION my_organizations() IS
'The organizations that set_current_org() would take from this role, by slug: all for a service role, else those it is a '
'member of.';

CREATE FUNCTION enter_org_to_maintain(org_id uuid) RETURNS void
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'productgraph_enter_org_to_maintain';
COMMENT ON FUNCTION enter_org_to_maintain(uuid) IS
'Part of maintain(), which works in one organization after the other: makes this one the current one until leave_org() or '
'the end of the transaction, for members of productgraph_owner (else 42501), who may choose none with set_current_org().';
