#pragma once

#include <string>

#include "world.hpp"

namespace innernet::simulation {

/// Two peers of these kinds, of which one comes a minute after the other.
World::Times times_of(Kind one, Kind other);
/// All kinds with all.
std::string grid();

}  // namespace innernet::simulation
