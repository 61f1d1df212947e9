// What comes next after a chain of steps: the kernel and state of sequence_next_node().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "src/core/step_rows.hpp"
#include "src/core/stop_token.hpp"

namespace productgraph::core {

enum class NodeBase : std::uint8_t { kHead, kTail, kFirstMatch, kLastMatch };

struct NextNodeParameters {
  bool forward = true;
  NodeBase base = NodeBase::kHead;
  int steps = 1;  // 1 to kMaxSteps

  bool operator==(const NextNodeParameters&) const = default;
};

// A row with a value. Memory: 32 bytes and the value for each. All of it comes from the given resource and is
// never freed one by one. Methods throw bad_alloc.
class NextNodeState {
 public:
  NextNodeState(const NextNodeParameters& parameters, std::pmr::memory_resource* memory)
      : parameters_(parameters), memory_(memory), rows_(memory) {}

  const NextNodeParameters& parameters() const { return parameters_; }

  // Copies the value. `can_be_base`: whether the base condition holds.
  void Add(Micros ts, std::string_view value, bool can_be_base, StepMask mask);
  // Throws Error(kInvalidParameter) when the parameters differ.
  void Merge(const NextNodeState& other);

  // Rows are ordered by time, ties by value. The base is the first row (head), the last (tail), or the first
  // or last that matches step 1; its base condition must hold. From it on in the direction, the rows must
  // match the steps one after another; the answer is the value of the row after those. Semantics of
  // ClickHouse's sequenceNextNode. Sorts the rows. Throws Error(kStopped).
  std::optional<std::string_view> Find(const StopToken& stop);

  std::size_t SerializedSize() const;
  void Serialize(std::span<std::uint8_t> bytes) const;
  // Makes an empty state that of the bytes. Throws Error(kInvalidParameter) unless Serialize wrote them.
  void Deserialize(std::span<const std::uint8_t> bytes);

 private:
  struct Row {
    Micros ts;
    std::string_view value;
    StepMask mask;
    bool can_be_base;
  };

  void Sort(const StopToken& stop);
  std::ptrdiff_t BaseIndex() const;

  NextNodeParameters parameters_;
  std::pmr::memory_resource* const memory_;
  std::pmr::vector<Row> rows_;
  bool sorted_ = true;
};

}  // namespace productgraph::core
