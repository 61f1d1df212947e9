#include "src/core/edge_visits.hpp"

#include <algorithm>

#include "src/core/duration_statistics.hpp"
#include "src/core/packed_question.hpp"

namespace productgraph::core {

std::uint32_t EdgeNumbers::Add(const EdgeKey& key, std::size_t place) {
  keys_.push_back(key);
  const auto number = static_cast<std::uint32_t>(keys_.size());
  places_[place] = number;
  if (keys_.size() * 2 > places_.size()) {
    const std::size_t size = places_.size() * 2;
    places_.assign(size, 0);
    for (std::uint32_t i = 0; i < number; ++i) {
      std::size_t at = Hash(keys_[i]) & (size - 1);
      while (places_[at] != 0) at = (at + 1) & (size - 1);
      places_[at] = i + 1;
    }
  }
  return number - 1;
}

std::pmr::vector<std::uint64_t> EdgeVisits::CountByEdge() const {
  std::pmr::vector<std::uint64_t> counts(edges().size(), visits_.get_allocator());
  for (const EdgeVisit& visit : visits_) ++counts[visit.edge];
  return counts;
}

std::pmr::vector<EdgeSummary> EdgeVisits::Summarize(std::span<const std::uint32_t> group_of,
                                                    std::size_t groups, std::uint32_t actor_count) const {
  std::pmr::memory_resource* const memory = visits_.get_allocator().resource();
  std::pmr::vector<EdgeSummary> summaries(groups, memory);
  for (const EdgeVisit& visit : visits_) ++summaries[group_of[visit.edge]].visits;
  // The visits of each group, one group after the other.
  std::pmr::vector<std::size_t> begins(memory), ends(memory);
  std::size_t begin = 0;
  for (const EdgeSummary& summary : summaries) {
    begins.push_back(begin);
    begin += summary.visits;
  }
  ends = begins;
  std::pmr::vector<Micros> durations(visits_.size(), memory);
  std::pmr::vector<std::uint32_t> actors(visits_.size(), memory);
  for (const EdgeVisit& visit : visits_) {
    const std::size_t at = ends[group_of[visit.edge]]++;
    durations[at] = visit.duration;
    actors[at] = visit.actor;
  }
  std::pmr::vector<std::uint32_t> last_group(actor_count, memory);  // that an actor was seen in, from 1
  for (std::size_t group = 0; group < groups; ++group) {
    EdgeSummary& summary = summaries[group];
    for (std::size_t i = begins[group]; i < ends[group]; ++i) {
      std::uint32_t& seen = last_group[actors[i]];
      summary.actors += seen != group + 1;
      seen = static_cast<std::uint32_t>(group + 1);
    }
    std::span<Micros> known(durations.data() + begins[group], ends[group] - begins[group]);
    const auto unknown = std::remove(known.begin(), known.end(), kUnknown);
    known = known.first(static_cast<std::size_t>(unknown - known.begin()));
    if (known.empty()) continue;
    summary.has_durations = true;
    summary.median = Percentile(known, 0.5);
    summary.average = RoundedAverage(known);
  }
  return summaries;
}

void EdgeVisits::Write(std::pmr::vector<std::uint8_t>* bytes) const {
  AppendValues<EdgeKey>(edges(), bytes);
  AppendValues<EdgeVisit>(visits_, bytes);
}

std::pmr::vector<std::uint32_t> EdgeVisits::Read(ByteReader* reader, std::uint32_t first_actor,
                                                 std::uint32_t actor_count) {
  std::pmr::vector<std::uint32_t> edges(visits_.get_allocator());
  for (auto left = reader->Get<std::uint64_t>(); left > 0; --left)
    edges.push_back(numbers_.NumberOf(reader->Get<EdgeKey>()));
  const auto count = reader->Get<std::uint64_t>();
  if (reader->left() / sizeof(EdgeVisit) < count) ThrowCorruptState();
  visits_.reserve(visits_.size() + count);
  for (std::uint64_t i = 0; i < count; ++i) {
    auto visit = reader->Get<EdgeVisit>();
    if (visit.edge >= edges.size() || visit.actor >= actor_count - first_actor) ThrowCorruptState();
    visits_.push_back({edges[visit.edge], visit.actor + first_actor, visit.duration});
  }
  return edges;
}

}  // namespace productgraph::core
