#pragma once

#include "innernet/client/fetch_wait.hpp"
#include "machine.hpp"

namespace innernet::client {

/// fetch_and_wait() on the given machine.
Result<std::vector<wg::PublicKey>> fetch_and_wait_on(const ClientOptions& options, const InterfaceName& name, Machine& machine,
                                                     std::chrono::seconds patience);

}  // namespace innernet::client
