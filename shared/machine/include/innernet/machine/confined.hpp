#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "innernet/base/error.hpp"

namespace innernet {

/// What `work` returns, made in a child process that can compute and allocate memory, and nothing else: each system call but a few kills
/// it, so that who takes it over by what it reads can neither open, send nor change anything. For parsers that are written in C, and text
/// from strangers. It is killed after `patience`, and when its answer is longer than 64 KiB. The work must not log, and finds this
/// process's memory as it is.
Result<std::string> confined(const std::function<std::string()>& work, std::chrono::milliseconds patience);

}  // namespace innernet
