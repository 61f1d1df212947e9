#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/traffic/stream.hpp"

namespace productgraph::bench {

struct Options {
  TrafficOptions traffic;
  std::string host = "localhost";
  std::string port = "80";
  std::string target = "/v1/events";
  std::string api_key;
  std::string output;  // a file to write instead of sending; "-" is standard output
  std::string report;  // a file for what was measured, as JSON; empty: none
  std::uint32_t batch = 500;
  std::uint32_t connections = 4;
  std::uint32_t rate = 0;     // events a second; 0: as fast as they are taken
  std::uint32_t seconds = 0;  // how long to begin requests; 0: until all is sent
  bool gzip = false;
  bool quiet = false;
  bool help = false;
};

// An option is wrong; what() names it and says what would be right.
class OptionError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// args excludes the program's name; now is the present in milliseconds since 1970.
Options ParseOptions(const std::vector<std::string>& args, std::int64_t now);

std::string HelpText();

}  // namespace productgraph::bench
