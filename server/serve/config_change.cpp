#include "config_change.hpp"

namespace innernet::server {

ConfigChange config_change(const ServerConfig& served, const ServerConfig& read) {
  ConfigChange change;
  change.needs_restart = !wg::same_key(read.private_key, served.private_key) || read.address != served.address ||
                         read.network_cidr_prefix != served.network_cidr_prefix;
  if (read.listen_port != served.listen_port) change.listen_port = read.listen_port;
  return change;
}

}  // namespace innernet::server
