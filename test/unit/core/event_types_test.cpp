#include "src/core/event_types.hpp"

#include <gtest/gtest.h>

#include <string>

namespace productgraph::core {
namespace {

TEST(EventTypes, TheProtocolsTypesAreKnown) {
  const std::string_view types[] = {
      "page.view",    "page.leave",   "ui.click",           "ui.input",          "ui.scroll",
      "ui.focus",     "ui.blur",      "ui.submit",          "state.change",      "api.request",
      "api.response", "journey.step", "journey.conversion", "snapshot.captured", "error",
      "performance",  "custom"};
  EXPECT_EQ(std::size(types), std::size(kEventTypes));
  for (const std::string_view type : types) EXPECT_TRUE(IsKnownEventType(type)) << type;
  for (const std::string_view type :
       {"", "page", "page.view ", "Page.View", "page_view", "pageview", "purchase"}) {
    EXPECT_FALSE(IsKnownEventType(type)) << type;
  }
}

struct NameCase {
  std::string_view event_name;
  std::string_view type;
};

TEST(EventTypes, CustomEventsOfTheBrowserAdapterBecomeWhatTheyMean) {
  const NameCase cases[] = {
      {"state_change", "state.change"},
      {"journey_step_enter", "journey.step"},
      {"journey_step_complete", "journey.step"},
      {"journey_step_abandon", "journey.step"},
      {"journey_conversion", "journey.conversion"},
      {"api_request", "api.request"},
      {"api_response", "api.response"},
      {"page_leave", "page.leave"},
      {"", "custom"},
      {"purchase", "custom"},
      {"State_Change", "custom"},
      {"state.change", "custom"},
      {"page_leave ", "custom"},
      {"page_view", "custom"},
  };
  for (const NameCase& c : cases) {
    EXPECT_EQ(CanonicalEventType("custom", c.event_name), c.type) << c.event_name;
    EXPECT_EQ(CanonicalEventType("ui.click", c.event_name), "ui.click") << "only custom events change";
    EXPECT_EQ(CanonicalEventType("other", c.event_name), "other");
  }
}

struct SuggestionCase {
  std::string_view type;
  std::string_view suggestion;
};

TEST(EventTypes, SuggestsWhatIsNear) {
  const SuggestionCase cases[] = {
      {"page.veiw", "page.view"},
      {"page.viw", "page.view"},
      {"page_view", "page.view"},
      {"page-view", "page.view"},
      {"Page View", "page.view"},
      {"PAGE.VIEW", "page.view"},
      {"pageview", "page.view"},
      {"page.views", "page.view"},
      {"ui.clik", "ui.click"},
      {"click", ""},
      {"ui.clicked", "ui.click"},
      {"api.respnse", "api.response"},
      {"err", "error"},
      {"errors", "error"},
      {"Custom", "custom"},
      {"journey.conversoin", "journey.conversion"},
      {"snapshot_captured", "snapshot.captured"},
      {"purchase", ""},
      {"", ""},
      {"x", ""},
      {"page.viewed!!", ""},
      {"sign_up", ""},
  };
  for (const SuggestionCase& c : cases) EXPECT_EQ(SuggestEventType(c.type), c.suggestion) << c.type;
}

TEST(EventTypes, LongWordsHaveNoSuggestion) {
  for (const std::size_t size : {31u, 32u, 33u, 255u, 100'000u}) {
    EXPECT_EQ(SuggestEventType(std::string(size, 'a')), "") << size;
    EXPECT_EQ(SuggestEventType(std::string(size, '\xE2')), "") << size;
  }
}

TEST(EventTypes, OneWrongLetterIsAlwaysUnderstood) {
  for (const std::string_view known : kEventTypes) {
    for (std::size_t i = 0; i < known.size(); ++i) {
      std::string typo(known);
      typo[i] = '#';
      EXPECT_EQ(SuggestEventType(typo), known) << typo;
      std::string shorter(known);
      shorter.erase(i, 1);
      EXPECT_EQ(SuggestEventType(shorter), known) << shorter;
    }
  }
}

}  // namespace
}  // namespace productgraph::core
