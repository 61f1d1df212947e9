#include "bench/traffic/options.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <limits>

#include "bench/traffic/calendar.hpp"

namespace productgraph::bench {
namespace {

constexpr std::uint32_t kMaxBatch = 1000;  // what the server takes in one request
constexpr std::uint32_t kMaxConnections = 1000;
constexpr std::uint32_t kMaxUsers = 50'000'000;

template <typename Number>
Number ParseNumber(const std::string& option, const std::string& text, Number min, Number max) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < min || value > max) {
    throw OptionError(option + " must be a number from " + std::to_string(min) + " to " +
                      std::to_string(max));
  }
  return value;
}

void ParseUrl(const std::string& url, Options* options) {
  const std::string scheme = "http://";
  if (url.rfind(scheme, 0) != 0 || url.size() == scheme.size()) {
    throw OptionError("--url must be http://host[:port] (no TLS): " + url);
  }
  const std::string rest = url.substr(scheme.size());
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string authority = rest.substr(0, slash);
  std::string path = rest.substr(slash);
  while (!path.empty() && path.back() == '/') path.pop_back();
  options->target = path + "/v1/events";
  const std::size_t colon = authority.rfind(':');
  const bool has_port = colon != std::string::npos && authority.find(']', colon) == std::string::npos;
  options->port = has_port ? authority.substr(colon + 1) : "80";
  options->host = has_port ? authority.substr(0, colon) : authority;
  if (options->host.size() > 2 && options->host.front() == '[') {
    options->host = options->host.substr(1, options->host.size() - 2);
  }
}

bool IsPlainId(const std::string& text) {
  return !text.empty() && text.size() <= 255 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '\\';
  });
}

std::int64_t Window(const std::string& option, const std::string& text, std::int64_t now,
                    TrafficOptions* traffic) {
  const auto instant = option == "--day" ? ParseDay(text) : ParseInstant(text);
  if (!instant) {
    throw OptionError(
        option + (option == "--day" ? " must look like 2026-05-31" : " must look like 2026-05-31T14:00:00Z"));
  }
  traffic->begin = option == "--day" ? *instant : *instant - kDay;
  traffic->end = traffic->begin + kDay;
  // A day is sent whole, with the visits that reach into the next one, unless that has not happened yet.
  return option == "--day" ? now - now % kHour : traffic->end;
}

}  // namespace

Options ParseOptions(const std::vector<std::string>& args, std::int64_t now) {
  Options options;
  if (const char* key = std::getenv("PRODUCTGRAPH_API_KEY")) options.api_key = key;
  const char* environment_url = std::getenv("PRODUCTGRAPH_URL");
  std::string url = environment_url ? environment_url : "http://localhost:8080";
  options.traffic.end = options.traffic.arrivals_end = now - now % kHour;
  options.traffic.begin = options.traffic.end - kDay;
  constexpr auto kAny = std::numeric_limits<std::uint64_t>::max();
  for (std::size_t i = 0; i < args.size(); ++i) {
    std::string name = args[i];
    if (name == "--help" || name == "-h")
      options.help = true;
    else if (name == "--quiet")
      options.quiet = true;
    else if (name == "--gzip")
      options.gzip = true;
    else if (name == "--random-ids")
      options.traffic.ids = EventIds::kRandom;
    else {
      std::string value;
      const std::size_t equals = name.find('=');
      if (equals != std::string::npos) {
        value = name.substr(equals + 1);
        name.resize(equals);
      } else if (i + 1 < args.size()) {
        value = args[++i];
      } else {
        throw OptionError(name + (name.rfind("--", 0) == 0
                                      ? " needs a value, or is unknown; --help lists all options"
                                      : ": not an option; --help lists them"));
      }
      if (name == "--url")
        url = value;
      else if (name == "--api-key")
        options.api_key = value;
      else if (name == "--project")
        options.traffic.project = value;
      else if (name == "--output")
        options.output = value;
      else if (name == "--report")
        options.report = value;
      else if (name == "--seed")
        options.traffic.seed = ParseNumber<std::uint64_t>(name, value, 0, kAny);
      else if (name == "--users")
        options.traffic.users = ParseNumber<std::uint32_t>(name, value, 1, kMaxUsers);
      else if (name == "--batch")
        options.batch = ParseNumber<std::uint32_t>(name, value, 1, kMaxBatch);
      else if (name == "--connections")
        options.connections = ParseNumber<std::uint32_t>(name, value, 1, kMaxConnections);
      else if (name == "--rate")
        options.rate = ParseNumber<std::uint32_t>(name, value, 0, 1'000'000'000);
      else if (name == "--seconds")
        options.seconds = ParseNumber<std::uint32_t>(name, value, 0, 86'400);
      else if (name == "--day" || name == "--end")
        options.traffic.arrivals_end = Window(name, value, now, &options.traffic);
      else
        throw OptionError("unknown option " + name + "; --help lists all");
    }
  }
  if (!IsPlainId(options.traffic.project))
    throw OptionError("--project must be a plain id without spaces or quotes");
  ParseUrl(url, &options);
  return options;
}

std::string HelpText() {
  return R"(productgraph-traffic: sends a day of a demo shop's visitors to a ProductGraph sidecar.

The same seed, users and day give the same events with the same ids, so sending them twice changes nothing.

  --url URL          the sidecar (PRODUCTGRAPH_URL, else http://localhost:8080)
  --api-key KEY      sent as X-PG-API-Key (PRODUCTGRAPH_API_KEY, else none)
  --project ID       project of the events (proj_demo)
  --seed N           another shop altogether (1)
  --users N          people who may visit; about 28 events each a day (2000)
  --day YYYY-MM-DD   visits that start on this UTC day
  --end INSTANT      visits of the 24 hours before, such as 2026-05-31T14:00Z (the last full hour)
  --batch N          events in a request, up to 1000 (500)
  --connections N    kept open and used at the same time (4)
  --rate N           events a second, each sent when it is due even if answers are late, and its latency counted
                     from then; 0 means as fast as they are taken (0)
  --seconds N        begin no request after that; 0 means until all is sent (0)
  --gzip             compress requests
  --random-ids       event ids that are UUIDs of version 4 instead of 7, which begin with the time
  --output FILE      write newline-delimited JSON instead of sending; - is standard output
  --report FILE      also write what was measured as JSON: events, seconds, latencies, CPU and memory of this program
  --quiet            print problems only
  --help             this text

Exits 0 only when every event was accepted.
)";
}

}  // namespace productgraph::bench
