// The floor of received_at: how packing knows that it has seen every event received before a time.
//
// Segments of a week hold the events with received_at < packed_until, questions read the others as rows. So
// no event may ever be committed with a received_at below a packed_until that is. Nothing less than a
// protocol gives that, since a transaction that is under way may have taken its time long ago, and clocks
// step back:
//
// - Whoever inserts into events first has RowExclusiveLock on it, then reads the floor, the value of the
// sequence
//   productgraph.receipt_floor in microseconds since 1970, and takes no received_at below it.
// - The packer chooses W, not before now and above the floor, and sets the floor to W. Then it waits for the
// transactions that
//   hold such a lock at this moment. Those that come by their lock later read a floor of at least W. So once
//   it has waited, and takes a new snapshot, that has every event with received_at < W that there will ever
//   be.
// - What it packs is committed together with packed_until = W.
//
// It blocks nobody: it takes no lock that conflicts with theirs. Sequences are not transactional, so a packer
// that fails leaves the floor where it was put, which does no harm, and they are written ahead: the floor
// comes before the commit of packed_until in WAL, so neither a crash nor a standby that takes over can have
// the second without the first. A clock that steps back stays without effect until it has caught up with the
// floor.
//
// A reader takes one snapshot for packed_weeks, segments and rows. It sees packed_until = W only if the
// packer was committed before, and then whatever was received before W was as well, and is in segments alone.
//
// A packer under REPEATABLE READ would keep the snapshot from before it waited, so that is refused.
#pragma once

#include "src/pg/compat.hpp"

namespace productgraph::pg {

// Called once when the library is loaded.
void InitializeReceiptFloor();

// What received_at of the events that this transaction is about to insert must not be below. Locks the events
// for writing. The same within a (sub)transaction, unless it packs itself: rows that met it go on to do so.
TimestampTz ReceiptFloor();

}  // namespace productgraph::pg
