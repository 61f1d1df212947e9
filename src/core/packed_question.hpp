// Questions that are answered by walking over segments: each process that takes part has one of its own, and
// what they found is added up.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "src/core/segment_scan.hpp"

namespace productgraph::core {

// A window of days or months, whose length depends on when it opens.
class CalendarWindow {
 public:
  virtual ~CalendarWindow() = default;
  // The end of the window that opens at a time.
  virtual Micros End(Micros ts) = 0;
};

// What all questions are told.
struct QuestionContext {
  std::span<const EventMeaning> meanings;  // by EventValue
  MarkedSessions repeated;  // at least the sessions with events of several actors, or in several segments
  Micros window;            // of the question, if it has one
  CalendarWindow* calendar_window;  // instead, when its length depends on the calendar; else null
  std::pmr::memory_resource* memory;
  StopToken stop;
};

class PackedQuestion : public ActorVisitor {
 public:
  // What has been found so far, as bytes for AddPartial of another process's question.
  virtual void WritePartial(std::pmr::vector<std::uint8_t>* bytes) const = 0;
  // Throws Error(kInvalidParameter) when they are not of such a question.
  virtual void AddPartial(std::span<const std::uint8_t> bytes) = 0;
  // Called once, when all partials have been added.
  virtual void Finish() {}
};

// Bytes that grow, for WritePartial; read by ByteReader.
template <class T>
void AppendValue(const T& value, std::pmr::vector<std::uint8_t>* bytes) {
  static_assert(std::is_trivially_copyable_v<T>);
  const auto* const first = reinterpret_cast<const std::uint8_t*>(&value);
  bytes->insert(bytes->end(), first, first + sizeof(value));
}

// How many values, and then each.
template <class T>
void AppendValues(std::span<const T> values, std::pmr::vector<std::uint8_t>* bytes) {
  static_assert(std::is_trivially_copyable_v<T>);
  AppendValue(static_cast<std::uint64_t>(values.size()), bytes);
  const auto* const first = reinterpret_cast<const std::uint8_t*>(values.data());
  bytes->insert(bytes->end(), first, first + values.size() * sizeof(T));
}

}  // namespace productgraph::core
