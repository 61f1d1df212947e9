#include "productgraph/event.hpp"

#include <algorithm>

#include "json_text.hpp"

namespace productgraph {
namespace {

template <class Members>
auto FindMember(Members& members, std::string_view name) {
  return std::find_if(members.begin(), members.end(),
                      [&](const auto& member) { return member.first == name; });
}

template <class Members>
void SetMember(Members* members, std::string_view name, Value value) {
  if (const auto found = FindMember(*members, name); found != members->end()) {
    found->second = std::move(value);
  } else {
    members->emplace_back(std::string(name), std::move(value));
  }
}

constexpr std::string_view kMetadata = "metadata";

}  // namespace

Event::Event(std::string_view type) {
  fields_.reserve(8);
  Set("event.type", type);
}

Event Event::PageView(std::string_view path) {
  return std::move(Event("page.view").Set("page.path", path));
}

Event Event::Custom(std::string_view name) {
  return std::move(Event("custom").Set("event.name", name));
}

Event Event::Error(std::string_view type, std::string_view message, std::string_view component) {
  Event event("error");
  event.Set("error.type", type).Set("error.message", message);
  if (!component.empty()) event.Set("error.component", component);
  return event;
}

Event Event::StateChange(std::string_view key, Value before, Value after) {
  Event event("state.change");
  event.Set("ui.state.key", key)
      .Set("ui.state.before", std::move(before))
      .Set("ui.state.after", std::move(after));
  return event;
}

Event Event::JourneyStep(std::string_view journey_id, std::string_view step_id, std::string_view step_name) {
  Event event("journey.step");
  event.Journey(journey_id, step_id);
  if (!step_name.empty()) event.Set("gen_ai.journey.step.name", step_name);
  return event;
}

Event Event::JourneyConversion(std::string_view journey_id, std::string_view status) {
  Event event("journey.conversion");
  event.Set("gen_ai.journey.id", journey_id).Set("gen_ai.journey.conversion.status", status);
  return event;
}

Event Event::ApiResponse(std::string_view method, std::string_view path, int status,
                         std::chrono::duration<double, std::milli> duration) {
  Event event("api.response");
  event.Set("api.method", method).Set("api.path", path).Set("api.status_code", status);
  event.Set("api.duration_ms", duration.count());
  return event;
}

Event& Event::Set(std::string_view field, Value value) {
  SetMember(&fields_, field, std::move(value));
  return *this;
}

Event& Event::Metadata(std::string_view key, Value value) {
  auto found = FindMember(fields_, kMetadata);
  if (found == fields_.end()) found = fields_.emplace(found, std::string(kMetadata), Value::Object());
  Value::Object* members = found->second.members();
  if (members == nullptr) {
    found->second = Value::Object();
    members = found->second.members();
  }
  SetMember(members, key, std::move(value));
  return *this;
}

Event& Event::Journey(std::string_view journey_id, std::string_view step_id) {
  return Set("gen_ai.journey.id", journey_id).Set("gen_ai.journey.step.id", step_id);
}

Event& Event::At(std::chrono::system_clock::time_point time) {
  std::string text;
  AppendTime(time, &text);
  return Set("event.timestamp", std::move(text));
}

void Event::Remove(std::string_view field) {
  if (const auto found = FindMember(fields_, field); found != fields_.end()) fields_.erase(found);
}

const Value* Event::Find(std::string_view field) const {
  const auto found = FindMember(fields_, field);
  return found == fields_.end() ? nullptr : &found->second;
}

}  // namespace productgraph
