#include "knowledge.hpp"

#include <fmt/format.h>

#include "innernet/client/data_store.hpp"
#include "innernet/client/network_lock.hpp"
#include "innernet/client/networks.hpp"
#include "innernet/client/saved_mapping.hpp"
#include "innernet/client/saved_pairs.hpp"
#include "innernet/client/saved_relays.hpp"
#include "innernet/machine/log.hpp"
#include "presence.hpp"

namespace innernet::client {

Knowledge Knowledge::gather(const Folders& folders, const InterfaceName& name) {
  Knowledge out;
  const std::filesystem::path path = folders.data_store(name);
  const auto is_there = is_present(path);
  auto store = DataStore::load(path);
  if (!store)
    out.problems.push_back(store.error());
  else if (*store)
    out.state = (*store)->state();
  else if (is_there && *is_there)
    out.problems.emplace_back(
        ErrorKind::kInvalidInput,
        fmt::format("{} can't be understood, so the names of its peers are not known; the next fetch writes it anew", path.native()));

  out.relays = SavedRelays(folders, name).read();
  out.pairs = SavedPairs(folders, name).read();
  out.mapping = SavedMapping(folders, name).read();
  out.has_daemon = daemon_of(folders, name).has_value();

  const auto has_config = is_present(folders.config_file(name));
  if (has_config && !*has_config) return out;
  if (const auto config = read_config(folders, name); !config) {
    out.problems.push_back(config.error());
  } else {
    out.own_address = config->address.address();
    out.server_key = config->server_public_key;
    out.overrides = config->peer_endpoint_overrides;
  }
  return out;
}

bool Knowledge::tell_problems(const InterfaceName& name) const {
  for (const Error& problem : problems) log::error("{}: {}", name.str(), problem.message());
  return problems.empty();
}

}  // namespace innernet::client
