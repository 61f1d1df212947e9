// An event before it is tracked.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "productgraph/export.hpp"
#include "productgraph/value.hpp"

namespace productgraph {

// Fields by the names of the protocol ("page.path"); each is there once. The client adds what is missing of
// event_id, project_id, session.id, event.timestamp, user.id and request.id. Like a std::string it throws
// nothing but std::bad_alloc, and is not to be changed by two threads at once.
class PRODUCTGRAPH_API Event {
 public:
  using Fields = std::vector<std::pair<std::string, Value>>;

  // One of the protocol's types, such as "page.view". Others are rejected by the server.
  explicit Event(std::string_view type);

  static Event PageView(std::string_view path);
  static Event Custom(std::string_view name);
  static Event Error(std::string_view type, std::string_view message, std::string_view component = {});
  static Event StateChange(std::string_view key, Value before, Value after);
  static Event JourneyStep(std::string_view journey_id, std::string_view step_id,
                           std::string_view step_name = {});
  // status such as "converted" or "abandoned".
  static Event JourneyConversion(std::string_view journey_id, std::string_view status);
  static Event ApiResponse(std::string_view method, std::string_view path, int status,
                           std::chrono::duration<double, std::milli> duration);

  // Sets or replaces a field.
  Event& Set(std::string_view field, Value value);
  // Sets or replaces a member of the field "metadata".
  Event& Metadata(std::string_view key, Value value);
  Event& Session(std::string_view id) { return Set("session.id", id); }
  Event& User(std::string_view id) { return Set("user.id", id); }
  Event& Journey(std::string_view journey_id, std::string_view step_id);
  // When it happened, if that is not when it is tracked.
  Event& At(std::chrono::system_clock::time_point time);

  void Remove(std::string_view field);
  // nullptr when there is no such field.
  const Value* Find(std::string_view field) const;
  const Fields& fields() const { return fields_; }
  Fields& fields() { return fields_; }

 private:
  Fields fields_;
};

}  // namespace productgraph
