#include "config_change.hpp"

namespace innernet::server {

bool needs_restart(const ServerConfig& served, const ServerConfig& read) {
  return !wg::same_key(read.private_key, served.private_key) || read.address != served.address ||
         read.network_cidr_prefix != served.network_cidr_prefix || read.database_url != served.database_url ||
         read.server_name != served.server_name;
}

}  // namespace innernet::server
