#include "src/core/packed_paths.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace productgraph::core {
namespace {

// The edges that are shown by themselves: the most frequent ones, then by step and the bytes of their nodes,
// beginnings and ends last.
std::pmr::vector<std::uint32_t> MostFrequent(const EdgeVisits& visits, std::size_t most) {
  const std::pmr::vector<EdgeKey>& keys = visits.edges();
  const std::pmr::vector<std::uint64_t> counts = visits.CountByEdge();
  std::pmr::vector<std::uint32_t> order(keys.size(), keys.get_allocator().resource());
  std::iota(order.begin(), order.end(), 0);
  most = std::min(most, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most), order.end(),
                    [&](std::uint32_t a, std::uint32_t b) {
                      const EdgeKey &left = keys[a], &right = keys[b];
                      // 0 - 1 is more than any other.
                      return std::tuple(counts[b], left.step, left.node, left.neighbour - 1) <
                             std::tuple(counts[a], right.step, right.node, right.neighbour - 1);
                    });
  order.resize(most);
  return order;
}

std::uint64_t Spot(std::int32_t step, std::uint32_t node) {
  return std::uint64_t{static_cast<std::uint32_t>(step)} << 32 | node;
}

}  // namespace

PackedPaths::PackedPaths(const PackedPathsSpec& spec, const QuestionContext& context)
    : spec_(spec),
      context_(context),
      splitter_(context.repeated, context.memory),
      actors_(spec.by_session, context.memory),
      visits_(context.memory),
      places_(context.memory) {}

void PackedPaths::Visit(const ActorRows& actor) {
  actors_.BeginActor();
  if (!spec_.has_gap || spec_.by_session) return splitter_.Split(actor, this);
  AddVisits(actor.rows, actor.ambiguous_ties, [this](const ScanRow&) { return actors_.Current(); });
}

void PackedPaths::VisitSession(const SessionRows& session) {
  actors_.BeginSession(session);
  AddVisits(session.rows, session.ambiguous_ties, [this](const SessionRow& row) { return actors_.Of(row); });
}

// Whether events of one time are at different nodes, or of different actors.
template <class Row, class ActorOf>
bool PackedPaths::HasTie(std::span<const Row> rows, ActorOf actor_of) const {
  const Row* previous = nullptr;
  for (const Row& row : rows) {
    const std::uint32_t node = context_.meanings[row.value].label;
    if (node == 0) continue;
    if (previous && previous->ts == row.ts &&
        (context_.meanings[previous->value].label != node || actor_of(*previous) != actor_of(row)))
      return true;
    previous = &row;
  }
  return false;
}

Micros PackedPaths::EndOfVisit(Micros last) const {
  return context_.calendar_window ? context_.calendar_window->End(last) : AddMicros(last, context_.window);
}

template <class Row, class ActorOf>
void PackedPaths::AddVisits(std::span<const Row> rows, bool ambiguous_ties, ActorOf actor_of) {
  if (ambiguous_ties && !is_ambiguous_) is_ambiguous_ = HasTie(rows, actor_of);
  if (!spec_.has_gap) return AddVisit(rows, actor_of);
  for (std::size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    do {
      ++end;
    } while (end < rows.size() && rows[end].ts <= EndOfVisit(rows[end - 1].ts));
    AddVisit(rows.subspan(begin, end - begin), actor_of);
  }
}

template <class Row, class ActorOf>
void PackedPaths::AddVisit(std::span<const Row> rows, ActorOf actor_of) {
  const std::size_t enough = spec_.has_end ? SIZE_MAX : static_cast<std::size_t>(spec_.steps) + 1;
  bool complete = !spec_.has_end;
  places_.clear();
  for (const Row& row : rows) {
    const EventMeaning& meaning = context_.meanings[row.value];
    if (meaning.label == 0) continue;
    if (places_.empty()) {
      if (spec_.has_start && !(meaning.mask & kStart)) continue;
    } else if (places_.back().node == meaning.label) {
      continue;
    }
    // The first node is not where the visit gets to from there.
    const bool ends = spec_.has_end && (meaning.mask & kEnd) && !(spec_.has_start && places_.empty());
    places_.push_back({meaning.label, actor_of(row), row.ts});
    complete |= ends;
    if (ends || places_.size() == enough) break;
  }
  if (!complete) return;
  if (spec_.backward())
    AddEdgesBackward();
  else
    AddEdges();
}

void PackedPaths::AddEdges() {
  const std::size_t edges =
      std::min(places_.size() - (spec_.has_end ? 1 : 0), static_cast<std::size_t>(spec_.steps));
  for (std::size_t i = 0; i < edges; ++i) {
    const Place& place = places_[i];
    const Place* const next = i + 1 < places_.size() ? &places_[i + 1] : nullptr;
    visits_.Add({static_cast<std::int32_t>(i + 1), place.node, next ? next->node : 0}, place.actor,
                next ? next->arrived - place.arrived : EdgeVisits::kUnknown);
  }
}

void PackedPaths::AddEdgesBackward() {
  const std::size_t edges = std::min(places_.size(), static_cast<std::size_t>(spec_.steps));
  for (std::size_t i = 1; i <= edges; ++i) {
    const Place& place = places_[places_.size() - i];
    const Place* const previous = i < places_.size() ? &places_[places_.size() - i - 1] : nullptr;
    visits_.Add({-static_cast<std::int32_t>(i), place.node, previous ? previous->node : 0}, place.actor,
                previous ? place.arrived - previous->arrived : EdgeVisits::kUnknown);
  }
}

void PackedPaths::WritePartial(std::pmr::vector<std::uint8_t>* bytes) const {
  AppendValue(std::uint8_t{is_ambiguous_}, bytes);
  splitter_.Write(bytes);
  actors_.Write(bytes);
  visits_.Write(bytes);
}

void PackedPaths::AddPartial(std::span<const std::uint8_t> bytes) {
  ByteReader reader(bytes);
  is_ambiguous_ |= reader.Get<std::uint8_t>() != 0;
  splitter_.Read(&reader);
  const std::uint32_t first_actor = actors_.Read(&reader);
  visits_.Read(&reader, first_actor, actors_.count());
  if (reader.left() != 0) ThrowCorruptState();
}

void PackedPaths::Finish() {
  actors_.BeginFinish();
  splitter_.Finish(this);
}

std::pmr::vector<PathEdge> PackedPaths::Edges(std::size_t most, std::uint32_t other) const {
  std::pmr::memory_resource* const memory = context_.memory;
  const std::pmr::vector<EdgeKey>& keys = visits_.edges();
  std::pmr::vector<std::uint8_t> is_frequent(keys.size(), memory);
  std::pmr::vector<std::uint64_t> shown(memory);  // where a frequent edge begins or ends
  for (const std::uint32_t edge : MostFrequent(visits_, most)) {
    const EdgeKey& key = keys[edge];
    is_frequent[edge] = true;
    shown.push_back(Spot(key.step, key.node));
    if (key.neighbour != 0) shown.push_back(Spot(key.step + (spec_.backward() ? -1 : 1), key.neighbour));
  }
  std::sort(shown.begin(), shown.end());
  EdgeNumbers groups(memory);
  std::pmr::vector<std::uint32_t> group_of(memory);
  for (std::size_t edge = 0; edge < keys.size(); ++edge) {
    EdgeKey key = keys[edge];
    if (key.neighbour != 0 && !is_frequent[edge]) key.neighbour = other;
    if (!std::binary_search(shown.begin(), shown.end(), Spot(key.step, key.node))) key.node = other;
    group_of.push_back(groups.NumberOf(key));
  }
  const std::pmr::vector<EdgeSummary> summaries =
      visits_.Summarize(group_of, groups.keys().size(), actors_.count());
  std::pmr::vector<PathEdge> edges(memory);
  for (std::size_t i = 0; i < summaries.size(); ++i) edges.push_back({groups.keys()[i], summaries[i]});
  return edges;
}

}  // namespace productgraph::core
