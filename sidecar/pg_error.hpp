#pragma once

#include <string_view>

namespace productgraph::sidecar {

// What a failed ingest statement means for the requests in it. Nothing of it was stored.
enum class SqlFault {
  kRetryNow,     // lost a race with another transaction: the same statement can succeed at once
  kUnavailable,  // the server cannot work now: clients repeat later
  kTooSlow,      // statement_timeout: too much at once, or one request is to blame
  kStoreGone,    // store or rights are not what they were at connect: check them again, clients repeat later
  kRequest,      // one of the requests causes it: find it by running each alone
};

SqlFault ClassifySqlState(std::string_view sqlstate);

}  // namespace productgraph::sidecar
