#pragma once

#include <functional>

#include "innernet/wireguard/backend.hpp"

namespace innernet::wg {

/// What ctest takes for "skipped".
constexpr int kSkipped = 77;

/// Runs `inside` in a process that is alone in its network, mount (with an empty /run of its own) and process namespaces, so that nothing
/// of it outlives the call, and returns its result; kSkipped, after saying why, when we may not do that here.
int in_sandbox(const std::function<int()>& inside);

/// The backend that the tests are about; main() sets it.
BackendKind tested_backend();

}  // namespace innernet::wg
