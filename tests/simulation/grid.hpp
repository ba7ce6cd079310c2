#pragma once

#include <string>

#include "world.hpp"

namespace innernet::simulation {

/// Two peers of these kinds, of which one comes a minute after the other.
World::Times times_of(Kind one, Kind other);
/// All kinds with all.
std::string grid();
/// The same of two that are kept apart at first (make_kept_apart()): how long after that a direct way is taken; nothing where there is
/// none.
std::string grid_of_kept_apart();

}  // namespace innernet::simulation
