#include "src/core/session_part.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>

#include "test/unit/core/ingest_rows.hpp"
#include "test/unit/core/random.hpp"

namespace productgraph::core {
namespace {

struct Did {
  std::string session;
  std::string type;
  std::int64_t at;
  std::optional<std::int64_t> sequence;
  std::optional<std::string> user, page, journey, step;
};

IngestRows RowsOf(const std::vector<Did>& events) {
  IngestRows made;
  // The same project looked up twice, with different keys.
  const ProjectLookup* const projects[] = {made.AddProject("shop"), made.AddProject("shop")};
  std::size_t number = 0;
  for (const Did& did : events) {
    Event* const event = made.AddEvent(projects[number++ % 2]);
    made.Put(event, FieldId::kSessionId, did.session);
    made.Put(event, FieldId::kEventType, did.type);
    made.PutInteger(event, FieldId::kEventTimestamp, did.at);
    if (did.sequence) made.PutInteger(event, FieldId::kEventSequence, *did.sequence);
    if (did.user) made.Put(event, FieldId::kUserId, *did.user);
    if (did.page) made.Put(event, FieldId::kPagePath, *did.page);
    if (did.journey) made.Put(event, FieldId::kJourneyId, *did.journey);
    if (did.step) made.Put(event, FieldId::kJourneyStepId, *did.step);
  }
  return made;
}

std::vector<SessionPart> Fold(IngestRows* made) {
  const auto parts = FoldSessions(made->rows(), std::pmr::get_default_resource());
  return {parts.begin(), parts.end()};
}

TEST(SessionPart, TellsWhatHappened) {
  IngestRows made = RowsOf({
      {"s", "page.view", 5, 1, "ann", "/a", {}, {}},
      {"s", "page.view", 9, {}, {}, "/z", {}, {}},
      {"s", "error", 7, {}, "bob", {}, {}, {}},
      {"s", "journey.step", 8, 2, {}, {}, "buy", "cart"},
      {"s", "journey.conversion", 8, {}, {}, {}, {}, {}},
      {"r", "custom", 1, {}, {}, {}, {}, {}},
  });
  const std::vector<SessionPart> parts = Fold(&made);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].session_id, "r");
  EXPECT_EQ(parts[0].events, 1);
  EXPECT_FALSE(parts[0].entry.present || parts[0].journey.present || parts[0].user.present ||
               parts[0].converted);
  const SessionPart& s = parts[1];
  EXPECT_EQ(s.project_id, "shop");
  EXPECT_EQ(s.events, 5);
  EXPECT_EQ(s.pages, 2);
  EXPECT_EQ(s.errors, 1);
  EXPECT_EQ(s.started_at, 5);
  EXPECT_EQ(s.ended_at, 9);
  EXPECT_EQ(s.user.value, "bob");
  EXPECT_EQ(s.user.at, 7);
  EXPECT_EQ(s.entry.value, "/a");
  EXPECT_EQ(s.entry.sequence, 1);
  EXPECT_EQ(s.exit.value, "/z");
  EXPECT_FALSE(s.exit.has_sequence);
  EXPECT_EQ(s.journey.value, "buy");
  EXPECT_EQ(s.journey.second, "cart");
  EXPECT_EQ(s.converted_at, 8);
}

TEST(SessionPart, RowsThatAreNotStoredCountForNothing) {
  IngestRows made = RowsOf({{"s", "page.view", 5, {}, {}, "/a", {}, {}}});
  made.rows()[0].stored = false;
  EXPECT_TRUE(Fold(&made).empty());
}

TEST(SessionPart, TiesGoByTheSequenceAndThenByTheValue) {
  // At one time: no sequence is last; of equal ones the smaller value is first.
  IngestRows made = RowsOf({
      {"s", "page.view", 5, {}, {}, "/a", {}, {}},
      {"s", "page.view", 5, 2, {}, "/c", {}, {}},
      {"s", "page.view", 5, 2, {}, "/b", {}, {}},
      {"s", "page.view", 5, {}, {}, {}, {}, {}},
  });
  const SessionPart part = Fold(&made).at(0);
  EXPECT_EQ(part.entry.value, "/b");
  EXPECT_EQ(part.exit.value, "/a");
  EXPECT_FALSE(part.exit.has_sequence);
}

// Whatever order the events come in, the parts are the same, and in the order of their sessions.
TEST(SessionPart, DoesNotDependOnTheOrder) {
  Random random(41);
  const auto text = [&](const char* letters) -> std::optional<std::string> {
    if (random.OneIn(3)) return std::nullopt;
    return std::string(static_cast<std::size_t>(random.Below(2)), letters[random.Below(2)]);
  };
  const char* const types[] = {"page.view", "error", "journey.step", "journey.conversion", "custom"};
  for (int round = 0; round < 3'000; ++round) {
    std::vector<Did> events;
    for (int i = random.Between(1, 12); i > 0; --i) {
      std::optional<std::int64_t> sequence;
      if (random.OneIn(2)) sequence = random.Below(2);
      events.push_back({std::string(1, static_cast<char>('a' + random.Below(3))), types[random.Below(5)],
                        random.Below(3), sequence, text("uv"), text("pq"), text("jk"), text("st")});
    }
    const auto show = [](const std::vector<SessionPart>& parts) {
      std::string all;
      for (const SessionPart& p : parts) {
        all += std::string(p.session_id) + ' ' + std::to_string(p.started_at) + ' ' +
               std::to_string(p.ended_at) + ' ' + std::to_string(p.events) + ' ' + std::to_string(p.pages) +
               ' ' + std::to_string(p.errors) + ' ' + (p.converted ? std::to_string(p.converted_at) : "-");
        for (const TellingEvent* e : {&p.user, &p.anonymous_user, &p.entry, &p.exit, &p.journey}) {
          all += e->present ? " (" + std::to_string(e->at) + ' ' +
                                  (e->has_sequence ? std::to_string(e->sequence) : "-") + ' ' +
                                  std::string(e->value) + ' ' + std::string(e->second) + ')'
                            : " -";
        }
        all += '\n';
      }
      return all;
    };
    IngestRows made = RowsOf(events);
    const std::vector<SessionPart> parts = Fold(&made);
    ASSERT_TRUE(std::is_sorted(parts.begin(), parts.end(), [](const SessionPart& a, const SessionPart& b) {
      return a.session_id < b.session_id;
    }));
    std::set<std::string_view> sessions;
    for (const SessionPart& part : parts) ASSERT_TRUE(sessions.insert(part.session_id).second);
    const std::string expected = show(parts);
    for (int i = 0; i < 3; ++i) {
      for (std::size_t k = events.size(); k > 1; --k)
        std::swap(events[k - 1], events[static_cast<std::size_t>(random.Below(static_cast<int>(k)))]);
      IngestRows again = RowsOf(events);
      ASSERT_EQ(show(Fold(&again)), expected);
    }
  }
}

}  // namespace
}  // namespace productgraph::core
