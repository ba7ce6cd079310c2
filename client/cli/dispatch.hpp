#pragma once

#include "cli.hpp"

namespace innernet::client {

/// Runs what a command line asked for in the real world, and gives the exit code of the process. Errors are logged here, and only here.
int dispatch(const Invocation& invocation);

}  // namespace innernet::client
