// In which periods actors were active, asked of segments.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "src/core/packed_question.hpp"
#include "src/core/period_cursor.hpp"
#include "src/core/session_splitter.hpp"

namespace productgraph::core {

// Trivially copyable. Of a question it is followed by the PeriodStarts.
struct PackedActivitySpec {
  bool by_session = false;  // sessions are the actors
};

// How many actors a period sees, each of whom is counted once.
struct PeriodActivity {
  std::uint64_t active;
  std::uint64_t fresh;         // never active before
  std::uint64_t returning;     // active in the period before too
  std::uint64_t resurrecting;  // active before, but not in the period before
  std::uint64_t leaving;       // active, but not in the next period
  std::uint64_t joining;       // not active before in the longer period around
  // Whose activity before stops to be the latest of the last 7 or 30 periods, for a new one or by age.
  std::uint64_t out_of_7;
  std::uint64_t out_of_30;
};

// Every event that has a value counts.
class PackedActivity : public PackedQuestion, private SessionVisitor {
 public:
  // Reads the spec and what follows it. Throws Error(kInvalidParameter) when it is not what it must be.
  PackedActivity(ByteReader spec, const QuestionContext& context);

  void Visit(const ActorRows& actor) override;
  void WritePartial(std::pmr::vector<std::uint8_t>* bytes) const override;
  void AddPartial(std::span<const std::uint8_t> bytes) override;
  void Finish() override { splitter_.Finish(this); }

  // From the number least() on, all that have anything to say: 30 more than there are numbers.
  const std::pmr::vector<PeriodActivity>& periods() const { return periods_; }
  std::int32_t least() const { return cursor_.least(); }
  // By number of periods, from 0: how many actors were active in so many.
  const std::pmr::vector<std::uint64_t>& actors() const { return actors_; }

 private:
  void VisitSession(const SessionRows& session) override;
  template <class Row>
  void FindPeriods(std::span<const Row> rows);
  void CountPeriods();

  const PackedActivitySpec spec_;
  const std::pmr::vector<PeriodStart> starts_;
  PeriodCursor cursor_;
  SessionSplitter splitter_;
  std::pmr::vector<PeriodActivity> periods_;
  std::pmr::vector<std::uint64_t> actors_;
  std::pmr::vector<PeriodStart> found_;  // of the actor, by number
};

}  // namespace productgraph::core
