#include "innernet/client/saved_mapping.hpp"

#include "innernet/base/file.hpp"
#include "innernet/machine/log.hpp"
#include "network_files.hpp"

namespace innernet::client {
namespace {

constexpr std::size_t kMostText = 4096;  // four lines take less

}  // namespace

SavedMapping::SavedMapping(const Folders& folders, const InterfaceName& name) : path_(mapping_file(folders, name)) {}

MappingReport SavedMapping::read() const {
  const auto text = read_file(path_, kMostText);
  return text ? MappingReport::parse(*text) : MappingReport();
}

void SavedMapping::save(const MappingReport& report) const {
  const std::string text = report.to_text();
  const auto there = read_file(path_, kMostText);
  if (there && *there == text) return;
  if (const auto done = replace_file(path_, text); !done) log::debug("{}", done.error().message());
}

void SavedMapping::remove() const {
  if (const auto removed = remove_file(path_); !removed && removed.error().kind() != ErrorKind::kNotFound)
    log::debug("{}", removed.error().message());
}

}  // namespace innernet::client
