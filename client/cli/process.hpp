#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "context.hpp"

namespace innernet::client {

/// What a test's program changes of the world.
using Adapt = std::function<void(Context&)>;

/// All of the program: streams, signals, command line, command. Returns the exit status.
int run_process(const std::vector<std::string_view>& arguments, const Adapt& adapt = {});

}  // namespace innernet::client
