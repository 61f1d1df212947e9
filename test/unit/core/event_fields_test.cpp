#include "src/core/event_fields.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace productgraph::core {
namespace {

TEST(EventFields, EachNameIsFound) {
  for (const FieldSpec& spec : kFields) {
    const std::optional<FieldId> found = FindField(spec.name);
    ASSERT_TRUE(found.has_value()) << spec.name;
    EXPECT_EQ(*found, spec.id) << spec.name;
    EXPECT_EQ(&Describe(*found), &spec);
  }
}

TEST(EventFields, NearMissesAreNot) {
  for (const FieldSpec& spec : kFields) {
    const std::string name(spec.name);
    std::string capital = name;
    capital[0] = static_cast<char>(capital[0] - 'a' + 'A');
    for (const std::string& miss : {name + " ", " " + name, name + '\0', name + ".x", capital,
                                    name.substr(0, name.size() - 1), name + name}) {
      EXPECT_FALSE(FindField(miss).has_value()) << miss;
    }
  }
  for (const std::string_view miss : {"", ".", "event", "product_id", "org_id", "event.id", "session_id",
                                      "timestamp", "gen_ai", "performance", "attributes", "received_at"}) {
    EXPECT_FALSE(FindField(miss).has_value()) << miss;
  }
}

TEST(EventFields, ColumnsAreDistinctIdentifiersOfSql) {
  std::set<std::string_view> columns;
  for (const FieldSpec& spec : kFields) {
    EXPECT_TRUE(columns.insert(spec.column).second) << spec.column;
    EXPECT_EQ(spec.column.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos)
        << spec.column;
    EXPECT_LE(spec.column.size(), 63u);
  }
  EXPECT_EQ(columns.count("org_id"), 0u) << "the tenant is never the client's to name";
}

TEST(EventFields, RequiredOnesComeFirstInTheOrderOfChecking) {
  const std::string_view required[] = {"event_id", "project_id", "session.id", "event.type",
                                       "event.timestamp"};
  for (int i = 0; i < kFieldCount; ++i) {
    ASSERT_EQ(kFields[i].required, i < 5) << kFields[i].name;
    if (i < 5) {
      EXPECT_EQ(kFields[i].name, required[i]);
    }
  }
}

struct LimitCase {
  std::string_view name;
  int limit;
};

// The limits that the protocol states.
TEST(EventFields, LimitsAreThoseOfTheProtocol) {
  const LimitCase cases[] = {
      {"event_id", 255},
      {"session.id", 255},
      {"user.id", 255},
      {"user.anonymous_id", 255},
      {"event.name", 255},
      {"page.path", 1024},
      {"page.title", 255},
      {"page.url", 2048},
      {"page.referrer", 2048},
      {"ui.component.name", 255},
      {"ui.component.path", 1024},
      {"ui.component.type", 100},
      {"ui.action", 100},
      {"ui.element", 255},
      {"ui.element.text", 500},
      {"ui.viewport", 50},
      {"ui.state.key", 255},
      {"ui.state.before", 0},
      {"ui.state.after", 0},
      {"ui.state.change_type", 50},
      {"gen_ai.journey.id", 255},
      {"gen_ai.journey.step.id", 255},
      {"gen_ai.journey.step.name", 255},
      {"gen_ai.journey.conversion.status", 50},
      {"api.method", 10},
      {"api.path", 1024},
      {"error.type", 255},
      {"error.message", 0},
      {"error.stack", 0},
      {"error.component", 255},
      {"snapshot.url", 1024},
      {"snapshot.viewport", 50},
      {"metadata", 0},
  };
  for (const LimitCase& c : cases) {
    const std::optional<FieldId> field = FindField(c.name);
    ASSERT_TRUE(field.has_value()) << c.name;
    EXPECT_EQ(Describe(*field).limit, c.limit) << c.name;
  }
}

TEST(EventFields, TypesAreThoseOfTheProtocol) {
  for (const std::string_view name :
       {"ui.scroll.position", "api.duration_ms", "performance.lcp_ms", "performance.fid_ms",
        "performance.cls", "performance.ttfb_ms", "performance.inp_ms", "duration_ms"}) {
    const std::optional<FieldId> field = FindField(name);
    ASSERT_TRUE(field.has_value()) << name;
    EXPECT_EQ(Describe(*field).type, FieldType::kNumber) << name;
  }
  EXPECT_EQ(Describe(FieldId::kEventSequence).type, FieldType::kInt64);
  EXPECT_EQ(Describe(FieldId::kApiStatusCode).type, FieldType::kInt32);
  EXPECT_EQ(Describe(FieldId::kMetadata).type, FieldType::kObject);
  EXPECT_EQ(SqlTypeName(FieldType::kTimestamp), "timestamp with time zone");
  EXPECT_EQ(SqlTypeName(FieldType::kIdentifier), "text");
  EXPECT_EQ(SqlTypeName(FieldType::kInt64), "bigint");
  EXPECT_EQ(SqlTypeName(FieldType::kInt32), "integer");
  EXPECT_EQ(SqlTypeName(FieldType::kNumber), "double precision");
  EXPECT_EQ(SqlTypeName(FieldType::kObject), "jsonb");
}

}  // namespace
}  // namespace productgraph::core
