// Rows of productgraph.packed_weeks: what is packed.
#pragma once

#include "src/pg/segment_store.hpp"

namespace productgraph::pg {

struct WeekState {
  TimestampTz packed_until;
  int64 generation;  // the last that was used
};

// All between EnterStore and LeaveStore only, with the organization entered.

// Lets whoever packs wait for locks of others for no more than 5 seconds each, until LeaveStore.
void BoundWaiting();

// Holds off the deletion of the organization until this transaction has ended, so that it finds our rows too;
// false when it is gone.
bool KeepOrganization(Datum org_id);

// The same for the project; false also when somebody is about to delete it, who is not waited for: they may
// wait for the organization that we keep.
bool TryKeepProject(const ProjectWeek& of);

// Takes the row of a week, there or not, until the end of the transaction. Whoever packs or unpacks a week
// does so first, so that one of the two sees what the other did.
WeekState TakeWeek(const ProjectWeek& of);

// Deletes all that is known of a project, its kinds too.
void ForgetProject(Datum org_id, Datum project_id);

}  // namespace productgraph::pg
