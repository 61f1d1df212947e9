// The JSON that answers POST /v1/events.
#pragma once

#include <memory_resource>
#include <string_view>
#include <vector>

#include "src/core/event.hpp"
#include "src/core/event_reader.hpp"

namespace productgraph::core {

struct IngestAnswer;

// {"error":{"code","message","request_id"}}
std::string_view ErrorBody(const RequestError& error, std::string_view request_id,
                           std::pmr::memory_resource* memory);

// {"accepted","rejected","duplicates","errors":[…]} and, when something was stored otherwise than sent,
// "warnings":[…]. Each list entry is {"index","event_id","field","code","error"}; of a rejected event the
// first violation, event_id null when the event has none.
std::string_view AcceptedBody(const std::pmr::vector<Event>& events, const IngestAnswer& answer,
                              std::pmr::memory_resource* memory);

}  // namespace productgraph::core
