#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/traffic/event.hpp"

namespace productgraph::bench {

// What came of a run.
struct Report {
  std::array<std::uint64_t, kEventTypes> by_type{};
  std::uint64_t sent = 0;
  std::uint64_t accepted = 0;  // duplicates among them
  std::uint64_t duplicates = 0;
  std::uint64_t rejected = 0;
  std::uint64_t lost = 0;  // given up after retries, or refused with their whole request
  std::uint64_t requests = 0;
  std::uint64_t retries = 0;
  std::uint64_t visits = 0;
  std::vector<std::uint32_t> latencies_us;  // of answered requests
  std::chrono::duration<double> elapsed{0};
  std::chrono::duration<double> cpu{0};  // of this process meanwhile
  std::string first_problem;

  bool IsClean() const { return rejected == 0 && lost == 0 && accepted == sent && first_problem.empty(); }
};

// 1234567 as 1,234,567
std::string Grouped(std::uint64_t number);

void PrintSummary(const Report& report, std::FILE* out);
void PrintTypes(const Report& report, std::FILE* out);

// One JSON object: seconds, bytes, and counts.
void PrintJson(const Report& report, std::FILE* out);

// CPU time of this process so far.
std::chrono::duration<double> CpuTime();

}  // namespace productgraph::bench
