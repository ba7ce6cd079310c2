#pragma once

#include <map>
#include <optional>
#include <vector>

#include "innernet/values/options.hpp"
#include "peer_rows.hpp"

namespace innernet::client {

/// What the files of a network say beside its device. What can't be read is among the problems and counts as nothing: the device's part is
/// shown all the same.
struct Knowledge {
  State state;
  std::optional<IpAddress> own_address;
  std::optional<wg::PublicKey> server_key;  ///< of the config, too
  std::map<IpAddress, Endpoint> overrides;
  std::vector<Relay> relays;
  PairRecords pairs;
  std::vector<Error> problems;

  static Knowledge gather(const Folders& folders, const InterfaceName& name);

  /// Logs the problems; whether there are none.
  bool tell_problems(const InterfaceName& name) const;

  /// Both have to outlive it.
  NetworkView view_of(const wg::Device& device, WallTime now) const { return {device, state, own_address, overrides, now, relays, &pairs}; }
};

}  // namespace innernet::client
