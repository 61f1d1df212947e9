// journey_graph(), asked of segments: the nodes that sessions visit and the edges between them.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "src/core/actor_numbers.hpp"
#include "src/core/edge_visits.hpp"
#include "src/core/packed_question.hpp"
#include "src/core/session_splitter.hpp"

namespace productgraph::core {

// Trivially copyable, so that it can be handed to another process.
struct PackedJourneyGraphSpec {
  bool by_session = false;  // sessions are the actors
};

// A node, or the edge from it to the next one.
struct GraphPart {
  bool is_node;
  std::uint32_t node;
  std::uint32_t next;  // of an edge; 0 where sessions end
  EdgeSummary summary;
  std::uint64_t exits = 0;     // visits that end the session
  std::uint64_t errors = 0;    // events that are errors
  std::uint64_t converts = 0;  // visits at or after whose beginning the session converts
};

// The node of an event is its label; the bits of its mask say what else it is. A visit of a node lasts until
// the next one, and events without a node belong to it. Memory: as of EdgeVisits, besides the sessions that
// are kept.
class PackedJourneyGraph : public PackedQuestion, private SessionVisitor {
 public:
  static constexpr StepMask kConversion = 1, kError = 2, kSnapshot = 4;

  PackedJourneyGraph(const PackedJourneyGraphSpec& spec, const QuestionContext& context);

  void Visit(const ActorRows& actor) override;
  void WritePartial(std::pmr::vector<std::uint8_t>* bytes) const override;
  void AddPartial(std::span<const std::uint8_t> bytes) override;
  void Finish() override;

  // Whether the answer may depend on the order of events which is not known. It is not to be used then.
  bool is_ambiguous() const { return is_ambiguous_; }
  bool has_snapshots() const { return has_snapshots_; }
  // Nodes and edges, in no order.
  std::pmr::vector<GraphPart> Parts() const;

 private:
  struct Counts {
    std::uint64_t errors = 0;
    std::uint64_t converts = 0;
  };
  // The visit of a node that is under way.
  struct NodeVisit {
    std::uint32_t node = 0;
    std::uint32_t actor;
    Micros arrived;
    std::uint64_t errors;
  };

  void VisitSession(const SessionRows& session) override;
  bool HasTie(std::span<const SessionRow> rows) const;
  Micros LastConversion(std::span<const SessionRow> rows);
  void AddVisit(const NodeVisit& visit, std::uint32_t next, Micros duration, Micros converted);

  const QuestionContext context_;
  SessionSplitter splitter_;
  ActorNumbers actors_;
  EdgeVisits visits_;
  std::pmr::vector<Counts> counts_;  // of each edge
  bool is_ambiguous_ = false;
  bool has_snapshots_ = false;
};

}  // namespace productgraph::core
