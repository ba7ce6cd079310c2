#include "innernet/client/saved_pairs.hpp"

#include "innernet/base/file.hpp"
#include "innernet/machine/log.hpp"
#include "network_files.hpp"

namespace innernet::client {
namespace {

constexpr std::size_t kMostText = 2U << 20U;  // kMostPairs with kMostTries take less

}  // namespace

SavedPairs::SavedPairs(const Folders& folders, const InterfaceName& name) : path_(pairs_file(folders, name)) {}

PairRecords SavedPairs::read() const {
  const auto text = read_file(path_, kMostText);
  return text ? PairRecords::parse(*text) : PairRecords();
}

void SavedPairs::change(const std::function<void(PairRecords&)>& change) const {
  const PairRecords before = read();
  PairRecords after = before;
  change(after);
  // The file has whole seconds.
  const std::string text = after.to_text();
  if (text == before.to_text()) return;
  if (const auto done = replace_file(path_, text); !done) log::debug("{}", done.error().message());
}

}  // namespace innernet::client
