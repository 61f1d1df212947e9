// Who comes back, asked of segments.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <unordered_map>
#include <vector>

#include "src/core/packed_question.hpp"
#include "src/core/period_cursor.hpp"
#include "src/core/session_splitter.hpp"

namespace productgraph::core {

// Trivially copyable. Of a question it is followed by the first period of each bracket, ascending
// std::int32_t, and by the PeriodStarts.
struct PackedRetentionSpec {
  Micros since = kMinusInfinity;  // starts lie in [since, until)
  Micros until = kInfinity;
  Micros length = 0;          // of a period that begins with the start; 0 = periods are those of the calendar
  std::int32_t periods = 0;   // returns count in so many; those of unbounded questions later too
  std::int32_t brackets = 0;  // how many
  bool recurring = false;     // the first start in each period, not the first of all
  bool unbounded = false;     // a return counts for the earlier brackets too
  bool by_session = false;    // sessions are the actors
  bool breakdown = false;     // cohorts are told apart by the label of the start
};

// The conditions of EventMeaning::mask are the start and the return.
class PackedRetention : public PackedQuestion, private SessionVisitor {
 public:
  struct Cohort {
    std::int32_t number;  // of the period of its starts
    std::uint32_t label;
    std::uint64_t size;
    std::size_t first;  // of its brackets in returned()
  };

  // Reads the spec and what follows it. Throws Error(kInvalidParameter) when it is not what it must be.
  PackedRetention(ByteReader spec, const QuestionContext& context);

  void Visit(const ActorRows& actor) override;
  void WritePartial(std::pmr::vector<std::uint8_t>* bytes) const override;
  void AddPartial(std::span<const std::uint8_t> bytes) override;
  void Finish() override;

  const std::pmr::vector<Cohort>& cohorts() const { return cohorts_; }
  // For each cohort and bracket: how many returned. When all has been found.
  const std::pmr::vector<std::uint64_t>& returned() const { return returned_; }
  std::span<const std::int32_t> brackets() const { return brackets_; }
  // Whether it was not known which of several starts at one time, of different labels, was the first.
  bool ambiguous() const { return ambiguous_; }

 private:
  enum : StepMask { kStart = 1, kReturn = 2 };

  // The returns of a period of the calendar.
  struct ReturnPeriod {
    std::int32_t number;
    std::int32_t greatest;  // of its number and those of later ones
    Micros last;
  };

  void VisitSession(const SessionRows& session) override;
  template <class Row>
  void VisitRows(std::span<const Row> rows, bool ambiguous_ties);
  template <class Row>
  void AddStart(std::span<const Row> rows, std::size_t start, std::int32_t number, bool ambiguous_ties);
  template <class Row>
  std::uint32_t LabelOf(std::span<const Row> rows, std::size_t start, bool ambiguous_ties);
  template <class Row>
  void FindReturnPeriods(std::span<const Row> rows, std::int64_t last_number);
  void AddCalendarReturns(Micros started_at, std::int32_t number, std::uint64_t* returned);
  template <class Row>
  void AddRollingReturns(std::span<const Row> rows, std::size_t start, std::uint64_t* returned);
  void AddReturn(std::int64_t away, std::uint64_t* returned);
  Cohort& CohortOf(std::int32_t number, std::uint32_t label);

  const PackedRetentionSpec spec_;
  const QuestionContext context_;
  const std::pmr::vector<std::int32_t> brackets_;
  std::pmr::vector<std::int32_t> bracket_of_;  // each period; -1 = none
  const std::pmr::vector<PeriodStart> starts_;
  PeriodCursor cursor_;
  SessionSplitter splitter_;
  std::pmr::vector<StepMask> masks_;  // by value
  std::pmr::vector<Cohort> cohorts_;
  std::pmr::unordered_map<std::uint64_t, std::size_t> cohort_numbers_;  // by number and label
  std::pmr::vector<std::uint64_t> returned_;
  bool ambiguous_ = false;
  // Of the actor.
  std::pmr::vector<ReturnPeriod> return_periods_;
  std::size_t first_return_ = 0;  // those before it ended before the start
  std::uint64_t visit_ = 0;
  std::pmr::vector<std::uint64_t> started_;  // by period: the last visit that started in it
  std::uint64_t start_ = 0;
  std::pmr::vector<std::uint64_t> counted_;  // by bracket: the last start that returned in it
};

}  // namespace productgraph::core
