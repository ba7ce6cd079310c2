// CPU of a section of a hosts file, beside what it takes with a plain sort of pointers: bench/hosts [NAMES] (100,000).
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <random>
#include <tuple>

#include "innernet/hostsfile/hostsfile.hpp"

namespace {

using namespace innernet;  // NOLINT(google-build-using-namespace): a program
using hostsfile::Entry;

constexpr int kRounds = 9;

double cpu_milliseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double time_of(const std::function<std::size_t()>& work) {
  const double start = cpu_milliseconds();
  if (work() == 0) std::abort();
  return cpu_milliseconds() - start;
}

std::size_t section(const std::vector<Entry>& entries) { return hostsfile::with_section("", "bench", entries)->size(); }

std::size_t plain_section(const std::vector<Entry>& entries) {
  std::vector<const Entry*> sorted;
  sorted.reserve(entries.size());
  for (const Entry& entry : entries) sorted.push_back(&entry);
  std::ranges::sort(sorted, [](const Entry* a, const Entry* b) { return std::tie(a->ip, a->name) < std::tie(b->ip, b->name); });
  std::string out;
  out.reserve(entries.size() * 64);
  for (const Entry* entry : sorted) {
    entry->ip.append_to(out);
    out += ' ';
    out += entry->name;
    out += '\n';
  }
  return out.size();
}

void compare(const char* order, const std::vector<Entry>& entries) {
  std::vector<double> ours, plain;
  for (int i = 0; i < kRounds; ++i) {
    ours.push_back(time_of([&] { return section(entries); }));
    plain.push_back(time_of([&] { return plain_section(entries); }));
  }
  for (auto* times : {&ours, &plain}) std::ranges::sort(*times);
  fmt::print("{:<28} {:8.2f} ms, plain sort {:8.2f} ms\n", order, ours[kRounds / 2], plain[kRounds / 2]);
}

// Peer after peer, each in the next one of `cidrs`.
std::vector<Entry> entries(std::size_t count, std::size_t cidrs) {
  std::vector<Entry> all;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t host = i / cidrs;
    all.push_back({*IpAddress::parse(fmt::format("10.{}.{}.{}", i % cidrs + host / 65536, host / 256 % 256, host % 256)),
                   fmt::format("peer{}.evilcorp.wg", i)});
  }
  return all;
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t names = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 100'000;
  auto sorted = entries(names, 1);
  compare("in the order of addresses", sorted);
  compare("round 100 CIDRs", entries(names, 100));
  std::ranges::shuffle(sorted, std::mt19937(7));
  compare("shuffled", sorted);
}
