#include "src/pg/receipt_floor.hpp"

#include <algorithm>

#include "src/pg/boundary.hpp"
#include "src/pg/packed_week.hpp"
#include "src/pg/store_access.hpp"
#include "src/pg/times.hpp"

namespace productgraph::pg {
namespace {

// As read in this transaction with the events locked. A lock is lost with the subtransaction that took it,
// whose id is not used again.
struct {
  bool is_known;
  SubTransactionId subtransaction;
  TimestampTz floor;
} known;

// Of the sequence, by whoever packs or maintains. Conflicts with itself, and with nothing else that anybody
// does to a sequence.
constexpr LOCKMODE kPackersLock = ShareUpdateExclusiveLock;

// Whether this transaction has begun to pack.
bool packing;

void Forget(XactEvent, void*) {
  packing = false;
  known.is_known = false;
}

// As the owner of the store.
TimestampTz ReadFloor() {
  LOCAL_FCINFO(call, 1);
  InitFunctionCallInfoData(*call, nullptr, 1, InvalidOid, nullptr, nullptr);
  call->args[0].value = ObjectIdGetDatum(StoreTable("receipt_floor"));
  call->args[0].isnull = false;
  const Datum value = pg_sequence_last_value(call);
  return FromUnixMicros(call->isnull ? 0 : DatumGetInt64(value));
}

void RequireNewSnapshots() {
  if (!IsolationUsesXactSnapshot()) return;
  ereport(ERROR, (errcode(ERRCODE_INVALID_TRANSACTION_STATE),
                  errmsg("events can be packed in READ COMMITTED transactions only")));
}

void WaitForWriters() {
  LOCKTAG events;
  SET_LOCKTAG_RELATION(events, MyDatabaseId, StoreTable("events"));
  WaitForLockers(events, ShareLock, false);
}

}  // namespace

void InitializeReceiptFloor() {
  RegisterXactCallback(Forget, nullptr);
}

TimestampTz ReceiptFloor() {
  const SubTransactionId subtransaction = GetCurrentSubTransactionId();
  if (known.is_known && known.subtransaction == subtransaction) return known.floor;
  LockRelationOid(StoreTable("events"), RowExclusiveLock);
  Oid user;
  int security_context;
  GetUserIdAndSecContext(&user, &security_context);
  SetUserIdAndSecContext(StoreOwner(), security_context | SECURITY_LOCAL_USERID_CHANGE);
  known.floor = ReadFloor();
  SetUserIdAndSecContext(user, security_context);
  known.subtransaction = subtransaction;
  known.is_known = true;
  return known.floor;
}

}  // namespace productgraph::pg

using namespace productgraph::pg;

PRODUCTGRAPH_FUNCTION(receipt_floor) {
  static_cast<void>(fcinfo);
  PG_RETURN_TIMESTAMPTZ(ReceiptFloor());
}

PRODUCTGRAPH_FUNCTION(is_packing) {
  static_cast<void>(fcinfo);
  PG_RETURN_BOOL(packing);
}

PRODUCTGRAPH_FUNCTION(begin_maintenance) {
  static_cast<void>(fcinfo);
  PG_RETURN_BOOL(ConditionalLockRelationOid(StoreTable("receipt_floor"), kPackersLock));
}

// Null when another session packs.
PRODUCTGRAPH_FUNCTION(begin_packing) {
  RequireNewSnapshots();
  const StoreAccess access = EnterStore();
  const Oid sequence = StoreTable("receipt_floor");
  const bool is_ours = ConditionalLockRelationOid(sequence, kPackersLock);
  TimestampTz until = 0;
  if (is_ours) {
    packing = true;
    until = std::max(GetCurrentTimestamp(), ReadFloor() + 1);
    DirectFunctionCall2(setval_oid, ObjectIdGetDatum(sequence), Int64GetDatum(ToUnixMicros(until)));
    known.is_known = false;
    BoundWaiting();
    WaitForWriters();
  }
  LeaveStore(access);
  if (!is_ours) PG_RETURN_NULL();
  PG_RETURN_TIMESTAMPTZ(until);
}
