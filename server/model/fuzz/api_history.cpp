// A history of requests, of the clock and of other processes, each byte a decision: answered as the oracle says, with the promises kept
// after each step. What is written down in testing/history.hpp.
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "testing/history.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace innernet::server::testing;
  static const TempDir folder(TempDir::memory());
  static const bool is_made = (make_database(folder / "pristine", {}), true);
  static_cast<void>(is_made);
  try {
    static_cast<void>(History(Choices({data, size}), folder / "pristine", folder / "network.db").play(40));
  } catch (const std::exception& broken) {
    std::fprintf(stderr, "broken: %s\n", broken.what());
    std::abort();
  }
  return 0;
}
