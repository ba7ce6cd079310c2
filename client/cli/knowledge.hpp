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
  MappingReport mapping;
  bool has_daemon = false;
  std::vector<Error> problems;

  static Knowledge gather(const Folders& folders, const InterfaceName& name);

  /// Logs the problems; whether there are none.
  bool tell_problems(const InterfaceName& name) const;

  /// Both have to outlive it.
  NetworkView view_of(const wg::Device& device, WallTime now) const {
    return {.device = device,
            .state = state,
            .own_address = own_address,
            .overrides = overrides,
            .now = now,
            .relays = relays,
            .pairs = &pairs,
            .mapping = mapping.as_of(now, device.listen_port, has_daemon)};
  }
};

}  // namespace innernet::client
