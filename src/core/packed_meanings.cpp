#include "src/core/packed_meanings.hpp"

#include <algorithm>
#include <numeric>

#include "src/core/arena_text.hpp"

namespace productgraph::core {

PackedMeanings::PackedMeanings(std::pmr::memory_resource* memory)
    : memory_(memory),
      texts_(memory),
      meanings_(memory),
      labels_(1, std::string_view(), memory),
      label_numbers_(memory),
      values_(memory) {}

std::uint32_t PackedMeanings::LabelNumber(std::string_view label) {
  const auto known = label_numbers_.find(label);
  if (known != label_numbers_.end()) return known->second;
  const auto number = static_cast<std::uint32_t>(labels_.size());
  labels_.push_back(CopyText(&texts_, label));
  label_numbers_.emplace(labels_.back(), number);
  return number;
}

EventValue PackedMeanings::ValueOf(StepMask mask, const std::string_view* label) {
  const std::uint32_t number = label ? LabelNumber(*label) : 0;
  const auto value = static_cast<EventValue>(meanings_.size());
  const auto [known, is_new] = values_.emplace(std::uint64_t{mask} << 32 | number, value);
  if (is_new) meanings_.push_back({mask, number});
  return known->second;
}

void PackedMeanings::SortLabels() {
  std::pmr::vector<std::uint32_t> order(labels_.size(), memory_);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin() + 1, order.end(),
            [&](std::uint32_t a, std::uint32_t b) { return labels_[a] < labels_[b]; });
  std::pmr::vector<std::uint32_t> number(labels_.size(), memory_);
  std::pmr::vector<std::string_view> sorted(memory_);
  for (std::uint32_t i = 0; i < order.size(); ++i) {
    number[order[i]] = i;
    sorted.push_back(labels_[order[i]]);
  }
  for (EventMeaning& meaning : meanings_) meaning.label = number[meaning.label];
  labels_ = std::move(sorted);
}

}  // namespace productgraph::core
