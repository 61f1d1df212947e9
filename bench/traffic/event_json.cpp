#include "bench/traffic/event_json.hpp"

#include <charconv>

#include "bench/traffic/calendar.hpp"

namespace productgraph::bench {
namespace {

constexpr std::string_view kTypeNames[] = {
    "page.view",    "page.leave",   "ui.click",           "ui.input",          "ui.scroll",
    "ui.focus",     "ui.blur",      "ui.submit",          "state.change",      "api.request",
    "api.response", "journey.step", "journey.conversion", "snapshot.captured", "error",
    "performance",  "custom"};
static_assert(std::size(kTypeNames) == kEventTypes);

constexpr std::string_view kShopUrl = "https://shop.example";
constexpr char kHex[] = "0123456789abcdef";

void AppendNumber(std::uint64_t value, std::string* out, int base = 10) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value, base).ptr;
  out->append(digits, end);
}

// 1234567 with 3 decimals: 1234.567
void AppendFixed(std::uint64_t value, int decimals, std::string* out) {
  std::uint64_t scale = 1;
  for (int i = 0; i < decimals; ++i) scale *= 10;
  AppendNumber(value / scale, out);
  out->push_back('.');
  for (std::uint64_t rest = value % scale; scale > 1; rest %= scale) {
    scale /= 10;
    out->push_back(static_cast<char>('0' + rest / scale));
  }
}

void AppendHex(std::uint64_t value, int digits, std::string* out) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) out->push_back(kHex[value >> shift & 15]);
}

// The text of a UUID of a version; the digit of the version takes the place of one of high's.
void AppendUuid(char version, std::uint64_t high, std::uint64_t low, std::string* out) {
  AppendHex(high >> 32, 8, out);
  out->push_back('-');
  AppendHex(high >> 16, 4, out);
  out->push_back('-');
  out->push_back(version);
  AppendHex(high, 3, out);
  out->push_back('-');
  out->push_back("89ab"[low >> 62]);
  AppendHex(low >> 48, 3, out);
  out->push_back('-');
  AppendHex(low, 12, out);
}

// Names are written with their leading comma and quotes: Text(R"(,"page.path":)", path).
class Members {
 public:
  explicit Members(std::string* out) : out_(*out) {}

  void Text(std::string_view name, std::string_view value) { TextOf(name, value, {}); }
  // Two parts of one text, to save the caller a string.
  void TextOf(std::string_view name, std::string_view value, std::string_view rest) {
    out_.append(name).push_back('"');
    out_.append(value).append(rest).push_back('"');
  }
  void Number(std::string_view name, std::uint64_t value) {
    out_.append(name);
    AppendNumber(value, &out_);
  }
  void Fixed(std::string_view name, std::uint64_t value, int decimals) {
    out_.append(name);
    AppendFixed(value, decimals, &out_);
  }

 private:
  std::string& out_;
};

const Product* ProductOf(const Event& event) {
  return event.product == kNoProduct ? nullptr : &Products()[event.product];
}

std::string_view Slug(const Event& event) {
  const Product* product = ProductOf(event);
  return product ? product->slug : std::string_view();
}

void AppendPage(const Event& event, const Visitor& visitor, std::string* out) {
  const PageInfo& page = Info(event.page);
  Members members(out);
  members.TextOf(R"(,"page.path":)", page.path, Slug(event));
  if (event.type != EventType::kPageView) return;
  const Product* product = ProductOf(event);
  members.Text(R"(,"page.title":)", product ? product->title : page.title);
  out->append(R"(,"page.url":")").append(kShopUrl).append(page.path).append(Slug(event)).push_back('"');
  if (event.sequence == 1) {
    if (!visitor.channel->referrer.empty()) members.Text(R"(,"page.referrer":)", visitor.channel->referrer);
  } else {
    members.TextOf(R"(,"page.referrer":)", kShopUrl, "/");
  }
  members.Text(R"(,"ui.component.name":)", page.component);
  members.Text(R"(,"ui.viewport":)", visitor.viewport);
}

void AppendControl(const Event& event, std::string* out) {
  const ControlInfo& control = Info(static_cast<Control>(event.subject));
  Members members(out);
  members.Text(R"(,"ui.component.name":)", control.component);
  members.Text(R"(,"ui.component.path":)", control.component_path);
  members.Text(R"(,"ui.component.type":)", control.component_type);
  const bool is_focus = event.type == EventType::kFocus || event.type == EventType::kBlur;
  members.Text(R"(,"ui.action":)", is_focus ? Name(event.type).substr(3) : control.action);
  members.Text(R"(,"ui.element":)", control.element);
  const Product* product = ProductOf(event);
  if (!control.text.empty()) {
    members.Text(R"(,"ui.element.text":)", control.text);
  } else if (product && static_cast<Control>(event.subject) == Control::kProductCard) {
    members.Text(R"(,"ui.element.text":)", product->title);
  }
}

// The values before and after are JSON texts, hence the escaped quotes.
void AppendStateChange(const Event& event, std::string* out) {
  if (static_cast<StateKey>(event.subject) == StateKey::kSignedIn) {
    out->append(R"(,"ui.state.key":"session","ui.state.before":"{\"signed_in\":false}",)"
                R"("ui.state.after":"{\"signed_in\":true}","ui.state.change_type":"replace")");
    return;
  }
  out->append(R"(,"ui.state.key":"cart","ui.state.before":"{\"items\":)");
  AppendNumber(event.before, out);
  out->append(R"(}","ui.state.after":"{\"items\":)");
  AppendNumber(event.amount, out);
  out->append(R"(}","ui.state.change_type":)");
  out->append(event.amount > event.before ? "\"add\"" : event.amount == 0 ? "\"reset\"" : "\"remove\"");
}

void AppendCall(const Event& event, std::string* out) {
  const RouteInfo& route = Info(static_cast<Route>(event.subject));
  Members members(out);
  members.Text(R"(,"api.method":)", route.method);
  members.Text(R"(,"api.path":)", route.path);
  if (event.type != EventType::kApiResponse) return;
  members.Number(R"(,"api.status_code":)", event.status);
  members.Fixed(R"(,"api.duration_ms":)", event.duration_us, 3);
}

void AppendJourney(const Event& event, std::string* out) {
  const JourneyStepInfo& step = Info(static_cast<JourneyStep>(event.subject));
  Members members(out);
  members.Text(R"(,"gen_ai.journey.id":)", kJourneyId);
  members.Text(R"(,"gen_ai.journey.step.id":)", step.id);
  members.Text(R"(,"gen_ai.journey.step.name":)", step.name);
  if (event.type == EventType::kJourneyConversion) {
    members.Text(R"(,"gen_ai.journey.conversion.status":)", "completed");
  }
}

void AppendError(const Event& event, std::string* out) {
  const FailureInfo& failure = Info(static_cast<Failure>(event.subject));
  Members members(out);
  members.Text(R"(,"error.type":)", failure.type);
  members.Text(R"(,"error.message":)", failure.message);
  members.Text(R"(,"error.stack":)", failure.stack);
  members.Text(R"(,"error.component":)", failure.component);
}

// The largest paint was measured; the other vitals follow from it and from the event's own numbers.
void AppendVitals(const Event& event, std::uint64_t key, std::string* out) {
  Random random(key);
  const std::uint64_t paint = event.duration_us;
  const auto input_delay = static_cast<std::uint64_t>(random.Tailed(4000, 180000));
  Members members(out);
  members.Fixed(R"(,"performance.lcp_ms":)", paint / 100, 1);
  members.Fixed(R"(,"performance.ttfb_ms":)",
                paint * static_cast<std::uint64_t>(random.Between(15, 40)) / 10000, 1);
  members.Fixed(R"(,"performance.fid_ms":)", input_delay / 100, 1);
  members.Fixed(R"(,"performance.inp_ms":)", (input_delay + paint / 20) / 100, 1);
  members.Fixed(R"(,"performance.cls":)", static_cast<std::uint64_t>(random.Tailed(0, 450)), 3);
}

void AppendCustom(const Event& event, const Visitor& visitor, std::string* out) {
  Members members(out);
  switch (static_cast<Custom>(event.subject)) {
    case Custom::kSearch:
      return members.Text(R"(,"event.name":)", "search");
    case Custom::kNewsletterSignup:
      return members.Text(R"(,"event.name":)", "newsletter_signup");
    case Custom::kExperimentExposure:
      members.Text(R"(,"event.name":)", "experiment_exposure");
      members.Text(R"(,"feature.variant":)", visitor.variant);  // no field of ours: lands in attributes
  }
}

void AppendBody(const Event& event, const Visitor& visitor, std::uint64_t key, std::string* out) {
  Members members(out);
  switch (event.type) {
    case EventType::kPageLeave:
      return members.Number(R"(,"duration_ms":)", event.duration_us / 1000);
    case EventType::kScroll:
      return members.Fixed(R"(,"ui.scroll.position":)", event.amount, 1);
    case EventType::kClick:
    case EventType::kInput:
    case EventType::kFocus:
    case EventType::kBlur:
    case EventType::kSubmit:
      return AppendControl(event, out);
    case EventType::kStateChange:
      return AppendStateChange(event, out);
    case EventType::kApiRequest:
    case EventType::kApiResponse:
      return AppendCall(event, out);
    case EventType::kJourneyStep:
    case EventType::kJourneyConversion:
      return AppendJourney(event, out);
    case EventType::kSnapshot:
      out->append(R"(,"snapshot.url":"https://snapshots.example/)");
      AppendHex(key, 16, out);
      out->append(".png\"");
      return members.Text(R"(,"snapshot.viewport":)", visitor.viewport);
    case EventType::kError:
      return AppendError(event, out);
    case EventType::kPerformance:
      return AppendVitals(event, key, out);
    case EventType::kCustom:
      return AppendCustom(event, visitor, out);
    default:
      return;
  }
}

// What this event adds to the members that all events of the session have.
void AppendMetadata(const Event& event, std::uint64_t key, std::string* out) {
  Members members(out);
  if (event.type == EventType::kJourneyConversion) {
    members.Fixed(R"(,"revenue":)", event.amount, 2);
    members.Text(R"(,"currency":)", "EUR");
    out->append(R"(,"order_id":"order-)");
    AppendHex(key >> 40, 6, out);
    out->push_back('"');
  } else if (event.type == EventType::kCustom && static_cast<Custom>(event.subject) == Custom::kSearch) {
    members.Text(R"(,"query":)", Products()[key % Products().size()].slug);
  }
  const Product* product = ProductOf(event);
  if (!product || (event.type != EventType::kPageView && event.type != EventType::kClick)) return;
  members.Text(R"(,"product":)", product->slug);
  members.Text(R"(,"category":)", product->category);
  members.Fixed(R"(,"price":)", product->price_cents, 2);
  if (event.amount > 0) members.Number(R"(,"quantity":)", event.amount);
}

}  // namespace

std::string_view Name(EventType type) {
  return kTypeNames[static_cast<std::size_t>(type)];
}

void SessionJson::Begin(std::string_view project, const Visitor& visitor, std::uint64_t key,
                        std::int64_t start, EventIds ids) {
  key_ = key;
  ids_ = ids;
  visitor_ = visitor;
  head_.assign(R"(","project_id":")").append(project).append(R"(","session.id":"sess-)");
  AppendNumber(static_cast<std::uint64_t>(start), &head_, 36);
  head_.push_back('-');
  AppendHex(key, 8, &head_);

  anonymous_.assign(R"(,"user.anonymous_id":"anon-)");
  AppendHex(visitor.key, 16, &anonymous_);
  anonymous_.push_back('"');
  identified_.assign(anonymous_).append(R"(,"user.id":"user-)");
  AppendNumber(visitor.index + 1, &identified_);
  identified_.push_back('"');
  Members identity(&identified_);
  if (visitor.company) {
    identity.Text(R"(,"org.id":)", visitor.company->id);
    identity.Text(R"(,"org.name":)", visitor.company->name);
  }

  metadata_.clear();
  Members metadata(&metadata_);
  metadata.Text(R"("plan":)", visitor.plan->name);
  metadata.Text(R"(,"country":)", visitor.country->code);
  metadata.Text(R"(,"device":)", visitor.device->name);
  metadata.Text(R"(,"channel":)", visitor.channel->name);
  metadata.Text(R"(,"variant":)", visitor.variant);
  metadata.Text(R"(,"app_version":)", visitor.app_version);
}

void SessionJson::Append(const Event& event, std::string* out) const {
  const std::uint64_t key = Mix(key_, event.sequence);
  out->append(R"({"event_id":")");
  if (ids_ == EventIds::kRandom) {
    AppendUuid('4', key, Mix(key), out);
  } else {
    AppendUuid('7', static_cast<std::uint64_t>(event.time) << 16 | (key & 0xfff), Mix(key), out);
  }
  out->append(head_)
      .append(R"(","event.type":")")
      .append(Name(event.type))
      .append(R"(","event.timestamp":")");
  AppendInstant(event.time, out);
  Members(out).Number(R"(","event.sequence":)", event.sequence);
  out->append(event.is_identified ? identified_ : anonymous_);
  if (event.page != Page::kCount) AppendPage(event, visitor_, out);
  AppendBody(event, visitor_, key, out);
  out->append(R"(,"metadata":{)").append(metadata_);
  AppendMetadata(event, key, out);
  out->append("}}");
}

}  // namespace productgraph::bench
