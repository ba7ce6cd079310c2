#pragma once

#include "cli.hpp"
#include "innernet/machine/log.hpp"

namespace innernet::client {

/// What is logged with so many -v.
log::Level log_level(int verbosity);

/// Runs what a command line asked for in the real world, and gives the exit code of the process. Errors are logged here, and only here.
int dispatch(const Invocation& invocation);

}  // namespace innernet::client
