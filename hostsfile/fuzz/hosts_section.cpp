// The file's text is the input. Whatever stands in it: what is written reads back as unchanged, and removing the section
// removes what was added and nothing else.
#include <cstdint>
#include <cstdlib>

#include "innernet/hostsfile/hostsfile.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace innernet;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<hostsfile::Entry> entries = {{IpAddress::parse("fd00::2").value(), "b.n.wg"},
                                                 {IpAddress::parse("10.0.0.1").value(), "a.n.wg"}};
  const auto written = hostsfile::with_section(text, "n", entries);
  const auto removed = hostsfile::with_section(text, "n", {});
  if (written.has_value() != removed.has_value()) std::abort();
  if (!written) return 0;
  if (hostsfile::with_section(*written, "n", entries).value() != *written) std::abort();
  if (hostsfile::with_section(*removed, "n", {}).value() != *removed) std::abort();
  const std::string again = hostsfile::with_section(*written, "n", {}).value();
  if (*removed == text ? !again.starts_with(text) : again != *removed) std::abort();
  return 0;
}
