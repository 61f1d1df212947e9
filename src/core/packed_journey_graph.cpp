#include "src/core/packed_journey_graph.hpp"

#include <algorithm>
#include <numeric>

namespace productgraph::core {

PackedJourneyGraph::PackedJourneyGraph(const PackedJourneyGraphSpec& spec, const QuestionContext& context)
    : context_(context),
      splitter_(context.repeated, context.memory),
      actors_(spec.by_session, context.memory),
      visits_(context.memory),
      counts_(context.memory) {}

void PackedJourneyGraph::Visit(const ActorRows& actor) {
  actors_.BeginActor();
  splitter_.Split(actor, this);
}

// Whether events of one time, of those that count where they are, differ.
bool PackedJourneyGraph::HasTie(std::span<const SessionRow> rows) const {
  const SessionRow* previous = nullptr;
  for (const SessionRow& row : rows) {
    const EventMeaning& meaning = context_.meanings[row.value];
    if (meaning.label == 0 && !(meaning.mask & kError)) continue;
    if (previous && previous->ts == row.ts) {
      const EventMeaning& other = context_.meanings[previous->value];
      if (other.label != meaning.label || ((other.mask ^ meaning.mask) & kError) ||
          previous->actor != row.actor)
        return true;
    }
    previous = &row;
  }
  return false;
}

// When the session converted for the last time; before all times if never.
Micros PackedJourneyGraph::LastConversion(std::span<const SessionRow> rows) {
  Micros last = kMinusInfinity;
  StepMask seen = 0;
  for (const SessionRow& row : rows) {
    const StepMask mask = context_.meanings[row.value].mask;
    seen |= mask;
    if (mask & kConversion) last = row.ts;
  }
  has_snapshots_ |= (seen & kSnapshot) != 0;
  return last;
}

void PackedJourneyGraph::VisitSession(const SessionRows& session) {
  actors_.BeginSession(session);
  if (session.ambiguous_ties && !is_ambiguous_) is_ambiguous_ = HasTie(session.rows);
  const Micros converted = LastConversion(session.rows);
  NodeVisit visit;
  for (const SessionRow& row : session.rows) {
    const EventMeaning& meaning = context_.meanings[row.value];
    if (meaning.label != 0 && meaning.label != visit.node) {
      if (visit.node != 0) AddVisit(visit, meaning.label, row.ts - visit.arrived, converted);
      visit = {meaning.label, actors_.Of(row), row.ts, 0};
    }
    visit.errors += (meaning.mask & kError) != 0;
  }
  if (visit.node == 0) return;
  const Micros stayed = session.rows.back().ts - visit.arrived;
  AddVisit(visit, 0, stayed > 0 ? stayed : EdgeVisits::kUnknown, converted);
}

void PackedJourneyGraph::AddVisit(const NodeVisit& visit, std::uint32_t next, Micros duration,
                                  Micros converted) {
  const std::uint32_t edge = visits_.Add({0, visit.node, next}, visit.actor, duration);
  if (counts_.size() <= edge) counts_.resize(edge + 1);
  counts_[edge].errors += visit.errors;
  counts_[edge].converts += converted >= visit.arrived;
}

void PackedJourneyGraph::WritePartial(std::pmr::vector<std::uint8_t>* bytes) const {
  AppendValue(std::uint8_t{is_ambiguous_}, bytes);
  AppendValue(std::uint8_t{has_snapshots_}, bytes);
  splitter_.Write(bytes);
  actors_.Write(bytes);
  visits_.Write(bytes);
  for (const Counts& counts : counts_) AppendValue(counts, bytes);
}

void PackedJourneyGraph::AddPartial(std::span<const std::uint8_t> bytes) {
  ByteReader reader(bytes);
  is_ambiguous_ |= reader.Get<std::uint8_t>() != 0;
  has_snapshots_ |= reader.Get<std::uint8_t>() != 0;
  splitter_.Read(&reader);
  const std::uint32_t first_actor = actors_.Read(&reader);
  const std::pmr::vector<std::uint32_t> edges = visits_.Read(&reader, first_actor, actors_.count());
  counts_.resize(visits_.edges().size());
  for (const std::uint32_t edge : edges) {
    const auto counts = reader.Get<Counts>();
    counts_[edge].errors += counts.errors;
    counts_[edge].converts += counts.converts;
  }
  if (reader.left() != 0) ThrowCorruptState();
}

void PackedJourneyGraph::Finish() {
  actors_.BeginFinish();
  splitter_.Finish(this);
}

std::pmr::vector<GraphPart> PackedJourneyGraph::Parts() const {
  std::pmr::memory_resource* const memory = context_.memory;
  const std::pmr::vector<EdgeKey>& keys = visits_.edges();
  EdgeNumbers nodes(memory);
  std::pmr::vector<std::uint32_t> node_of(memory), edge_of(keys.size(), memory);
  for (const EdgeKey& key : keys) node_of.push_back(nodes.NumberOf({0, key.node, 0}));
  std::iota(edge_of.begin(), edge_of.end(), 0);
  const auto of_nodes = visits_.Summarize(node_of, nodes.keys().size(), actors_.count());
  const auto of_edges = visits_.Summarize(edge_of, keys.size(), actors_.count());
  std::pmr::vector<GraphPart> parts(memory);
  for (std::size_t i = 0; i < of_nodes.size(); ++i)
    parts.push_back({true, nodes.keys()[i].node, 0, of_nodes[i]});
  for (std::size_t i = 0; i < of_edges.size(); ++i) {
    GraphPart edge{false, keys[i].node, keys[i].neighbour, of_edges[i]};
    edge.exits = edge.next == 0 ? edge.summary.visits : 0;
    edge.errors = counts_[i].errors;
    edge.converts = counts_[i].converts;
    GraphPart& node = parts[node_of[i]];
    node.exits += edge.exits;
    node.errors += edge.errors;
    node.converts += edge.converts;
    parts.push_back(edge);
  }
  return parts;
}

}  // namespace productgraph::core
