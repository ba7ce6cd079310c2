#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "innernet/hostsfile/hostsfile.hpp"

namespace innernet::hostsfile {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\v\f";

std::string_view trimmed(std::string_view line) {
  const std::size_t first = line.find_first_not_of(kWhiteSpace);
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(kWhiteSpace) - first + 1);
}

// A line of the file: [begin, end) without its '\n', which is there unless `end` is the end of the file.
struct Line {
  std::size_t begin, end;
};

std::vector<Line> lines_that_are(std::string_view marker, std::string_view text) {
  std::vector<Line> found;
  for (std::size_t at = text.find(marker); at != std::string_view::npos;) {
    const std::size_t newline_before = text.substr(0, at).rfind('\n');
    const std::size_t begin = newline_before == std::string_view::npos ? 0 : newline_before + 1;
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (trimmed(text.substr(begin, end - begin)) == marker) found.push_back({begin, end});
    at = text.find(marker, end);
  }
  return found;
}

struct Markers {
  std::string begin, end;
};

// [begin, end) from the start of the BEGIN line to the end of the END line, without its '\n'; none when neither is there.
Result<std::optional<Line>> find_section(std::string_view text, const Markers& markers) {
  const auto begins = lines_that_are(markers.begin, text);
  const auto ends = lines_that_are(markers.end, text);
  if (begins.empty() && ends.empty()) return std::optional<Line>();
  const auto refuse = [&](std::string_view why) {
    return invalid_input(fmt::format("{}; remove the lines {} and {} and what belongs between them, then try again", why,
                                     quoted(markers.begin), quoted(markers.end)));
  };
  if (ends.empty()) return refuse(fmt::format("{} has no END", quoted(markers.begin)));
  if (begins.empty()) return refuse(fmt::format("{} has no BEGIN", quoted(markers.end)));
  if (begins.size() > 1 || ends.size() > 1) return refuse(fmt::format("the section of {} is there more than once", quoted(markers.begin)));
  if (ends.front().begin < begins.front().begin) return refuse("the END of the section stands before its BEGIN");
  return std::optional(Line{begins.front().begin, ends.front().end});
}

// Whether the text stays one word in one line: a line break in a name would let its owner write any line of the file.
bool is_one_word(std::string_view name) {
  bool good = !name.empty();
  for (const char c : name) good &= static_cast<unsigned char>(c) > ' ' && c != '#' && c != 0x7F;
  return good;
}

// What entries are sorted by: the address with its family in front, and where the entry is. Small, so that sorting does
// not move strings.
struct SortKey {
  std::array<std::uint8_t, 17> address{};
  std::uint32_t index = 0;
};

std::vector<SortKey> keys_of(const std::vector<Entry>& entries) {
  std::vector<SortKey> keys(entries.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto bytes = entries[i].ip.bytes();
    keys[i].address[0] = entries[i].ip.is_v6() ? 1 : 0;
    std::ranges::copy(bytes, keys[i].address.begin() + 1);
    keys[i].index = static_cast<std::uint32_t>(i);
  }
  return keys;
}

// By one byte of the address; the order of equals is kept.
void distribute(std::vector<SortKey>& keys, std::vector<SortKey>& room, std::size_t byte) {
  std::array<std::size_t, 257> starts{};
  for (const SortKey& key : keys) ++starts[key.address[byte] + 1U];
  if (std::ranges::find(starts, keys.size()) != starts.end()) return;  // the same byte in all
  for (std::size_t i = 1; i < starts.size(); ++i) starts[i] += starts[i - 1];
  for (const SortKey& key : keys) room[starts[key.address[byte]]++] = key;
  keys.swap(room);
}

// A radix sort: the addresses of one network differ in two to four bytes. With std::sort of these keys the section of 100,000
// names in another order than that of their addresses takes twice as long, with one of pointers to entries three times
// (`./dev bench hosts` has that beside it). Names decide only within one address.
std::vector<SortKey> sorted_keys(const std::vector<Entry>& entries) {
  auto keys = keys_of(entries);
  const auto before = [&entries](const SortKey& a, const SortKey& b) {
    const auto compared = a.address <=> b.address;
    return compared != 0 ? compared < 0 : entries[a.index].name < entries[b.index].name;
  };
  if (std::ranges::is_sorted(keys, before)) return keys;
  std::vector<SortKey> room(keys.size());
  for (std::size_t byte = sizeof(SortKey::address); byte-- > 0;) distribute(keys, room, byte);
  for (auto run = keys.begin(); run != keys.end();) {
    const auto end = std::find_if(run, keys.end(), [run](const SortKey& key) { return key.address != run->address; });
    if (end - run > 1) std::sort(run, end, before);
    run = end;
  }
  return keys;
}

Result<std::string> section_of(const Markers& markers, const std::vector<Entry>& entries) {
  constexpr std::size_t kRoomPerAddress = 46;
  constexpr std::size_t kAhead = 16;
  std::size_t room = markers.begin.size() + markers.end.size() + 2;
  for (const Entry& entry : entries) room += (entry.ip.is_v4() ? 16 : kRoomPerAddress) + entry.name.size() + 1;
  std::string section;
  section.reserve(room);
  section += markers.begin;
  section += '\n';
  const auto keys = sorted_keys(entries);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    // In the order of addresses, entries and their names lie anywhere in memory. Without these two lines `./dev bench hosts`
    // takes 1.25 times as long for entries that go round the CIDRs, and 1.6 times for shuffled ones.
    if (i + 2 * kAhead < keys.size()) __builtin_prefetch(&entries[keys[i + 2 * kAhead].index]);
    if (i + kAhead < keys.size()) __builtin_prefetch(entries[keys[i + kAhead].index].name.data());
    const Entry& entry = entries[keys[i].index];
    if (!is_one_word(entry.name)) return invalid_input(fmt::format("{} is not a host name for a hosts file", quoted(entry.name)));
    entry.ip.append_to(section);
    section += ' ';
    section += entry.name;
    section += '\n';
  }
  section += markers.end;
  return section;
}

// What has to stand between `text` and a new section: the rest of a line, and a blank line.
std::string_view gap_after(std::string_view text) {
  if (text.empty()) return "";
  if (!text.ends_with('\n')) return "\n\n";
  const std::string_view without_last = text.substr(0, text.size() - 1);
  const std::size_t newline = without_last.rfind('\n');
  const std::string_view last_line = newline == std::string_view::npos ? without_last : without_last.substr(newline + 1);
  return trimmed(last_line).empty() ? "" : "\n";
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const auto part : parts) size += part.size();
  std::string out;
  out.reserve(size);
  for (const auto part : parts) out += part;
  return out;
}

}  // namespace

Result<std::string> with_section(std::string_view text, std::string_view network, const std::vector<Entry>& entries) {
  if (!is_one_word(network)) return invalid_input(fmt::format("{} is not a network name for a hosts file", quoted(network)));
  const Markers markers{fmt::format("# DO NOT EDIT innernet {} BEGIN", network), fmt::format("# DO NOT EDIT innernet {} END", network)};
  TRY(const auto old, find_section(text, markers));
  if (entries.empty() && !old) return std::string(text);
  if (entries.empty()) return joined({text.substr(0, old->begin), text.substr(std::min(old->end + 1, text.size()))});
  TRY(const std::string section, section_of(markers, entries));
  if (old) return joined({text.substr(0, old->begin), section, text.substr(old->end)});
  return joined({text, gap_after(text), section, "\n"});
}

}  // namespace innernet::hostsfile
