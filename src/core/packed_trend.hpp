// How many events or actors there are in each period, asked of segments.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "src/core/packed_question.hpp"
#include "src/core/period_cursor.hpp"
#include "src/core/session_splitter.hpp"

namespace productgraph::core {

// Trivially copyable. Of a question it is followed by the PeriodStarts.
struct PackedTrendSpec {
  bool unique = false;      // actors, not events
  bool by_session = false;  // sessions are the actors
};

// Every event that has a value counts. Memory: 8 bytes for each period and label, 16 when actors are counted.
class PackedTrend : public PackedQuestion, private SessionVisitor {
 public:
  // Of more periods times labels nothing is counted.
  static constexpr std::size_t kMostCounts = std::size_t{1} << 22;

  // Reads the spec and what follows it. Throws Error(kInvalidParameter) when it is not what it must be.
  PackedTrend(ByteReader spec, const QuestionContext& context);

  void Visit(const ActorRows& actor) override;
  void WritePartial(std::pmr::vector<std::uint8_t>* bytes) const override;
  void AddPartial(std::span<const std::uint8_t> bytes) override;
  void Finish() override { splitter_.Finish(this); }

  bool too_many() const { return counts_.empty(); }
  // By period, from the number least() on, and label.
  const std::pmr::vector<std::uint64_t>& counts() const { return counts_; }
  std::size_t labels() const { return labels_; }
  std::int32_t least() const { return cursor_.least(); }

 private:
  void VisitSession(const SessionRows& session) override;
  template <class Row>
  void CountEvents(std::span<const Row> rows);
  template <class Row>
  void CountActor(std::span<const Row> rows);

  const PackedTrendSpec spec_;
  const QuestionContext context_;
  const std::pmr::vector<PeriodStart> starts_;
  PeriodCursor cursor_;
  SessionSplitter splitter_;
  std::size_t labels_;
  std::pmr::vector<std::uint64_t> counts_;
  std::pmr::vector<std::uint64_t> seen_;  // as counts_: the last actor that was counted
  std::uint64_t actor_ = 0;
};

}  // namespace productgraph::core
