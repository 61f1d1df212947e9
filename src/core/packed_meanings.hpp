// Numbers what events mean to a question.
#pragma once

#include <memory_resource>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "src/core/packed_question.hpp"

namespace productgraph::core {

// Distinct meanings, numbered from 0 as EventValue. Methods throw bad_alloc.
class PackedMeanings {
 public:
  explicit PackedMeanings(std::pmr::memory_resource* memory);

  // The value of the events that meet these conditions and have this label, null for none. The label is
  // copied.
  EventValue ValueOf(StepMask mask, const std::string_view* label);
  // Numbers the labels from 1 in the order of their bytes; to be called once, when all are known.
  void SortLabels();

  const std::pmr::vector<EventMeaning>& all() const { return meanings_; }
  // By number; the first stands for none.
  const std::pmr::vector<std::string_view>& labels() const { return labels_; }

 private:
  std::uint32_t LabelNumber(std::string_view label);

  std::pmr::memory_resource* const memory_;
  std::pmr::monotonic_buffer_resource texts_;
  std::pmr::vector<EventMeaning> meanings_;
  std::pmr::vector<std::string_view> labels_;
  std::pmr::unordered_map<std::string_view, std::uint32_t> label_numbers_;
  std::pmr::unordered_map<std::uint64_t, EventValue> values_;  // by mask and label
};

}  // namespace productgraph::core
