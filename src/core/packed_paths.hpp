// paths(), asked of segments: the edges between the nodes that visits go to, one after the other.
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
struct PackedPathsSpec {
  std::int32_t steps = 1;  // at most so many of a visit
  bool has_start = false;
  bool has_end = false;
  bool by_session = false;  // sessions are the actors
  // Visits are what an actor does without a longer pause than the window, not sessions.
  bool has_gap = false;

  bool backward() const { return has_end && !has_start; }  // steps count from the end, -1 leading to it
};

// Edges as paths() shows them. Backward, node is what they lead to and neighbour where they come from.
struct PathEdge {
  EdgeKey key;
  EdgeSummary summary;
};

// The node of an event is its label; the lowest bit of its mask says that it is the start, the next one that
// it is the end. Memory: as of EdgeVisits, besides the sessions that are kept.
class PackedPaths : public PackedQuestion, private SessionVisitor {
 public:
  static constexpr StepMask kStart = 1, kEnd = 2;

  PackedPaths(const PackedPathsSpec& spec, const QuestionContext& context);

  void Visit(const ActorRows& actor) override;
  void WritePartial(std::pmr::vector<std::uint8_t>* bytes) const override;
  void AddPartial(std::span<const std::uint8_t> bytes) override;
  void Finish() override;

  // Whether the answer may depend on the order of events which is not known. It is not to be used then.
  bool is_ambiguous() const { return is_ambiguous_; }
  // The `most` most frequent edges; the others are added up in the node `other`. In no order.
  std::pmr::vector<PathEdge> Edges(std::size_t most, std::uint32_t other) const;

 private:
  struct Place {
    std::uint32_t node;
    std::uint32_t actor;
    Micros arrived;
  };

  void VisitSession(const SessionRows& session) override;
  template <class Row, class ActorOf>
  void AddVisits(std::span<const Row> rows, bool ambiguous_ties, ActorOf actor_of);
  template <class Row, class ActorOf>
  bool HasTie(std::span<const Row> rows, ActorOf actor_of) const;
  template <class Row, class ActorOf>
  void AddVisit(std::span<const Row> rows, ActorOf actor_of);
  Micros EndOfVisit(Micros last) const;
  void AddEdges();
  void AddEdgesBackward();

  const PackedPathsSpec spec_;
  const QuestionContext context_;
  SessionSplitter splitter_;
  ActorNumbers actors_;
  EdgeVisits visits_;
  bool is_ambiguous_ = false;
  std::pmr::vector<Place> places_;
};

}  // namespace productgraph::core
